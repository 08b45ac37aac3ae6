//! Origins that are far, slow or gone; behaviors and policies.

use std::time::Duration;

use serde_json::json;

use crate::harness::Site;

const READ_TIMEOUT: (&str, &str) = ("OriginSSLProtocols: [TLSv1.2]", "OriginReadTimeout: 5");

/// facts/aws.md 7: 504 by CloudFront after the read timeout; a POST is not
/// repeated.
#[tokio::test]
async fn fact_7_a_slow_origin_is_504_and_a_post_is_not_repeated() {
    let site = Site::held(&[READ_TIMEOUT]).await;
    let (answer, ()) = tokio::join!(site.send("POST /webhook", "", b"{}"), async {
        site.script.wait_until_invoked(1).await;
        site.clock.advance(Duration::from_secs(5));
    });
    assert_eq!(answer.status, 504);
    assert_eq!(answer.header("server"), Some("CloudFront"));
    assert_eq!(site.script.invocations(), 1);
    // The function did not notice, and its trail ends when it does.
    site.script.release();
    assert_eq!(
        site.reason(&answer).await,
        "the origin rest did not answer within 5 s"
    );
}

/// CloudFront Developer Guide, "Origin response timeout": GET and HEAD are tried
/// as often as the origin's connection attempts say.
#[tokio::test]
async fn a_get_is_tried_again() {
    let site = Site::held(&[READ_TIMEOUT]).await;
    let (answer, ()) = tokio::join!(site.send("GET /webhook", "", b""), async {
        for attempt in 1..=2 {
            site.script.wait_until_invoked(attempt).await;
            site.clock.advance(Duration::from_secs(5));
        }
        site.script.wait_until_invoked(3).await;
        (0..3).for_each(|_| site.script.release());
    });
    assert_eq!(answer.status, 200);
}

/// facts/aws.md 7 and 1.6: CloudFront waits 30 s, one more than API Gateway, so
/// that it is API Gateway's answer that comes.
#[tokio::test]
async fn fact_7_the_default_timeout_leaves_the_answer_to_the_api() {
    let site = Site::held(&[]).await;
    let (answer, ()) = tokio::join!(site.send("POST /webhook", "", b"{}"), async {
        site.script.wait_until_invoked(1).await;
        site.clock.advance(Duration::from_secs(29));
    });
    assert_eq!(answer.status, 504);
    assert_eq!(answer.body, r#"{"message": "Endpoint request timed out"}"#);
    assert_eq!(answer.header("x-cache"), Some("Error from cloudfront"));
}

#[tokio::test]
async fn an_origin_that_cannot_be_reached_is_502() {
    let site = Site::start().await;
    site.faults
        .add("origin-unreachable=PaymentDistribution*1".parse().unwrap());
    let answer = site.send("POST /webhook", "", b"{}").await;
    insta::assert_snapshot!("unreachable", answer.redacted());
    assert_eq!(site.send("POST /webhook", "", b"{}").await.status, 200);
}

/// facts/aws.md 7: the first behavior whose pattern matches is the one.
#[tokio::test]
async fn fact_7_behaviors_go_by_path() {
    let behaviors = "        CacheBehaviors:
          - PathPattern: /any/*
            TargetOriginId: rest
            ViewerProtocolPolicy: allow-all
            CachePolicyId: 4135ea2d-6df8-44a3-9df3-4b5a84be39ad
        DefaultCacheBehavior:
";
    let site = Site::with(&[("        DefaultCacheBehavior:\n", behaviors)]).await;
    assert_eq!(site.send("POST /any/x", "", b"{}").await.status, 403);
    let event = site.event("GET /any/x", "Kept: x\r\n", b"").await;
    assert_eq!(event["headers"].get("Kept"), None);
    assert_eq!(site.send("POST /webhook", "", b"{}").await.status, 200);
}

/// A policy of the template decides what reaches the origin.
#[tokio::test]
async fn an_origin_request_policy_selects() {
    let policy = "  ViewerAddress:
    Type: AWS::CloudFront::Function
";
    let with_policy = format!(
        "  Selected:
    Type: AWS::CloudFront::OriginRequestPolicy
    Properties:
      OriginRequestPolicyConfig:
        Name: selected
        HeadersConfig: {{HeaderBehavior: whitelist, Headers: [X-Kept, X-Viewer-Ip]}}
        CookiesConfig: {{CookieBehavior: allExcept, Cookies: [secret]}}
        QueryStringsConfig: {{QueryStringBehavior: whitelist, QueryStrings: [a]}}
{policy}"
    );
    let site = Site::with(&[
        (policy, &with_policy),
        ("b689b0a8-53d0-40ab-baf2-68738e2966ac", "!Ref Selected"),
    ])
    .await;
    let headers = "x-kept: 1\r\nx-lost: 1\r\nCookie: a=1; secret=2; b=3\r\nUser-Agent: x\r\n";
    let event = site.event("GET /webhook?a=1&b=2&a=3", headers, b"").await;
    assert_eq!(event["headers"]["X-Kept"], "1");
    assert_eq!(event["headers"]["X-Viewer-Ip"], "127.0.0.1");
    assert_eq!(event["headers"].get("X-Lost"), None);
    assert_eq!(event["headers"]["Cookie"], "a=1; b=3");
    assert_eq!(event["headers"]["User-Agent"], "Amazon CloudFront");
    assert_eq!(
        event["multiValueQueryStringParameters"],
        json!({"a": ["1", "3"]})
    );
}

/// A response headers policy adds, replaces and removes.
#[tokio::test]
async fn a_response_headers_policy_changes_the_answer() {
    let function = "  ViewerAddress:\n    Type: AWS::CloudFront::Function\n";
    let with_policy = format!(
        "  Headers:
    Type: AWS::CloudFront::ResponseHeadersPolicy
    Properties:
      ResponseHeadersPolicyConfig:
        Name: headers
        CustomHeadersConfig:
          Items:
            - {{Header: Cache-Control, Value: no-store, Override: true}}
            - {{Header: X-Own, Value: policy, Override: false}}
            - {{Header: X-Frame-Options, Value: DENY, Override: false}}
        RemoveHeadersConfig: {{Items: [{{Header: x-powered-by}}]}}
{function}"
    );
    let site = Site::with(&[
        (function, &with_policy),
        (
            "          FunctionAssociations",
            "          ResponseHeadersPolicyId: !Ref Headers\n          FunctionAssociations",
        ),
    ])
    .await;
    site.returns(json!({"statusCode": 200, "headers":
        {"cache-control": "public", "x-own": "api", "X-Powered-By": "x"}}));
    let answer = site.send("GET /webhook", "", b"").await;
    let shown = ["cache-control", "x-own", "x-frame-options", "x-powered-by"]
        .map(|name| answer.header(name));
    assert_eq!(shown, [Some("no-store"), Some("api"), Some("DENY"), None]);
}
