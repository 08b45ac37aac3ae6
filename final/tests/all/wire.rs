//! SDK settings for tests, and the other end of the wire.

use std::time::Duration;

use aws_config::SdkConfig;
use aws_config::retry::RetryConfig;
use aws_config::{BehaviorVersion, Region};
use aws_lambda_events::http::{Request, Response};
use aws_sdk_sns::config::{Credentials, SharedCredentialsProvider, SharedHttpClient};
use aws_smithy_http_client::test_util::{ReplayEvent, StaticReplayClient};
use aws_smithy_types::body::SdkBody;
use serde_json::{Value, json};

use payments::aws;

/// An answer of a service: status, headers and body.
type Answer<'a> = (u16, &'a [(&'a str, &'a str)], &'a str);

/// An AWS service that answers every attempt in the same way.
pub struct Service(StaticReplayClient);

impl Service {
    pub fn answering(status: u16, headers: &[(&str, &str)], body: &str) -> Self {
        Service::giving((0..5).map(|_| (status, headers, body)))
    }

    /// A service with these answers, one for each attempt: status, headers, body.
    pub fn giving<'a>(answers: impl Iterator<Item = Answer<'a>>) -> Self {
        let answer = |(status, headers, body): Answer<'a>| {
            let request = Request::builder().body(SdkBody::empty()).unwrap();
            let mut response = Response::builder().status(status);
            for (name, value) in headers {
                response = response.header(*name, *value);
            }
            ReplayEvent::new(request, response.body(SdkBody::from(body)).unwrap())
        };
        Service(StaticReplayClient::new(answers.map(answer).collect()))
    }

    /// Settings that lead to this service: no look at the machine, and next to
    /// no waiting between attempts.
    pub fn sdk_config(&self) -> SdkConfig {
        let credentials = Credentials::new("AKIDTEST", "secret", None, None, "test");
        SdkConfig::builder()
            .behavior_version(BehaviorVersion::v2026_01_12())
            .region(Region::new("us-east-1"))
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .retry_config(RetryConfig::standard().with_initial_backoff(Duration::from_millis(1)))
            .timeout_config(aws::timeouts())
            .http_client(SharedHttpClient::new(self.0.clone()))
            .build()
    }

    /// How often the service was called.
    pub fn calls(&self) -> usize {
        self.0.actual_requests().count()
    }

    /// The only call: where it went and what it said.
    pub fn call(&self) -> Value {
        let mut calls = self.all_calls();
        assert_eq!(calls.len(), 1);
        calls.remove(0)
    }

    /// The same of all calls.
    pub fn all_calls(&self) -> Vec<Value> {
        let calls = self.0.actual_requests().map(|request| {
            let body = str::from_utf8(request.body().bytes().unwrap()).unwrap();
            let mut call = json!({
                "method": request.method(),
                "uri": request.uri(),
                "target": request.headers().get("x-amz-target"),
                "body": serde_json::from_str(body).unwrap_or(json!(body)),
            });
            // The SDK keeps some of it in hash maps, without order.
            call.sort_all_objects();
            call
        });
        calls.collect()
    }
}
