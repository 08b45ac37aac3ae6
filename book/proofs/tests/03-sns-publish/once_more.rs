//! Exercise: a test that SNS may fail twice and nobody hears of it.

use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_lambda_events::http::{Request, Response};
use aws_sdk_sns::config::{Credentials, SharedCredentialsProvider, SharedHttpClient};
use aws_smithy_http_client::test_util::{ReplayEvent, StaticReplayClient};
use aws_smithy_types::body::SdkBody;
use step_03_sns_publish::publish::{Message, PublishEvent, SnsTopic};

const MESSAGE: Message<'_> = Message {
    body: "{}",
    event_type: "unknown",
};

const PUBLISHED: &str = "<PublishResponse xmlns=\"http://sns.amazonaws.com/doc/2010-03-31/\">\
    <PublishResult><MessageId>95df01b4-ee98-5cb9-9903-4c221d41eb5e</MessageId></PublishResult>\
    </PublishResponse>";

const FAILED: &str = "<ErrorResponse xmlns=\"http://sns.amazonaws.com/doc/2010-03-31/\"><Error>\
    <Type>Receiver</Type><Code>InternalError</Code><Message>We are sorry</Message></Error>\
    </ErrorResponse>";

/// SNS, with one answer for each attempt.
fn sns(answers: &[(u16, &str)]) -> StaticReplayClient {
    let answers = answers.iter().map(|(status, body)| {
        let request = Request::builder().body(SdkBody::empty()).unwrap();
        let response = Response::builder()
            .status(*status)
            .body(SdkBody::from(*body))
            .unwrap();
        ReplayEvent::new(request, response)
    });
    StaticReplayClient::new(answers.collect())
}

fn topic(sns: &StaticReplayClient, retries: RetryConfig) -> SnsTopic {
    let credentials = Credentials::new("AKIDTEST", "secret", None, None, "test");
    let sdk_config = SdkConfig::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .region(Region::new("us-east-1"))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .retry_config(retries.with_initial_backoff(Duration::from_millis(1)))
        .http_client(SharedHttpClient::new(sns.clone()))
        .build();
    let arn = "arn:aws:sns:us-east-1:123456789012:payments";
    SnsTopic::new(&sdk_config, arn.to_owned())
}

#[tokio::test]
async fn two_failures_of_sns_are_not_heard_of() {
    let sns = sns(&[(500, FAILED), (503, FAILED), (200, PUBLISHED)]);
    let message_id = topic(&sns, RetryConfig::standard())
        .publish(&MESSAGE)
        .await
        .unwrap();
    assert_eq!(message_id, "95df01b4-ee98-5cb9-9903-4c221d41eb5e");
    assert_eq!(sns.actual_requests().count(), 3);
}

/// The fourth attempt would succeed; there is none.
#[tokio::test]
async fn three_are() {
    let sns = sns(&[
        (500, FAILED),
        (500, FAILED),
        (500, FAILED),
        (200, PUBLISHED),
    ]);
    let failure = topic(&sns, RetryConfig::standard())
        .publish(&MESSAGE)
        .await
        .unwrap_err();
    assert!(failure.to_string().contains("InternalError"), "{failure}");
    assert_eq!(sns.actual_requests().count(), 3);
}

/// The test above can fail: here is a setting under which it would.
#[tokio::test]
async fn without_retries_the_first_is() {
    let sns = sns(&[(500, FAILED), (503, FAILED), (200, PUBLISHED)]);
    let topic = topic(&sns, RetryConfig::disabled());
    assert!(topic.publish(&MESSAGE).await.is_err());
    assert_eq!(sns.actual_requests().count(), 1);
}
