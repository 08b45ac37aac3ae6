//! Exercise: a client that says hello is greeted.

use std::collections::BTreeMap;

use aws_lambda_events::apigw::{ApiGatewayProxyResponse, ApiGatewayWebsocketProxyRequest};
use lambda_runtime::{Context, Error, LambdaEvent};
use sandbox::template::load;
use serde_json::{Value, json};

use step_04_websocket_broadcast::connections::handle;
use step_04_websocket_broadcast::post::PostToConnection;
use step_04_websocket_broadcast::table::Connections;

use super::hall::{Client, Hall, id};

const GREETING: &str = "{\"type\":\"hello\"}";

/// Handles the route `hello`, and all others as before.
pub async fn greet(
    event: LambdaEvent<ApiGatewayWebsocketProxyRequest>,
    connections: &impl Connections,
    clients: &impl PostToConnection,
) -> Result<ApiGatewayProxyResponse, Error> {
    let context = &event.payload.request_context;
    let (Some("hello"), Some(id)) = (context.route_key.as_deref(), &context.connection_id) else {
        return handle(event, connections).await;
    };

    let mut response = ApiGatewayProxyResponse::default();
    response.status_code = 200;
    if let Err(error) = clients.post(id, GREETING).await {
        tracing::warn!(id, "not greeted: {error}");
    }
    Ok(response)
}

/// A message of client 0 on this route.
fn message(route: &str) -> LambdaEvent<ApiGatewayWebsocketProxyRequest> {
    let event = include_str!(
        "../../../../../steps/04-websocket-broadcast/tests/events/websocket-message.json"
    );
    let mut event: Value = serde_json::from_str(event).unwrap();
    event["requestContext"]["routeKey"] = json!(route);
    event["requestContext"]["connectionId"] = json!(id(0));
    LambdaEvent::new(serde_json::from_value(event).unwrap(), Context::default())
}

#[tokio::test]
async fn who_says_hello_is_greeted_and_who_pings_is_not() {
    for (route, greetings) in [("hello", 1), ("ping", 0)] {
        let hall = Hall::new(vec![Client::Takes]);
        let answer = greet(message(route), &&hall, &&hall).await.unwrap();
        assert_eq!(answer.status_code, 200);
        assert_eq!(hall.times(0), greetings, "{route}");
    }
}

#[tokio::test]
async fn who_is_gone_before_the_greeting_is_no_failure() {
    let hall = Hall::new(vec![Client::IsGone]);
    let answer = greet(message("hello"), &&hall, &&hall).await.unwrap();
    assert_eq!(answer.status_code, 200);
}

/// The resource of this name, up to the next one.
fn resource<'a>(template: &'a str, name: &str) -> &'a str {
    let start = template.find(&format!("\n  {name}:\n")).unwrap() + 1;
    let rest = template[start..].trim_end();
    rest.split("\n\n").next().unwrap()
}

#[test]
fn the_template_of_the_greeting_has_its_route_and_knows_where_to_send() {
    let path = book_proofs::root().join("steps/04-websocket-broadcast/template.yaml");
    let step = std::fs::read_to_string(path).unwrap();
    let changed = include_str!("greet.yaml");
    let names = ["WebSocketApi", "PaymentConnections"];
    let template = names.iter().fold(step.clone(), |template, name| {
        template.replace(resource(&step, name), resource(changed, name))
    });
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("template.yaml");
    std::fs::write(&path, template).unwrap();
    let secrets = ["StripeEndpointSecret", "SigningSecret"];
    let secrets = secrets.map(|name| (name.to_owned(), "none".to_owned()));

    let loaded = load(&path, &BTreeMap::from(secrets)).unwrap();

    let api = &loaded.websocket_apis[0];
    assert!(api.routes.iter().any(|route| route.key == "hello"));
    let endpoint = |name| {
        let mut functions = loaded.functions.iter();
        let function = functions.find(|function| function.logical_id == name);
        let environment = &function.unwrap().environment;
        environment["AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI"].clone()
    };
    assert_eq!(
        endpoint("PaymentConnections"),
        endpoint("PaymentBroadcaster")
    );
}
