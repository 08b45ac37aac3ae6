//! What the SDK really sends for us, and what becomes of the answers.

use std::net::TcpListener;
use std::time::Duration;

use aws_config::SdkConfig;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region};
use aws_lambda_events::http::{Request, Response};
use aws_sdk_sns::config::{Credentials, SharedCredentialsProvider, SharedHttpClient};
use aws_smithy_http_client::test_util::{NeverClient, ReplayEvent, StaticReplayClient};
use aws_smithy_types::body::SdkBody;
use insta::assert_json_snapshot;

use crate::sign::TOPIC_ARN;
use payments::publish::{MAX_BYTES, Message, PublishEvent, SnsTopic};
use payments::{aws, rotation};

const MESSAGE: Message<'_> = Message {
    body: "{\"id\":\"evt_1\", \"name\":\"Zoë & Łukasz\"}",
    event_type: "payment_intent.succeeded",
};

/// SDK settings for tests: no look at the machine, and next to no waiting
/// between attempts.
fn sdk_config() -> SdkConfig {
    let credentials = Credentials::new("AKIDTEST", "secret", None, None, "test");
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .region(Region::new("us-east-1"))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .retry_config(RetryConfig::standard().with_initial_backoff(Duration::from_millis(1)))
        .timeout_config(aws::timeouts())
        .build()
}

/// SNS, answering every attempt in the same way.
fn sns(status: u16, body: &str) -> StaticReplayClient {
    let answer = || {
        let request = Request::builder().body(SdkBody::empty()).unwrap();
        let response = Response::builder()
            .status(status)
            .body(SdkBody::from(body))
            .unwrap();
        ReplayEvent::new(request, response)
    };
    StaticReplayClient::new((0..5).map(|_| answer()).collect())
}

fn topic(sns: &StaticReplayClient) -> SnsTopic {
    let http_client = SharedHttpClient::new(sns.clone());
    SnsTopic::new(
        &sdk_config().into_builder().http_client(http_client).build(),
        TOPIC_ARN.to_owned(),
    )
}

fn error(code: &str, message: &str) -> String {
    format!(
        "<ErrorResponse xmlns=\"http://sns.amazonaws.com/doc/2010-03-31/\"><Error>\
         <Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>\
         <RequestId>8f0c5b1e-6f2d-4f7e-9d53-0c1a2b3c4d5e</RequestId></ErrorResponse>"
    )
}

const PUBLISHED: &str = "<PublishResponse xmlns=\"http://sns.amazonaws.com/doc/2010-03-31/\">\
    <PublishResult><MessageId>95df01b4-ee98-5cb9-9903-4c221d41eb5e</MessageId></PublishResult>\
    <ResponseMetadata><RequestId>8f0c5b1e-6f2d-4f7e-9d53-0c1a2b3c4d5e</RequestId>\
    </ResponseMetadata></PublishResponse>";

/// facts/aws.md 3.2: a form, with the event type as the only attribute.
#[tokio::test]
async fn fact_3_2_the_publish_request_on_the_wire() {
    let sns = sns(200, PUBLISHED);
    let message_id = topic(&sns).publish(&MESSAGE).await.unwrap();
    assert_eq!(message_id, "95df01b4-ee98-5cb9-9903-4c221d41eb5e");

    let sent: Vec<_> = sns.actual_requests().collect();
    let [request] = sent[..] else {
        panic!("{} requests for one event", sent.len());
    };
    let form: Vec<(String, String)> = form_urlencoded::parse(request.body().bytes().unwrap())
        .into_owned()
        .collect();
    let content_type = request.headers().get("content-type");
    assert_json_snapshot!((request.method(), request.uri(), content_type, form), @r#"
    [
      "POST",
      "https://sns.us-east-1.amazonaws.com/",
      "application/x-www-form-urlencoded",
      [
        [
          "Action",
          "Publish"
        ],
        [
          "Version",
          "2010-03-31"
        ],
        [
          "TopicArn",
          "arn:aws:sns:us-east-1:123456789012:payments"
        ],
        [
          "Message",
          "{\"id\":\"evt_1\", \"name\":\"Zoë & Łukasz\"}"
        ],
        [
          "MessageAttributes.entry.1.Name",
          "event_type"
        ],
        [
          "MessageAttributes.entry.1.Value.DataType",
          "String"
        ],
        [
          "MessageAttributes.entry.1.Value.StringValue",
          "payment_intent.succeeded"
        ]
      ]
    ]
    "#);
}

/// facts/aws.md 3.2: the error codes of SNS. Those that may pass are tried three
/// times in all before the provider is asked to come again.
#[tokio::test]
async fn fact_3_2_errors_of_sns_are_told_in_full() {
    for (status, code, message, attempts) in [
        (500, "InternalError", "We are sorry", 3),
        (503, "ServiceUnavailable", "Try later", 3),
        (400, "Throttling", "Rate exceeded", 3),
        (404, "NotFound", "Topic does not exist", 1),
        (403, "AuthorizationError", "Not yours", 1),
        (
            400,
            "InvalidParameter",
            "Invalid parameter: Message too long",
            1,
        ),
    ] {
        let sns = sns(status, &error(code, message));
        let failure = topic(&sns).publish(&MESSAGE).await.unwrap_err().to_string();
        assert!(failure.contains(code), "{failure}");
        assert!(failure.contains(message), "{failure}");
        assert!(
            !failure.contains("evt_1"),
            "the event is in the log: {failure}"
        );
        assert_eq!(sns.actual_requests().count(), attempts, "{code}");
    }
}

/// facts/aws.md 3.2: `Throttled` is 429. The SDK does not know this code for
/// Publish and does not try again; the provider will.
#[tokio::test]
async fn fact_3_2_throttled_is_an_error_at_once() {
    let sns = sns(429, &error("Throttled", "Rate exceeded"));
    let failure = topic(&sns).publish(&MESSAGE).await.unwrap_err().to_string();
    assert!(failure.contains("Throttled"), "{failure}");
    assert_eq!(sns.actual_requests().count(), 1);
}

#[tokio::test]
async fn an_answer_that_is_not_from_sns_is_an_error() {
    let sns = sns(502, "<html>Bad gateway</html>");
    assert!(topic(&sns).publish(&MESSAGE).await.is_err());
}

/// The SDK's own HTTP client, against a port where nobody listens.
#[tokio::test]
async fn a_refused_connection_is_an_error() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);

    let sdk_config = sdk_config().into_builder().endpoint_url(endpoint).build();
    let topic = SnsTopic::new(&sdk_config, TOPIC_ARN.to_owned());
    let failure = topic.publish(&MESSAGE).await.unwrap_err().to_string();
    assert!(failure.contains("dispatch failure"), "{failure}");
}

#[tokio::test]
async fn silence_is_an_error() {
    let timeouts = TimeoutConfig::builder().operation_timeout(Duration::from_millis(1));
    let sdk_config = sdk_config()
        .into_builder()
        .http_client(SharedHttpClient::new(NeverClient::new()))
        .timeout_config(timeouts.build())
        .build();
    let topic = SnsTopic::new(&sdk_config, TOPIC_ARN.to_owned());
    let failure = topic.publish(&MESSAGE).await.unwrap_err().to_string();
    assert!(failure.contains("timeout"), "{failure}");
}

/// The call must give up while there is still time for an answer.
#[test]
fn a_call_ends_before_the_function_is_stopped() {
    let template = include_str!("../../template.yaml");
    let seconds = template
        .lines()
        .find_map(|line| line.trim().strip_prefix("Timeout: "))
        .unwrap();
    let function = Duration::from_secs(seconds.parse().unwrap());

    let timeouts = aws::timeouts();
    let operation = timeouts.operation_timeout().unwrap();
    assert!(rotation::PATIENCE + operation + Duration::from_millis(500) < function);
    assert!(timeouts.operation_attempt_timeout().unwrap() * 2 < operation);
    assert!(timeouts.connect_timeout().unwrap() < timeouts.operation_attempt_timeout().unwrap());
}

/// facts/aws.md 3.2: the limit counts the message and its attributes.
#[test]
fn fact_3_2_the_size_counts_the_attribute_too() {
    let message = Message {
        body: "{}",
        event_type: "unknown",
    };
    assert_eq!(message.bytes(), 2 + "event_type".len() + "String".len() + 7);
    assert_eq!(MAX_BYTES, 262_144);
}
