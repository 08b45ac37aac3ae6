//! What the SDK really sends to `@connections` for us, and what becomes of the
//! answers.

use std::time::Duration;

use aws_config::timeout::TimeoutConfig;
use aws_sdk_sns::config::SharedHttpClient;
use aws_smithy_http_client::test_util::NeverClient;
use insta::{assert_json_snapshot, assert_snapshot};

use crate::wire::Service;
use step_05_waf_cloudfront::post::{ConnectionsApi, MAX_BYTES, PostError, PostToConnection};

const ID: &str = "L0SM9cOFvHcCIhw=";
/// Not JSON, so that a body around it would show.
const TEXT: &str = "{ evt_1: Zoë & Łukasz }";
const ENDPOINT: &str = "https://w9x8y7z6v5.execute-api.us-east-1.amazonaws.com/prod";

fn api(service: &Service) -> ConnectionsApi {
    let sdk_config = service.sdk_config().into_builder();
    ConnectionsApi::new(&sdk_config.endpoint_url(ENDPOINT).build())
}

/// What becomes of an answer, after one attempt and no more.
async fn outcome(status: u16, headers: &[(&str, &str)], body: &str) -> String {
    let service = Service::answering(status, headers, body);
    let posted = api(&service).post(ID, TEXT).await;
    assert_eq!(service.calls(), 1);
    match posted {
        Ok(()) => "sent".to_owned(),
        Err(PostError::Gone) => "gone".to_owned(),
        Err(PostError::NotNow(reason)) => format!("not now: {reason}"),
        Err(PostError::Refused(reason)) => format!("refused: {reason}"),
    }
}

/// facts/aws.md 2.6: the id is escaped, and the body is the bare text.
#[tokio::test]
async fn fact_2_6_the_post_request_on_the_wire() {
    let service = Service::answering(200, &[], "");
    api(&service).post(ID, TEXT).await.unwrap();

    assert_json_snapshot!(service.call(), @r#"
    {
      "body": "{ evt_1: Zoë & Łukasz }",
      "method": "POST",
      "target": null,
      "uri": "https://w9x8y7z6v5.execute-api.us-east-1.amazonaws.com/prod/@connections/L0SM9cOFvHcCIhw%3D"
    }
    "#);
}

/// facts/aws.md 2.6: an id that is not known any more. The SDK recognises the
/// error by a header that not every answer has.
#[tokio::test]
async fn fact_2_6_410_is_gone_with_and_without_the_header() {
    let header = [("x-amzn-ErrorType", "GoneException")];
    assert_eq!(outcome(410, &header, "").await, "gone");
    assert_eq!(outcome(410, &[], "").await, "gone");
    assert_eq!(outcome(410, &[], "<html>").await, "gone");
}

/// facts/aws.md 2.6: all the other answers. The SDK itself does not try again.
#[tokio::test]
async fn fact_2_6_errors_that_may_pass_are_told_from_those_that_will_not() {
    let limit = [("x-amzn-ErrorType", "LimitExceededException")];
    let large = [("x-amzn-ErrorType", "PayloadTooLargeException")];
    let forbidden = [("x-amzn-ErrorType", "ForbiddenException")];
    let mut lines = Vec::new();
    for (status, headers) in [
        (200, &[][..]),
        (400, &[]),
        (403, &forbidden),
        (413, &large),
        (413, &[]),
        (429, &limit),
        (429, &[]),
        (500, &[]),
        (503, &[]),
        (504, &[]),
    ] {
        lines.push(outcome(status, headers, "{\"message\":\"no reason\"}").await);
    }
    assert_snapshot!(lines.join("\n"), @"
    sent
    refused: API Gateway answered 400
    refused: API Gateway answered 403
    refused: API Gateway answered 413
    refused: API Gateway answered 413
    not now: API Gateway answered 429
    not now: API Gateway answered 429
    not now: API Gateway answered 500
    not now: API Gateway answered 503
    not now: API Gateway answered 504
    ");
}

#[tokio::test]
async fn silence_ends_an_attempt() {
    let timeouts = TimeoutConfig::builder().operation_attempt_timeout(Duration::from_millis(1));
    let sdk_config = Service::answering(200, &[], "")
        .sdk_config()
        .into_builder()
        .http_client(SharedHttpClient::new(NeverClient::new()))
        .timeout_config(timeouts.build())
        .build();
    let posted = ConnectionsApi::new(&sdk_config).post(ID, TEXT).await;
    let Err(PostError::NotNow(reason)) = posted else {
        panic!("{posted:?}");
    };
    assert!(reason.contains("timeout"), "{reason}");
    assert!(
        !reason.contains("evt_1"),
        "the event is in the log: {reason}"
    );
}

/// facts/aws.md 2.6 and 2.7: 128 KB.
#[test]
fn fact_2_7_a_message_has_128_kb_at_most() {
    assert_eq!(MAX_BYTES, 128 * 1024);
}
