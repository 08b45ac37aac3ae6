//! What the function receives of a request through the edge.

use serde_json::json;

use crate::harness::{FROM, SECRET, Site, send};

macro_rules! assert_event_snapshot {
    ($name:expr, $event:expr) => {
        insta::assert_json_snapshot!($name, $event, {
            ".requestContext.requestId" => "[uuid]",
            ".requestContext.extendedRequestId" => "[id]",
            ".requestContext.requestTime" => "[time]",
            ".requestContext.requestTimeEpoch" => "[milliseconds]",
            ".headers.*" => insta::dynamic_redaction(|value, path| shown(value, &path)),
            ".multiValueHeaders.*[]" => insta::dynamic_redaction(|value, path| shown(value, &path)),
        })
    };
}

/// Header values without what differs between runs.
fn shown(
    value: insta::internals::Content,
    path: &insta::internals::ContentPath<'_>,
) -> insta::internals::Content {
    let path = path.to_string();
    match (path.contains("Trace-Id"), path.contains("X-Amz-Cf-Id")) {
        (true, _) => "[trace]".into(),
        (_, true) => "[id of the request]".into(),
        _ => value,
    }
}

const BODY: &[u8] = br#"{"id":"evt_1","type":"payment.succeeded"}"#;
const HEADERS: &str = "accept: */*\r\ncontent-type: application/json\r\nx-signature: t=1775738096,v1=5f2a\r\nUser-Agent: curl/8.5.0\r\nx-sandbox-viewer: 203.0.113.7\r\n";

/// A site without a Function.
async fn plain() -> Site {
    let association = "          FunctionAssociations:
            - EventType: viewer-request
              FunctionARN: !GetAtt ViewerAddress.FunctionARN
";
    Site::with(&[(association, "")]).await
}

/// facts/aws.md 1.3 (ii): the event of a POST through our own distribution. Names
/// keep the viewer's casing, which AWS does not confirm; `Via` has the viewer's
/// HTTP version, here 1.1.
#[tokio::test]
async fn fact_1_3_event_of_a_post_through_our_own_distribution() {
    let site = plain().await;
    let event = site.event("POST /webhook", HEADERS, BODY).await;
    assert_event_snapshot!("post_through_the_edge", event);
}

/// CloudFront Developer Guide, "CloudFront Functions event structure": after a
/// Function each word of a header's name begins with a capital letter.
#[tokio::test]
async fn a_function_leaves_its_header_and_capital_letters() {
    let site = Site::start().await;
    let event = site.event("POST /webhook", HEADERS, BODY).await;
    assert_event_snapshot!("post_through_a_function", event);
}

/// facts/aws.md 1.3: a viewer's own X-Forwarded-For comes first, the viewer is
/// the second from the right, the edge is last, all in one string.
#[tokio::test]
async fn fact_1_3_a_forged_chain_stays_in_front_of_viewer_and_edge() {
    let site = Site::start().await;
    let headers = format!("x-forwarded-for: 1.2.3.4\r\nX-Forwarded-For: 5.6.7.8\r\n{FROM}");
    let event = site.event("POST /webhook", &headers, BODY).await;
    let chain = "1.2.3.4, 5.6.7.8, 203.0.113.7, 130.176.100.154";
    assert_eq!(event["headers"]["X-Forwarded-For"], chain);
    assert_eq!(
        event["multiValueHeaders"]["X-Forwarded-For"],
        json!([chain])
    );
    let source = &event["requestContext"]["identity"]["sourceIp"];
    assert_eq!(source, "130.176.100.154");
}

/// facts/aws.md 6.3 B: the Function overwrites what the viewer sent, however
/// often and in whatever casing.
#[tokio::test]
async fn fact_6_3_a_forged_viewer_header_is_overwritten() {
    let site = Site::start().await;
    let headers = format!("X-Viewer-IP: 1.2.3.4\r\nx-viewer-ip: 1.2.3.5\r\n{FROM}");
    let event = site.event("POST /webhook", &headers, BODY).await;
    let multi = event["multiValueHeaders"].as_object().unwrap();
    let mut named = multi
        .iter()
        .filter(|(name, _)| name.eq_ignore_ascii_case("x-viewer-ip"));
    assert_eq!(named.next().unwrap().1, &json!(["203.0.113.7"]));
    assert_eq!(named.next(), None);
}

/// facts/aws.md 6.4 and 7: the origin's header overrides the viewer's of that
/// name.
#[tokio::test]
async fn fact_7_the_origin_header_overrides_a_forged_one() {
    let site = Site::start().await;
    let event = site
        .event("POST /webhook", "X-Origin-Verify: guessed\r\n", BODY)
        .await;
    let text = event.to_string();
    assert!(!text.contains("guessed"), "{text}");
    assert_eq!(event["headers"]["x-origin-verify"], SECRET);
}

/// facts/aws.md 10.1: the gateway can be reached directly; then it sees the
/// caller, and nothing that the edge adds.
#[tokio::test]
async fn fact_10_1_a_direct_call_passes_the_edge_by() {
    let site = Site::start().await;
    let answer = send(site.stage, "POST /prod/webhook", FROM, BODY).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("x-amz-cf-id"), None);
    let event = site.script.last();
    assert_eq!(
        event["requestContext"]["identity"]["sourceIp"],
        "203.0.113.7"
    );
    assert_eq!(event["headers"]["X-Forwarded-For"], "203.0.113.7");
    for name in ["Via", "x-origin-verify", "x-viewer-ip", "X-Viewer-Ip"] {
        assert_eq!(event["headers"].get(name), None, "{name}");
    }
}

/// facts/aws.md 7: what CloudFront takes off a request.
#[tokio::test]
async fn fact_7_headers_that_end_at_the_edge() {
    let site = plain().await;
    let headers = "Expect: x\r\nProxy-Thing: x\r\nTE: x\r\nTrailer: x\r\nX-Edge-Location: x\r\n\
                   X-Forwarded-Proto: http\r\nX-Real-IP: x\r\nX-Amz-Cf-Id: forged\r\nKept: x\r\n";
    let event = site.event("GET /webhook", headers, b"").await;
    let mut names: Vec<&String> = event["headers"].as_object().unwrap().keys().collect();
    names.sort();
    assert_eq!(
        names,
        [
            "Host",
            "Kept",
            "User-Agent",
            "Via",
            "X-Amz-Cf-Id",
            "X-Amzn-Trace-Id",
            "X-Forwarded-For",
            "X-Forwarded-Port",
            "X-Forwarded-Proto",
            "x-origin-verify",
        ]
    );
    assert_eq!(event["headers"]["X-Forwarded-Proto"], "https");
    assert_ne!(event["headers"]["X-Amz-Cf-Id"], "forged");
}

/// facts/aws.md 1.3: `User-Agent` is CloudFront's own if it is not forwarded.
#[tokio::test]
async fn fact_1_3_a_user_agent_that_is_not_forwarded_is_replaced() {
    let policy = "          OriginRequestPolicyId: b689b0a8-53d0-40ab-baf2-68738e2966ac\n";
    let site = Site::with(&[(policy, "")]).await;
    let headers = "User-Agent: curl/8.5.0\r\nAccept: */*\r\nCookie: a=b\r\n";
    let event = site.event("GET /webhook?a=b", headers, b"").await;
    assert_eq!(event["headers"]["User-Agent"], "Amazon CloudFront");
    assert_eq!(event["headers"].get("Accept"), None);
    assert_eq!(event["headers"].get("Cookie"), None);
    assert_eq!(event["queryStringParameters"], json!(null));
}

/// The path and the query arrive to the letter.
#[tokio::test]
async fn path_and_query_are_handed_on_as_they_are() {
    let site = Site::start().await;
    let event = site
        .event("GET /any/a%2Fb/%C3%A4/?b=1&a=%20x&b=2&flag", "", b"")
        .await;
    assert_eq!(event["path"], "/any/a%2Fb/%C3%A4/");
    assert_eq!(
        event["multiValueQueryStringParameters"],
        json!({"b": ["1", "2"], "a": [" x"], "flag": [""]})
    );
    assert_eq!(event["requestContext"]["path"], "/prod/any/a%2Fb/%C3%A4/");
}
