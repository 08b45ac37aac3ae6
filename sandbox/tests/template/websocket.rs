//! WebSocket APIs of templates (facts/aws.md 8.4).

use super::errors::messages;
use super::{function_in, load, load_with};

/// A template with a function `Webhook`, and an API with these properties.
fn api(properties: &str, rest: &str) -> String {
    let resource = format!(
        "  WebSocketApi:\n    Type: AWS::Serverless::WebSocketApi\n    Properties:\n{properties}\n{rest}"
    );
    function_in(&resource, "")
}

const ROUTES: &str = "      RouteSelectionExpression: $request.body.action\n      Routes:\n        $connect: {FunctionArn: !GetAtt Webhook.Arn}\n        $default: {FunctionArn: !GetAtt Webhook.Arn, IntegrationTimeout: 500}\n        sendMessage: {FunctionArn: !GetAtt Webhook.Arn, RouteResponseSelectionExpression: $default, OperationName: x}\n";

fn with(properties: &str) -> String {
    api(&format!("{ROUTES}{properties}"), "")
}

#[test]
fn a_websocket_api_becomes_one_with_all_its_settings() {
    let text = api(
        &format!(
            "{ROUTES}      StageName: !Ref Stage\n      StageVariables: {{colour: blue}}\n      \
             Auth: {{AuthType: CUSTOM, AuthArn: !GetAtt Webhook.Arn, IdentitySource: [route.request.querystring.token]}}\n      \
             DefaultRouteSettings: {{ThrottlingRateLimit: 50, ThrottlingBurstLimit: 20}}\n      \
             RouteSettings: {{$connect: {{ThrottlingRateLimit: 5}}}}\n      \
             AccessLogSettings: {{DestinationArn: x, Format: y}}\n      \
             Description: d\n      Name: n\n"
        ),
        "  Response:\n    Type: AWS::ApiGatewayV2::RouteResponse\n    Properties:\n      \
         ApiId: !Ref WebSocketApi\n      RouteId: !Ref WebSocketApiSendmessageRoute\n      \
         RouteResponseKey: $default\n\
         Parameters:\n  Stage: {Type: String, Default: prod}\n\
         Outputs:\n  \
         Url: {Value: !Sub 'wss://${WebSocketApi}.execute-api.${AWS::Region}.amazonaws.com/${Stage}'}\n  \
         Endpoint: {Value: !GetAtt WebSocketApi.ApiEndpoint}\n  \
         StageOfApi: {Value: !Ref WebSocketApi.Stage}\n  \
         StageResource: {Value: !Ref WebSocketApiprodStage}\n",
    );
    let stack = load(&text).unwrap();
    insta::assert_debug_snapshot!((&stack.websocket_apis, &stack.outputs));
    let other = load_with(&text, &[("Stage", "dev")]);
    assert!(other.unwrap_err().message.contains("WebSocketApiprodStage"));
}

#[test]
fn without_a_name_the_stage_is_called_default() {
    let text = api(
        ROUTES,
        "Outputs:\n  Stage: {Value: !Ref WebSocketApiDefaultStage}\n",
    );
    let stack = load(&text).unwrap();
    assert_eq!(stack.websocket_apis[0].stage, "default");
    assert_eq!(stack.outputs[0].value, "default");
}

/// A route answers only if it asks for it and has a route response.
#[test]
fn without_a_route_response_no_route_answers() {
    let stack = load(&with("")).unwrap();
    let routes = &stack.websocket_apis[0].routes;
    assert!(routes.iter().all(|route| !route.responds));
}

/// SAM makes integrations of their own, so that the API waits for no function:
/// aws-sam-translator 1.115, `websocket_api_generator`.
#[test]
fn fact_8_4_a_function_may_refer_to_the_websocket_api_that_it_serves() {
    let text = with("").replace(
        "      Runtime: provided.al2023\n",
        "      Runtime: provided.al2023\n      Environment: {Variables: {ENDPOINT: !Sub 'https://${WebSocketApi}.execute-api.us-east-1.amazonaws.com/prod'}}\n",
    );
    let stack = load(&text).unwrap();
    let id = &stack.websocket_apis[0].id;
    assert!(stack.functions[0].environment["ENDPOINT"].contains(id.as_str()));
}

#[test]
fn globals_of_sam_apply() {
    let text = api(
        "      Routes: {ping: {FunctionArn: !GetAtt Webhook.Arn}}\n",
        "Globals:\n  WebSocketApi: {RouteSelectionExpression: '${request.body.action}'}\n",
    );
    let stack = load(&text).unwrap();
    assert_eq!(
        stack.websocket_apis[0].route_selection,
        "${request.body.action}"
    );
}

#[test]
fn mistakes() {
    let expression = "      RouteSelectionExpression: $request.body.action\n";
    let routes = |routes: &str| api(&format!("{expression}      Routes: {routes}\n"), "");
    let good = "FunctionArn: !GetAtt Webhook.Arn";
    let response = |properties: &str| {
        api(
            ROUTES,
            &format!(
                "  Response:\n    Type: AWS::ApiGatewayV2::RouteResponse\n    Properties: {properties}\n"
            ),
        )
    };
    let all = messages(&[
        ("no routes", api(expression, "")),
        ("empty routes", routes("{}")),
        (
            "no expression",
            api(&format!("      Routes: {{ping: {{{good}}}}}\n"), ""),
        ),
        (
            "another expression",
            api(
                &ROUTES.replace("$request.body.action", "$request.header.action"),
                "",
            ),
        ),
        (
            "route key",
            routes(&format!("{{send-message: {{{good}}}}}")),
        ),
        (
            "special key",
            routes(&format!("{{$connected: {{{good}}}}}")),
        ),
        (
            "keys of one id",
            routes(&format!("{{ping: {{{good}}}, PING: {{{good}}}}}")),
        ),
        ("no function", routes("{ping: {}}")),
        (
            "function by name",
            routes("{ping: {FunctionArn: !Ref Topic}}") + "  Topic:\n    Type: AWS::SNS::Topic\n",
        ),
        (
            "function of another account",
            routes("{ping: {FunctionArn: 'arn:aws:lambda:us-east-1:1:function:x'}}"),
        ),
        (
            "timeout",
            routes(&format!("{{ping: {{{good}, IntegrationTimeout: 30000}}}}")),
        ),
        (
            "api key",
            routes(&format!("{{ping: {{{good}, ApiKeyRequired: true}}}}")),
        ),
        (
            "models",
            routes(&format!("{{ping: {{{good}, RequestModels: {{}}}}}}")),
        ),
        (
            "typing mistake in a route",
            routes(&format!("{{ping: {{{good}, IntegrationTimeOut: 50}}}}")),
        ),
        (
            "route response expression",
            routes(&format!(
                "{{ping: {{{good}, RouteResponseSelectionExpression: $other}}}}"
            )),
        ),
        ("stage name", with("      StageName: $default\n")),
        ("domain", with("      Domain: {DomainName: x}\n")),
        ("disabled", with("      DisableExecuteApiEndpoint: true\n")),
        ("unknown property", with("      StageNam: x\n")),
        ("auth by IAM", with("      Auth: {AuthType: AWS_IAM}\n")),
        ("auth of no kind", with("      Auth: {AuthType: JWT}\n")),
        (
            "auth without function",
            with("      Auth: {AuthType: CUSTOM}\n"),
        ),
        (
            "auth without connect",
            routes(&format!(
                "{{ping: {{{good}}}}}\n      Auth: {{AuthType: NONE}}"
            )),
        ),
        (
            "identity source",
            with(
                "      Auth: {AuthType: CUSTOM, AuthArn: !GetAtt Webhook.Arn, IdentitySource: [method.request.header.A]}\n",
            ),
        ),
        (
            "settings of no route",
            with("      RouteSettings: {ping: {ThrottlingRateLimit: 1}}\n"),
        ),
        (
            "rate",
            with("      DefaultRouteSettings: {ThrottlingRateLimit: fast}\n"),
        ),
        (
            "route response of no route",
            response("{ApiId: !Ref WebSocketApi, RouteId: x, RouteResponseKey: $default}"),
        ),
        (
            "route response key",
            response(
                "{ApiId: !Ref WebSocketApi, RouteId: !Ref WebSocketApiDefaultRoute, RouteResponseKey: other}",
            ),
        ),
        (
            "route that SAM does not make",
            response(
                "{ApiId: !Ref WebSocketApi, RouteId: !Ref WebSocketApiSendMessageRoute, RouteResponseKey: $default}",
            ),
        ),
        (
            "plain route",
            api(
                ROUTES,
                "  Route:\n    Type: AWS::ApiGatewayV2::Route\n    Properties: {ApiId: !Ref WebSocketApi}\n",
            ),
        ),
        (
            "globals",
            with("") + "Globals:\n  WebSocketApi: {StageName: x}\n",
        ),
    ]);
    insta::assert_snapshot!(all);
}
