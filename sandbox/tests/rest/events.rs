//! What functions receive: facts/aws.md 1.1 to 1.3.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::harness::{Stage, api, route};

/// Names of an object's fields, sorted.
fn keys(value: &Value) -> Vec<&str> {
    let names: BTreeSet<_> = value.as_object().unwrap().keys().collect();
    names.into_iter().map(String::as_str).collect()
}

macro_rules! assert_event_snapshot {
    ($name:literal, $event:expr) => {
        insta::assert_json_snapshot!($name, $event, {
            ".headers[\"X-Amzn-Trace-Id\"]" => "[trace]",
            ".multiValueHeaders[\"X-Amzn-Trace-Id\"]" => "[trace]",
            ".requestContext.requestId" => "[uuid]",
            ".requestContext.extendedRequestId" => "[id]",
            ".requestContext.requestTime" => "[time]",
            ".requestContext.requestTimeEpoch" => "[milliseconds]",
        })
    };
}

/// facts/aws.md 1.3 (i): a POST straight to the regional endpoint.
#[tokio::test]
async fn fact_1_3_event_of_a_direct_post() {
    let stage = Stage::start().await;
    let headers = "User-Agent: curl/8.5.0\r\nAccept: */*\r\nContent-Type: application/json\r\nX-Signature: t=1775738096,v1=5f2a\r\nx-sandbox-viewer: 203.0.113.7\r\n";
    let body = br#"{"id":"evt_1","type":"payment.succeeded"}"#;
    let event = stage.event("POST /prod/webhook", headers, body).await;
    assert_event_snapshot!("direct_post", event);
}

/// facts/aws.md 1.3 (ii): the same through a distribution, which the test plays:
/// it forwards the viewer's headers, adds its own, and is the TCP peer.
#[tokio::test]
async fn fact_1_3_event_of_a_post_through_cloudfront() {
    let stage = Stage::start().await;
    let headers = "accept: */*\r\ncontent-type: application/json\r\nx-signature: t=1775738096,v1=5f2a\r\nUser-Agent: curl/8.5.0\r\nVia: 2.0 0123456789abcdef0123456789abcdef.cloudfront.net (CloudFront)\r\nX-Amz-Cf-Id: kZ2VYxPq0-exampleOpaqueToken-7Tg==\r\nx-origin-verify: the-shared-secret\r\nX-Forwarded-For: 203.0.113.7\r\nx-sandbox-viewer: 130.176.100.154\r\n";
    let body = br#"{"id":"evt_1","type":"payment.succeeded"}"#;
    let event = stage.event("POST /prod/webhook", headers, body).await;
    assert_event_snapshot!("post_through_cloudfront", event);
}

/// facts/aws.md 1.3: a forged X-Forwarded-For stays in front of the chain.
#[tokio::test]
async fn fact_1_3_the_peer_is_appended_to_a_forged_chain() {
    let stage = Stage::start().await;
    let headers = "x-forwarded-for: 1.2.3.4, 203.0.113.7\r\nX-Sandbox-Viewer: 130.176.100.154\r\n";
    let event = stage.event("GET /prod/webhook", headers, b"").await;
    let chain = "1.2.3.4, 203.0.113.7, 130.176.100.154";
    assert_eq!(event["headers"]["X-Forwarded-For"], chain);
    assert_eq!(
        event["multiValueHeaders"]["X-Forwarded-For"],
        json!([chain])
    );
    assert_eq!(
        event["requestContext"]["identity"]["sourceIp"],
        "130.176.100.154"
    );
}

/// facts/aws.md 1.1: absent things are null, not missing keys.
#[tokio::test]
async fn fact_1_1_absent_things_are_null() {
    let stage = Stage::start().await;
    let event = stage.event("GET /prod/webhook", "", b"").await;
    assert_eq!(
        keys(&event),
        [
            "body",
            "headers",
            "httpMethod",
            "isBase64Encoded",
            "multiValueHeaders",
            "multiValueQueryStringParameters",
            "path",
            "pathParameters",
            "queryStringParameters",
            "requestContext",
            "resource",
            "stageVariables",
        ]
    );
    for key in [
        "body",
        "multiValueQueryStringParameters",
        "pathParameters",
        "queryStringParameters",
        "stageVariables",
    ] {
        assert_eq!(event[key], Value::Null, "{key}");
    }
    assert_eq!(event["isBase64Encoded"], false);
    assert_eq!(
        stage.event("GET /prod/webhook?", "", b"").await["queryStringParameters"],
        Value::Null
    );
    let empty = stage
        .event("POST /prod/webhook", "Content-Length: 0\r\n", b"")
        .await;
    assert_eq!(empty["body"], Value::Null);
}

/// facts/aws.md 1.1: the stage is not in `path`; a trailing slash is kept there
/// although routing ignores it. 1.2: `requestContext.path` has the stage,
/// `resourcePath` has not.
#[tokio::test]
async fn fact_1_1_path_without_stage_and_with_trailing_slash() {
    let stage = Stage::start().await;
    let event = stage.event("GET /prod/webhook/", "", b"").await;
    assert_eq!(event["path"], "/webhook/");
    assert_eq!(event["resource"], "/webhook");
    assert_eq!(event["requestContext"]["path"], "/prod/webhook/");
    assert_eq!(event["requestContext"]["resourcePath"], "/webhook");
    let doubled = stage.event("GET //prod//webhook", "", b"").await;
    assert_eq!(doubled["path"], "/webhook");
    assert_eq!(doubled["requestContext"]["path"], "/prod//webhook");
}

/// facts/aws.md 1.1: `X-HTTP-Method-Override` replaces the method, which is in
/// upper case.
#[tokio::test]
async fn fact_1_1_method_override() {
    let stage = Stage::start().await;
    let event = stage
        .event("GET /prod/webhook", "X-HTTP-Method-Override: post\r\n", b"")
        .await;
    assert_eq!(event["httpMethod"], "POST");
    assert_eq!(event["requestContext"]["httpMethod"], "POST");
    let refused = stage
        .send("GET /prod/webhook", "x-http-method-override: PUT\r\n", b"")
        .await;
    assert_eq!(refused.status, 403);
}

/// facts/aws.md 1.1: of a repeated header the last value is in `headers`, all
/// values in order in `multiValueHeaders`.
#[tokio::test]
async fn fact_1_1_last_header_value_wins() {
    let stage = Stage::start().await;
    let event = stage
        .event(
            "GET /prod/webhook",
            "x-a: 1\r\nx-b: b\r\nX-A: 2\r\nx-a: 3\r\n",
            b"",
        )
        .await;
    assert_eq!(event["headers"]["x-a"], "3");
    assert_eq!(event["multiValueHeaders"]["x-a"], json!(["1", "2", "3"]));
    assert_eq!(event["headers"].get("X-A"), None);
}

/// facts/aws.md 1.1: header names keep the casing the client sent.
#[tokio::test]
async fn fact_1_1_header_casing_is_kept() {
    let stage = Stage::start().await;
    let event = stage
        .event(
            "GET /prod/webhook",
            "tEsT-HEADeR: aValUE\r\nlower: x\r\n",
            b"",
        )
        .await;
    assert_eq!(event["headers"]["tEsT-HEADeR"], "aValUE");
    assert_eq!(event["multiValueHeaders"]["lower"], json!(["x"]));
}

/// facts/aws.md 1.1: twelve headers end at the regional endpoint, others that
/// one might expect among them stay, and five are API Gateway's own.
#[tokio::test]
async fn fact_1_1_removed_kept_and_added_headers() {
    let stage = Stage::start().await;
    let removed = "Connection: close\r\nContent-MD5: x\r\nExpect: x\r\nMax-Forwards: 1\r\nProxy-Authenticate: x\r\nServer: x\r\nTE: x\r\nTrailer: x\r\nUpgrade: x\r\nWWW-Authenticate: x\r\n";
    let kept = "Authorization: a\r\nDate: d\r\nVia: v\r\nContent-Encoding: e\r\n";
    let event = stage
        .event("POST /prod/webhook", &format!("{removed}{kept}"), b"x")
        .await;
    assert_eq!(
        keys(&event["headers"]),
        [
            "Authorization",
            "Content-Encoding",
            "Date",
            "Host",
            "Via",
            "X-Amzn-Trace-Id",
            "X-Forwarded-For",
            "X-Forwarded-Port",
            "X-Forwarded-Proto",
        ]
    );
    assert_eq!(event["headers"]["X-Forwarded-Port"], "443");
    assert_eq!(event["headers"]["X-Forwarded-Proto"], "https");
    assert_eq!(
        event["headers"]["Host"],
        "a1b2c3d4e5.execute-api.us-east-1.amazonaws.com"
    );
    assert_eq!(keys(&event["headers"]), keys(&event["multiValueHeaders"]));
    let chunked = "POST /prod/webhook HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n";
    stage.raw(chunked.as_bytes()).await;
    assert_eq!(
        stage.script.last().1["headers"].get("Transfer-Encoding"),
        None
    );
}

/// facts/aws.md 1.1: `X-Amzn-Trace-Id` is `Root=1-<8 hex>-<24 hex>`; one that
/// the client sent goes through.
#[tokio::test]
async fn fact_1_1_trace_id() {
    let stage = Stage::start().await;
    let event = stage
        .event("GET /prod/webhook", "X-Amzn-Trace-Id: nonsense\r\n", b"")
        .await;
    let fresh = event["headers"]["X-Amzn-Trace-Id"].as_str().unwrap();
    let parts: Vec<_> = fresh.split('-').collect();
    assert_eq!(parts[0], "Root=1", "{fresh}");
    assert_eq!(
        (parts[1].len(), parts[2].len(), parts.len()),
        (8, 24, 3),
        "{fresh}"
    );
    assert!(
        parts[1..]
            .iter()
            .all(|part| part.bytes().all(|byte| byte.is_ascii_hexdigit()))
    );
    let sent = "Root=1-66f1a2b3-0123456789abcdef01234567;Parent=53995c3f42cd8ad8;Sampled=1";
    let event = stage
        .event(
            "GET /prod/webhook",
            &format!("x-amzn-trace-id: {sent}\r\n"),
            b"",
        )
        .await;
    assert_eq!(event["headers"]["X-Amzn-Trace-Id"], sent);
}

/// facts/aws.md 1.1: query strings are URL-decoded, the last value wins, `;`
/// separates, a raw `|` is refused.
#[tokio::test]
async fn fact_1_1_query_strings() {
    let stage = Stage::start().await;
    let event = stage
        .event("GET /prod/webhook?a=1&b=x%20y+z%2B;a=2&flag&c=%7C", "", b"")
        .await;
    assert_eq!(
        event["queryStringParameters"],
        json!({"a": "2", "b": "x y z+", "flag": "", "c": "|"})
    );
    assert_eq!(
        event["multiValueQueryStringParameters"],
        json!({"a": ["1", "2"], "b": ["x y z+"], "flag": [""], "c": ["|"]})
    );
    let refused = stage.send("GET /prod/webhook?a=1|2", "", b"").await;
    assert_eq!(refused.status, 400);
}

/// facts/aws.md 1.1: `resource` is the template, `pathParameters` its values,
/// still percent-encoded; `stageVariables` are the stage's.
#[tokio::test]
async fn fact_1_1_parameters_and_stage_variables() {
    let mut api = api();
    api.stage_variables
        .insert("color".to_owned(), "blue".to_owned());
    let stage = Stage::of(api).await;
    let event = stage
        .event("PATCH /prod/any/test%2Balias@gmail.com//x/", "", b"")
        .await;
    assert_eq!(event["resource"], "/any/{proxy+}");
    assert_eq!(
        event["pathParameters"],
        json!({"proxy": "test%2Balias@gmail.com//x"})
    );
    assert_eq!(event["stageVariables"], json!({"color": "blue"}));
    let event = stage.event("GET /prod/items/7/parts/b", "", b"").await;
    assert_eq!(event["pathParameters"], json!({"id": "7", "part": "b"}));
}

/// facts/aws.md 1.2: the fields of `requestContext`, and ids and times that
/// belong together.
#[tokio::test]
async fn fact_1_2_request_context() {
    let stage = Stage::start().await;
    let answer = stage.send("GET /prod/webhook", "", b"").await;
    let event = stage.script.last().1;
    let context = &event["requestContext"];
    assert_eq!(
        keys(context),
        [
            "accountId",
            "apiId",
            "deploymentId",
            "domainName",
            "domainPrefix",
            "extendedRequestId",
            "httpMethod",
            "identity",
            "path",
            "protocol",
            "requestId",
            "requestTime",
            "requestTimeEpoch",
            "resourceId",
            "resourcePath",
            "stage",
        ]
    );
    assert_eq!(
        answer.exact("x-amzn-RequestId"),
        context["requestId"].as_str()
    );
    assert_eq!(
        answer.exact("x-amz-apigw-id"),
        context["extendedRequestId"].as_str()
    );
    let time = context["requestTime"].as_str().unwrap();
    let parsed = jiff::fmt::strtime::parse("%d/%b/%Y:%H:%M:%S %z", time)
        .unwrap()
        .to_timestamp()
        .unwrap();
    assert!(time.ends_with(" +0000"), "{time}");
    assert_eq!(
        parsed.as_second(),
        context["requestTimeEpoch"].as_i64().unwrap() / 1000
    );
    assert_eq!(context["protocol"], "HTTP/1.1");
    assert_eq!(context["domainPrefix"], context["apiId"]);
}

/// facts/aws.md 1.2: `identity` always has these twelve keys, all null but
/// `sourceIp` and `userAgent`; `sourceIp` is the TCP peer.
#[tokio::test]
async fn fact_1_2_identity() {
    let stage = Stage::start().await;
    let event = stage
        .event(
            "GET /prod/webhook",
            "user-agent: ua/1\r\nx-sandbox-viewer: nobody\r\n",
            b"",
        )
        .await;
    assert_eq!(
        event["requestContext"]["identity"],
        json!({
            "accessKey": null, "accountId": null, "caller": null,
            "cognitoAuthenticationProvider": null, "cognitoAuthenticationType": null,
            "cognitoIdentityId": null, "cognitoIdentityPoolId": null, "principalOrgId": null,
            "sourceIp": "127.0.0.1", "user": null, "userAgent": "ua/1", "userArn": null,
        })
    );
    assert_eq!(
        event["headers"].get("x-sandbox-viewer"),
        None,
        "the viewer header is always stripped"
    );
    let silent = stage.event("GET /prod/webhook", "", b"").await;
    assert_eq!(
        silent["requestContext"]["identity"]["userAgent"],
        Value::Null
    );
}

/// A saved template counts from the very next request.
#[tokio::test]
async fn the_api_can_change_while_it_serves() {
    let stage = Stage::start().await;
    assert_eq!(stage.send("GET /prod/new", "", b"").await.status, 403);
    let mut changed = api();
    changed.routes = vec![route("GET", "/new")];
    stage.api.send_replace(changed.into());
    assert_eq!(stage.send("GET /prod/new", "", b"").await.status, 200);
    assert_eq!(stage.send("GET /prod/webhook", "", b"").await.status, 403);
}
