//! What CloudFront answers itself, and what it leaves to the API.

use crate::harness::{Site, send};

const SEVEN: &str = "          AllowedMethods: [GET, HEAD, OPTIONS, PUT, PATCH, POST, DELETE]\n";
const PLAIN: &str = "x-sandbox-viewer-protocol: http\r\n";

/// facts/aws.md 7: without the seven methods a POST gets CloudFront's own page,
/// and the API never learns of it.
#[tokio::test]
async fn fact_7_a_post_needs_all_seven_methods() {
    let site = Site::with(&[(SEVEN, "")]).await;
    let answer = site.send("POST /webhook", "", b"{}").await;
    insta::assert_snapshot!("method", answer.redacted());
    assert_eq!(site.send("OPTIONS /webhook", "", b"").await.status, 403);
    assert_eq!(site.script.invocations(), 0);
    assert_eq!(site.send("GET /webhook", "", b"").await.status, 200);
}

/// facts/aws.md 7: a method beyond the seven is never allowed.
#[tokio::test]
async fn fact_7_other_methods_than_the_seven_are_403() {
    let site = Site::start().await;
    let answer = site.send("PROPFIND /any/x", "", b"").await;
    assert_eq!(answer.status, 403);
    assert_eq!(answer.header("server"), Some("CloudFront"));
}

/// facts/aws.md 7: a GET with a body is 403.
#[tokio::test]
async fn fact_7_a_get_with_a_body_is_403() {
    let site = Site::start().await;
    let answer = site.send("GET /webhook", "", b"{}").await;
    assert_eq!(answer.status, 403);
    assert_eq!(answer.header("x-cache"), Some("Error from cloudfront"));
    assert_eq!(site.script.invocations(), 0);
}

/// facts/aws.md 7: with `https-only` plain HTTP is 403.
#[tokio::test]
async fn fact_7_https_only_refuses_plain_http() {
    let site = Site::start().await;
    let answer = site.send("POST /webhook", PLAIN, b"{}").await;
    assert_eq!(answer.status, 403);
    assert_eq!(answer.header("server"), Some("CloudFront"));
    let headers = "x-sandbox-viewer-protocol: https\r\n";
    assert_eq!(site.send("POST /webhook", headers, b"{}").await.status, 200);
}

/// facts/aws.md 7: `redirect-to-https` sends 301, after which many clients ask
/// with GET: the POST is lost.
#[tokio::test]
async fn fact_7_a_redirect_makes_many_clients_lose_their_post() {
    let site = Site::with(&[(
        "https-only\n          AllowedMethods",
        "redirect-to-https\n          AllowedMethods",
    )])
    .await;
    let answer = site.send("POST /webhook?a=b", PLAIN, b"{}").await;
    assert_eq!(answer.status, 301);
    let location = format!("https://{}/webhook?a=b", site.edge);
    assert_eq!(answer.header("location"), Some(location.as_str()));
    assert_eq!(site.script.invocations(), 0);
    // What such a client does next.
    site.send("GET /webhook?a=b", "", b"").await;
    assert_eq!(site.script.last()["httpMethod"], "GET");
    assert_eq!(site.script.last()["body"], serde_json::Value::Null);
}

/// The sandbox's own headers never reach a function, through the edge or not.
#[tokio::test]
async fn the_switches_of_the_sandbox_are_stripped() {
    let site = Site::with(&[(
        "https-only\n          AllowedMethods",
        "allow-all\n          AllowedMethods",
    )])
    .await;
    for address in [site.edge, site.stage] {
        let path = if address == site.edge {
            "/webhook"
        } else {
            "/prod/webhook"
        };
        let headers = format!("{PLAIN}x-sandbox-viewer: 203.0.113.7\r\n");
        let answer = send(address, &format!("GET {path}"), &headers, b"").await;
        assert_eq!(answer.status, 200);
        let event = site.script.last().to_string();
        assert!(!event.to_lowercase().contains("x-sandbox"), "{event}");
    }
}

/// facts/aws.md 7: policies that forward the viewer's Host make API Gateway
/// refuse every request.
#[tokio::test]
async fn fact_7_forwarding_the_host_is_forbidden_by_the_api() {
    let except_host = "b689b0a8-53d0-40ab-baf2-68738e2966ac";
    for policy in [
        "216adef6-5c7f-47e4-b989-5492eafa07d3",
        "33f36d7e-f396-46d9-90e0-52428a34d9dc",
    ] {
        let site = Site::with(&[(except_host, policy)]).await;
        let answer = site.send("POST /webhook", "", b"{}").await;
        insta::assert_snapshot!("host", answer.redacted());
    }
}

/// facts/aws.md 7: the API's own headers come through unchanged.
#[tokio::test]
async fn fact_7_answers_of_the_api_pass_through() {
    let site = Site::start().await;
    let answer = site.send("POST /nowhere", "", b"{}").await;
    insta::assert_snapshot!("unknown_path", answer.redacted());
    site.returns(serde_json::json!({"statusCode": 201, "headers": {"x-own": "1"}, "body": "ok"}));
    let answer = site.send("POST /webhook", "", b"{}").await;
    insta::assert_snapshot!("created", answer.redacted());
}

/// facts/aws.md 7: at most 8,192 bytes of URL and 20,480 of request line and
/// headers; which error, AWS does not say.
#[tokio::test]
async fn fact_7_url_and_head_are_limited() {
    let site = Site::start().await;
    let url = |length: usize| format!("GET /any/{}", "u".repeat(length - "/any/".len()));
    assert_eq!(site.send(&url(8_192), "", b"").await.status, 200);
    assert_eq!(site.send(&url(8_193), "", b"").await.status, 414);
    let names = |count: usize| format!("{}: \r\n", "n".repeat(996)).repeat(count);
    // Names do not count at API Gateway.
    assert_eq!(site.send("GET /webhook", &names(20), b"").await.status, 200);
    assert_eq!(site.send("GET /webhook", &names(21), b"").await.status, 413);
}

/// facts/aws.md 1.7: API Gateway's limit of 10,240 bytes holds behind the edge.
#[tokio::test]
async fn fact_1_7_the_limits_of_the_api_hold_behind_the_edge() {
    let site = Site::start().await;
    let headers = format!("x: {}\r\n", "v".repeat(10_240));
    let answer = site.send("GET /webhook", &headers, b"").await;
    assert_eq!(answer.status, 431);
    assert!(answer.header("x-amz-cf-id").is_some());
    assert_eq!(site.trail(&answer).await.hops.len(), 2);
    let large = vec![b'x'; 10 * 1024 * 1024 + 1];
    let answer = site.send("POST /webhook", "", &large).await;
    insta::assert_snapshot!("body_over_10_mb", answer.redacted());
}

/// facts/aws.md 7: requests through more than two distributions get 403.
#[tokio::test]
async fn fact_7_a_third_distribution_is_403() {
    let site = Site::start().await;
    let hop = "Via: 2.0 0123456789abcdef0123456789abcdef.cloudfront.net (CloudFront)\r\n";
    assert_eq!(site.send("GET /webhook", hop, b"").await.status, 200);
    let headers = hop.repeat(2);
    assert_eq!(site.send("GET /webhook", &headers, b"").await.status, 403);
}

#[tokio::test]
async fn what_is_no_request_is_400() {
    let site = Site::start().await;
    for line in ["GET *", "GET webhook", "GET  /"] {
        let answer = site.send(line, "", b"").await;
        assert_eq!(
            (answer.status, answer.header("server")),
            (400, Some("CloudFront")),
            "{line}"
        );
    }
    let absolute = site.send("GET http://example.com/webhook?a", "", b"").await;
    assert_eq!(absolute.status, 200);
    assert_eq!(site.script.last()["path"], "/webhook");
}

#[tokio::test]
async fn head_is_answered_without_the_body() {
    let site = Site::start().await;
    let answer = site.send("HEAD /webhook", "", b"").await;
    assert_eq!((answer.status, answer.body.as_str()), (200, ""));
    assert_eq!(answer.header("content-length"), Some("2"));
    assert_eq!(site.script.last()["httpMethod"], "HEAD");
}
