//! What API Gateway answers itself, byte for byte: facts/aws.md 1.6.

use std::time::Duration;

use bytes::Bytes;
use sandbox::lambda::Outcome;
use sandbox::template::model::Throttle;
use serde_json::json;

use crate::harness::{Answer, Stage, api};

async fn with(outcome: Outcome) -> Answer {
    let stage = Stage::start().await;
    stage.outcome(outcome);
    stage.send("POST /prod/webhook", "", b"{}").await
}

/// facts/aws.md 1.6: a function error, crash or timeout is a 502. 4.3: Lambda
/// itself says 200 with `X-Amz-Function-Error`.
#[tokio::test]
async fn fact_1_6_function_error_is_502() {
    let answer = with(Outcome::FunctionError(Bytes::from_static(
        br#"{"errorType":"E","errorMessage":"m"}"#,
    )))
    .await;
    assert_eq!(answer.body.len(), 36);
    insta::assert_snapshot!(answer.redacted());
}

/// facts/aws.md 1.6: a malformed response is the same 502.
#[tokio::test]
async fn fact_1_6_malformed_response_is_502() {
    let malformed = with(Outcome::Success(Bytes::from_static(b"[]"))).await;
    let error = with(Outcome::FunctionError(Bytes::new())).await;
    assert_eq!(malformed.redacted(), error.redacted());
}

/// facts/aws.md 1.6: a throttled function is a 500, not a 429.
#[tokio::test]
async fn fact_1_6_throttled_function_is_500() {
    let answer = with(Outcome::Throttled(
        "ReservedFunctionConcurrentInvocationLimitExceeded",
    ))
    .await;
    insta::assert_snapshot!(answer.redacted());
    assert_eq!(with(Outcome::NotFound).await.redacted(), answer.redacted());
}

/// facts/aws.md 1.6: an integration that takes too long is a 504; the function
/// goes on.
#[tokio::test]
async fn fact_1_6_integration_timeout_is_504() {
    let stage = Stage::held(api()).await;
    let (answer, ()) = tokio::join!(stage.send("POST /prod/webhook", "", b"{}"), async {
        stage.script.wait_until_invoked(1).await;
        stage.clock.advance(Duration::from_secs(29));
    });
    insta::assert_snapshot!(answer.redacted());
    stage.script.release();
    stage.script.wait_until_finished(1).await;
}

/// facts/aws.md 1.6: an unknown path, and a method that the path has not, are 403
/// `Missing Authentication Token`; never 404 or 405.
#[tokio::test]
async fn fact_1_6_unknown_path_or_method_is_403() {
    let stage = Stage::start().await;
    let path = stage.send("GET /prod/nowhere", "", b"").await;
    insta::assert_snapshot!(path.redacted());
    let method = stage.send("DELETE /prod/webhook", "", b"").await;
    assert_eq!(method.redacted(), path.redacted());
    assert_eq!(
        stage.send("GET /prod", "", b"").await.redacted(),
        path.redacted()
    );
    assert_eq!(stage.script.invocations(), 0);
}

/// facts/aws.md 1.6: an unknown stage is 403 `Forbidden`, 23 bytes.
#[tokio::test]
async fn fact_1_6_unknown_stage_is_403_forbidden() {
    let stage = Stage::start().await;
    let answer = stage.send("POST /staging/webhook", "", b"{}").await;
    assert_eq!(answer.body.len(), 23);
    insta::assert_snapshot!(answer.redacted());
    for path in ["/", "/webhook", "/production/webhook"] {
        assert_eq!(
            stage.send(&format!("GET {path}"), "", b"").await.redacted(),
            answer.redacted(),
            "{path}"
        );
    }
}

/// facts/aws.md 1.6: a wrong Host is 403 `Forbidden`. Locally any name stands for
/// the API but those of other AWS services, a distribution's for example.
#[tokio::test]
async fn fact_1_6_wrong_host_is_403_forbidden() {
    let stage = Stage::start().await;
    for (host, status) in [
        ("d111111abcdef8.cloudfront.net", 403),
        ("b1b2c3d4e5.execute-api.us-east-1.amazonaws.com:443", 403),
        ("A1b2c3d4e5.execute-api.us-east-1.amazonaws.com", 200),
        ("127.0.0.1:3000", 200),
        ("payments.example", 200),
    ] {
        let text = format!("GET /prod/webhook HTTP/1.1\r\nHost: {host}\r\n\r\n");
        let answer = Answer::parse(&stage.raw(text.as_bytes()).await);
        assert_eq!(answer.status, status, "{host}");
        if status == 403 {
            assert_eq!(answer.text(), r#"{"message":"Forbidden"}"#);
        }
    }
}

/// facts/aws.md 1.6: a body over 10 MB is a 413 in plain text, without any of
/// API Gateway's headers.
#[tokio::test]
async fn fact_1_6_body_over_10_mb_is_413() {
    let stage = Stage::start().await;
    let answer = stage
        .raw(b"POST /prod/webhook HTTP/1.1\r\nHost: h\r\nContent-Length: 10485761\r\n\r\n")
        .await;
    insta::assert_snapshot!(Answer::parse(&answer).redacted());
}

/// facts/aws.md 1.6: a body that passes while the event exceeds Lambda's 6 MB.
#[tokio::test]
async fn fact_1_6_event_over_6_mb_is_413() {
    let stage = Stage::start().await;
    let answer = stage
        .send("POST /prod/webhook", "", &vec![b'x'; 6_291_556])
        .await;
    insta::assert_snapshot!(answer.redacted());
    assert_eq!(stage.script.invocations(), 0);
    assert_eq!(
        with(Outcome::RequestTooLarge).await.redacted(),
        answer.redacted()
    );
}

/// facts/aws.md 1.6: a throttled stage or method is a 429.
#[tokio::test]
async fn fact_1_6_throttled_stage_is_429() {
    let mut api = api();
    let (method, path) = ("*".to_owned(), "/*".to_owned());
    api.throttles = vec![Throttle {
        method,
        path,
        rate: 0.001,
        burst: 1,
    }];
    let stage = Stage::of(api).await;
    assert_eq!(
        stage.send("POST /prod/webhook", "", b"{}").await.status,
        200
    );
    let answer = stage.send("POST /prod/webhook", "", b"{}").await;
    insta::assert_snapshot!(answer.redacted());
    assert_eq!(
        stage.send("GET /prod/webhook", "", b"").await.status,
        200,
        "each method has its own bucket"
    );
    assert_eq!(stage.send("GET /prod/nowhere", "", b"").await.status, 403);
    stage.clock.advance(Duration::from_secs(1000));
    assert_eq!(
        stage.send("POST /prod/webhook", "", b"{}").await.status,
        200
    );
}

/// What the HTTP front refuses; AWS's own texts are not confirmed.
#[tokio::test]
async fn refusals_of_the_http_front() {
    let stage = Stage::start().await;
    let malformed = Answer::parse(&stage.raw(b"nonsense\r\n\r\n").await);
    insta::assert_snapshot!("malformed_head", malformed.redacted());
    let bomb = stage
        .send(
            "GET /prod/webhook",
            &format!("x: {}\r\n", "v".repeat(10_240)),
            b"",
        )
        .await;
    insta::assert_snapshot!("header_bomb", bomb.redacted());
    assert_eq!(stage.script.invocations(), 0);
}

/// An answer to HEAD has the head of the answer and no body, errors included.
#[tokio::test]
async fn head_has_no_body() {
    let stage = Stage::start().await;
    let refused = stage.send("HEAD /prod/webhook", "", b"").await;
    assert_eq!(
        (
            refused.status,
            refused.header("content-length"),
            refused.text()
        ),
        (403, Some("42"), "")
    );
    stage.returns(&json!({"body": "12345"}));
    let answer = stage.send("HEAD /prod/any/x", "", b"").await;
    assert_eq!(
        (
            answer.status,
            answer.header("content-length"),
            answer.text()
        ),
        (200, Some("5"), "")
    );
    assert_eq!(stage.script.last().1["httpMethod"], "HEAD");
}
