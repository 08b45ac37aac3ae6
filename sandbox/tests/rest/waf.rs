//! facts/aws.md 6: a web ACL on the stage.

use std::collections::BTreeMap;

use sandbox::template::{self, model::RestApi, model::Stack};
use sandbox::trail::{Hop, Service};

use crate::harness::{Answer, Stage, api};

/// CloudFront's edge, as API Gateway's peer.
const EDGE: &str = "130.176.1.2";
/// A viewer whose address is in the set `Allowed`.
const FRIEND: &str = "192.0.2.7";
const STRANGER: &str = "203.0.113.9";

/// A stack with an API, an IP set and a web ACL, the rules of which are given as
/// YAML of one line each.
fn stack(default: &str, rules: &[&str]) -> Stack {
    let rule = |(index, rule): (usize, &&str)| {
        format!(
            "{{Name: rule-{index}, Priority: {index}, {rule}, \
             VisibilityConfig: {{CloudWatchMetricsEnabled: true, SampledRequestsEnabled: true, MetricName: m}}}}"
        )
    };
    let rules: Vec<String> = rules.iter().enumerate().map(rule).collect();
    let rules = rules.join(",\n        ");
    let text = format!(
        "Transform: AWS::Serverless-2016-10-31
Resources:
  Api: {{Type: AWS::Serverless::Api, Properties: {{StageName: prod, OpenApiVersion: 3.0.1}}}}
  Allowed: {{Type: AWS::WAFv2::IPSet, Properties: {{Scope: REGIONAL, IPAddressVersion: IPV4, Addresses: [192.0.2.0/24]}}}}
  Acl:
    Type: AWS::WAFv2::WebACL
    Properties:
      Scope: REGIONAL
      DefaultAction: {{{default}}}
      VisibilityConfig: {{CloudWatchMetricsEnabled: true, SampledRequestsEnabled: true, MetricName: acl}}
      CustomResponseBodies: {{closed: {{ContentType: TEXT_PLAIN, Content: 'Come back later.'}}}}
      Rules: [{rules}]
  Association:
    Type: AWS::WAFv2::WebACLAssociation
    Properties:
      WebACLArn: !GetAtt Acl.Arn
      ResourceArn: !Sub arn:${{AWS::Partition}}:apigateway:${{AWS::Region}}::/restapis/${{Api}}/stages/${{Api.Stage}}
"
    );
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("template.yaml");
    std::fs::write(&path, text).unwrap();
    template::load(&path, &BTreeMap::new()).unwrap_or_else(|error| panic!("{error}"))
}

/// The stage of such a stack, with the web ACL in force.
async fn protected(default: &str, rules: &[&str]) -> Stage {
    let stack = stack(default, rules);
    let stage = Stage::of(RestApi {
        routes: api().routes,
        ..stack.rest_apis[0].clone()
    })
    .await;
    stage.waf.load(&stack);
    stage
}

impl Stage {
    /// Sends a request as if from an address.
    async fn from(&self, peer: &str, line: &str, headers: &str) -> Answer {
        let headers = format!("x-sandbox-viewer: {peer}\r\n{headers}");
        self.send(line, &headers, b"").await
    }

    /// Sends a request as CloudFront does for a viewer who sent `claimed` as
    /// `X-Forwarded-For`.
    async fn through_cloudfront(&self, viewer: &str, claimed: Option<&str>) -> Answer {
        let chain = claimed.map_or_else(String::new, |claimed| format!("{claimed}, "));
        let chain = format!("X-Forwarded-For: {chain}{viewer}\r\n");
        self.from(EDGE, "POST /prod/webhook", &chain).await
    }

    async fn waf_hop(&self, answer: &Answer) -> Option<Hop> {
        let trail = self.trail(answer).await;
        trail
            .hops
            .into_iter()
            .find(|hop| hop.service == Service::Waf)
    }
}

const PATH: &str = "FieldToMatch: {UriPath: {}}";
const PLAIN: &str = "TextTransformations: [{Priority: 0, Type: NONE}]";

fn path_starts_with(text: &str, transformations: &str) -> String {
    format!(
        "ByteMatchStatement: {{{PATH}, PositionalConstraint: STARTS_WITH, SearchString: {text}, \
         TextTransformations: [{transformations}]}}"
    )
}

/// facts/aws.md 1.6 and 6.1.
#[tokio::test]
async fn fact_1_6_waf_block_is_403_forbidden() {
    let stage = protected("Block: {}", &[]).await;
    let answer = stage.from(STRANGER, "POST /prod/webhook", "").await;
    assert_eq!(answer.body.len(), 23);
    insta::assert_snapshot!(answer.redacted());
    let mut trail = serde_json::to_value(stage.trail(&answer).await.hops).unwrap();
    for hop in trail.as_array_mut().unwrap() {
        hop.as_object_mut().unwrap().remove("microseconds");
    }
    insta::assert_yaml_snapshot!(trail);
    assert_eq!(stage.script.invocations(), 0);
}

/// facts/aws.md 1.6 and 10.2: WAF looks before anything is routed or throttled,
/// but after API Gateway knows which stage is meant.
#[tokio::test]
async fn fact_10_2_waf_comes_before_routing() {
    let stage = protected("Block: {}", &[]).await;
    for line in ["GET /prod/nowhere", "DELETE /prod/webhook", "GET /prod"] {
        let answer = stage.from(STRANGER, line, "").await;
        assert_eq!(
            answer.header("x-amzn-ErrorType"),
            Some("ForbiddenException"),
            "{line}"
        );
        assert!(stage.waf_hop(&answer).await.is_some(), "{line}");
    }
    let other_stage = stage.from(STRANGER, "GET /dev/webhook", "").await;
    let text = "GET /prod/webhook HTTP/1.1\r\nHost: d111111abcdef8.cloudfront.net\r\n\r\n";
    let wrong_host = Answer::parse(&stage.raw(text.as_bytes()).await);
    for answer in [other_stage, wrong_host] {
        assert_eq!(answer.text(), r#"{"message":"Forbidden"}"#);
        assert!(stage.waf_hop(&answer).await.is_none());
    }
}

/// facts/aws.md 6.1: with a `CustomResponse` that is sent instead.
#[tokio::test]
async fn fact_6_1_custom_response_is_sent_instead() {
    let stage = protected(
        "Block: {CustomResponse: {ResponseCode: 503, CustomResponseBodyKey: closed, \
         ResponseHeaders: [{Name: Retry-After, Value: '60'}]}}",
        &["Statement: {ByteMatchStatement: {FieldToMatch: {Method: {}}, PositionalConstraint: EXACTLY, \
           SearchString: PUT, TextTransformations: [{Priority: 0, Type: NONE}]}}, \
           Action: {Block: {CustomResponse: {ResponseCode: 429}}}"],
    )
    .await;
    let answer = stage.from(STRANGER, "POST /prod/webhook", "").await;
    insta::assert_snapshot!(answer.redacted());
    let bodiless = stage.from(STRANGER, "PUT /prod/webhook", "").await;
    assert_eq!((bodiless.status, bodiless.text()), (429, ""));
}

/// facts/aws.md 6.2: behind CloudFront the source address is that of an edge.
#[tokio::test]
async fn fact_6_2_a_plain_ip_set_sees_the_edge() {
    let rule =
        "Statement: {IPSetReferenceStatement: {Arn: !GetAtt Allowed.Arn}}, Action: {Allow: {}}";
    let stage = protected("Block: {}", &[rule]).await;
    let direct = stage.from(FRIEND, "POST /prod/webhook", "").await;
    assert_eq!(direct.status, 200);
    let through = stage.through_cloudfront(FRIEND, None).await;
    assert_eq!(through.status, 403);
    let hop = stage.waf_hop(&through).await.unwrap();
    assert_eq!(hop.details["from"], EDGE);
    // Nor does a header help who comes by himself.
    let forged = stage
        .from(
            STRANGER,
            "POST /prod/webhook",
            "X-Forwarded-For: 192.0.2.7\r\n",
        )
        .await;
    assert_eq!(forged.status, 403);
}

/// The table of facts/aws.md 6.2: whom each `Position` lets in, when the header
/// is `X-Forwarded-For`.
#[tokio::test]
async fn fact_6_2_positions_in_x_forwarded_for() {
    // Position; friend and stranger through CloudFront; a stranger who forges
    // through CloudFront; one who forges and skips it.
    for (position, expected) in [
        ("FIRST", [200, 403, 200, 200]),
        ("LAST", [403, 403, 403, 403]),
        ("ANY", [200, 403, 200, 200]),
    ] {
        let rule = format!(
            "Statement: {{IPSetReferenceStatement: {{Arn: !GetAtt Allowed.Arn, IPSetForwardedIPConfig: \
             {{HeaderName: X-Forwarded-For, Position: {position}, FallbackBehavior: NO_MATCH}}}}}}, Action: {{Allow: {{}}}}"
        );
        let stage = protected("Block: {}", &[&rule]).await;
        let found = [
            stage.through_cloudfront(FRIEND, None).await,
            stage.through_cloudfront(STRANGER, None).await,
            stage.through_cloudfront(STRANGER, Some(FRIEND)).await,
            stage
                .from(
                    STRANGER,
                    "POST /prod/webhook",
                    &format!("X-Forwarded-For: {FRIEND}\r\n"),
                )
                .await,
        ];
        assert_eq!(found.map(|answer| answer.status), expected, "{position}");
    }
}

/// facts/aws.md 6.2: the last address is the caller's own, whoever that is.
#[tokio::test]
async fn fact_6_2_last_is_whoever_calls_the_api() {
    let rule = "Statement: {IPSetReferenceStatement: {Arn: !GetAtt Allowed.Arn, IPSetForwardedIPConfig: \
                {HeaderName: X-Forwarded-For, Position: LAST, FallbackBehavior: NO_MATCH}}}, Action: {Allow: {}}";
    let stage = protected("Block: {}", &[rule]).await;
    let direct = stage
        .from(
            FRIEND,
            "POST /prod/webhook",
            "X-Forwarded-For: 198.51.100.9\r\n",
        )
        .await;
    assert_eq!(direct.status, 200);
}

/// facts/aws.md 6.5: the path has the stage, and a trailing slash, which API
/// Gateway ignores, is not a way round `STARTS_WITH`, but is one round `EXACTLY`.
#[tokio::test]
async fn fact_6_5_the_path_has_the_stage() {
    let exactly = format!(
        "Statement: {{ByteMatchStatement: {{{PATH}, PositionalConstraint: EXACTLY, SearchString: /prod/webhook, {PLAIN}}}}}, Action: {{Block: {{}}}}"
    );
    let stage = protected("Allow: {}", &[&exactly]).await;
    assert_eq!(
        stage.from(STRANGER, "POST /prod/webhook", "").await.status,
        403
    );
    assert_eq!(
        stage.from(STRANGER, "POST /prod/webhook/", "").await.status,
        200
    );
    let without = format!(
        "Statement: {{{}}}, Action: {{Block: {{}}}}",
        path_starts_with("/webhook", "{Priority: 0, Type: NONE}")
    );
    let stage = protected("Allow: {}", &[&without]).await;
    assert_eq!(
        stage.from(STRANGER, "POST /prod/webhook", "").await.status,
        200
    );
}

/// A rule that blocks the webhook as facts/aws.md 6.5 recommends.
fn block_webhook() -> String {
    let path = path_starts_with(
        "/prod/webhook",
        "{Priority: 0, Type: URL_DECODE}, {Priority: 1, Type: NORMALIZE_PATH}",
    );
    format!("Statement: {{{path}}}, Action: {{Block: {{}}}}")
}

/// Whether a request reaches the method of the webhook.
async fn reaches_webhook(stage: &Stage, path: &str) -> bool {
    let answer = stage.from(STRANGER, &format!("POST {path}"), "").await;
    answer.status == 200 && stage.script.last().1["resource"] == "/webhook"
}

/// facts/aws.md 6.5: `STARTS_WITH` after `URL_DECODE` and `NORMALIZE_PATH` sees
/// every spelling that is routed to the webhook, and more that are not.
#[tokio::test]
async fn fact_6_5_no_spelling_of_the_path_is_a_way_round() {
    let open = protected("Allow: {}", &[]).await;
    let stage = protected("Allow: {}", &[&block_webhook()]).await;
    for (path, routed) in [
        ("/prod/webhook", true),
        ("/prod/webhook/", true),
        ("/prod/webhook//", true),
        ("/prod//webhook", true),
        ("//prod/webhook", true),
        ("/prod/webhook?a=b", true),
        ("http://localhost/prod/webhook", true),
        ("/prod/%77ebhook", false),
        ("/prod/./webhook", false),
        ("/prod/any/../webhook", false),
        ("/prod/webhook%2f", false),
        ("/prod/webhook/more", false),
    ] {
        assert_eq!(reaches_webhook(&open, path).await, routed, "{path}");
        let answer = stage.from(STRANGER, &format!("POST {path}"), "").await;
        let error = answer.header("x-amzn-ErrorType");
        assert_eq!(error, Some("ForbiddenException"), "{path}");
    }
    // Routes are case-sensitive, so another case is another path.
    let other = stage.from(STRANGER, "POST /prod/Webhook", "").await;
    let error = other.header("x-amzn-ErrorType");
    assert_eq!(error, Some("MissingAuthenticationTokenException"));
    assert!(!reaches_webhook(&open, "/prod/Webhook").await);
}

/// The same for every path of up to four of these parts.
#[tokio::test]
async fn fact_6_5_what_is_routed_to_the_webhook_is_seen() {
    let parts = ["/", "/prod", "/webhook", "/.", "/..", "%2F", "/%77ebhook"];
    let open = protected("Allow: {}", &[]).await;
    let stage = protected("Allow: {}", &[&block_webhook()]).await;
    let mut paths = vec![String::new()];
    let mut routed = 0;
    for _ in 0..4 {
        paths = paths
            .iter()
            .flat_map(|path| parts.map(|part| format!("{path}{part}")))
            .collect();
        for path in paths.iter().filter(|path| path.starts_with('/')) {
            if reaches_webhook(&open, path).await {
                routed += 1;
                assert!(!reaches_webhook(&stage, path).await, "{path}");
            }
        }
    }
    assert!(routed > 5, "only {routed} paths reached the webhook");
}

/// WAF sees the method that was sent, not the one that a header asks for.
#[tokio::test]
async fn the_method_is_the_one_on_the_wire() {
    let rule = format!(
        "Statement: {{ByteMatchStatement: {{FieldToMatch: {{Method: {{}}}}, PositionalConstraint: EXACTLY, SearchString: GET, {PLAIN}}}}}, Action: {{Block: {{}}}}"
    );
    let stage = protected("Allow: {}", &[&rule]).await;
    let answer = stage
        .from(
            STRANGER,
            "GET /prod/webhook",
            "X-HTTP-Method-Override: POST\r\n",
        )
        .await;
    assert_eq!(answer.status, 403);
}

/// Headers that a rule inserts reach the function; a client cannot send them.
#[tokio::test]
async fn inserted_headers_reach_the_function() {
    let header = |name: &str| {
        format!("CustomRequestHandling: {{InsertHeaders: [{{Name: {name}, Value: 'yes'}}]}}")
    };
    let rule = format!(
        "Statement: {{{}}}, Action: {{Count: {{{}}}}}",
        path_starts_with("/prod", "{Priority: 0, Type: NONE}"),
        header("seen"),
    );
    let stage = protected(&format!("Allow: {{{}}}", header("passed")), &[&rule]).await;
    let event = stage
        .event("POST /prod/webhook", "X-Amzn-Waf-Seen: forged\r\n", b"")
        .await;
    assert_eq!(
        event["multiValueHeaders"]["x-amzn-waf-seen"],
        serde_json::json!(["yes"])
    );
    assert_eq!(event["headers"]["x-amzn-waf-passed"], "yes");
    assert_eq!(event["headers"]["X-Amzn-Waf-Seen"], serde_json::Value::Null);
}

/// A stage without an association has no web ACL, and a stack that is loaded
/// again has its new one at once.
#[tokio::test]
async fn only_an_associated_web_acl_judges() {
    let stage = protected("Block: {}", &[]).await;
    assert_eq!(
        stage.from(STRANGER, "POST /prod/webhook", "").await.status,
        403
    );
    let mut stack = stack("Block: {}", &[]);
    stack.web_acls[0].resources.clear();
    stage.waf.load(&stack);
    let answer = stage.from(STRANGER, "POST /prod/webhook", "").await;
    assert_eq!(answer.status, 200);
    assert!(stage.waf_hop(&answer).await.is_none());
}
