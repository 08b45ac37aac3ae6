//! SDK settings that lead to an `@connections` made of a closure.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_lambda_events::http::Response;
use aws_sdk_sns::config::{Credentials, SharedCredentialsProvider};
use aws_smithy_http_client::test_util::infallible_client_fn;
use aws_smithy_types::body::SdkBody;

pub const ENDPOINT: &str = "https://w9x8y7z6v5.execute-api.us-east-1.amazonaws.com/prod";

/// The addresses that were called, in order.
#[derive(Clone, Default)]
pub struct Calls(Arc<Mutex<Vec<String>>>);

impl Calls {
    pub fn all(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }

    /// How often the connection with this id was called.
    pub fn to(&self, id: &str) -> usize {
        let all = self.all();
        all.iter().filter(|uri| uri.ends_with(id)).count()
    }
}

/// Settings without an endpoint, and the calls that are made with them. `answer` gets the
/// address and how often it was called before, and gives the status and a header's value.
pub fn answering(
    answer: impl Fn(&str, usize) -> (u16, Option<&'static str>) + Send + Sync + 'static,
) -> (SdkConfig, Calls) {
    let calls = Calls::default();
    let noted = calls.clone();
    let http_client = infallible_client_fn(move |request| {
        let uri = request.uri().to_string();
        let before = noted.to(&uri);
        noted.0.lock().unwrap().push(uri.clone());
        let (status, error_type) = answer(&uri, before);
        let mut response = Response::builder().status(status);
        if let Some(error_type) = error_type {
            response = response.header("x-amzn-ErrorType", error_type);
        }
        response.body(SdkBody::empty()).unwrap()
    });
    let credentials = Credentials::new("AKIDTEST", "secret", None, None, "test");
    let sdk_config = SdkConfig::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .region(Region::new("us-east-1"))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .retry_config(RetryConfig::standard().with_initial_backoff(Duration::from_millis(1)))
        .sleep_impl(aws_sdk_sns::config::SharedAsyncSleep::new(NoPause))
        .http_client(http_client)
        .build();
    (sdk_config, calls)
}

/// Every pause is over at once.
#[derive(Debug)]
struct NoPause;

impl aws_sdk_sns::config::AsyncSleep for NoPause {
    fn sleep(&self, _: Duration) -> aws_sdk_sns::config::Sleep {
        aws_sdk_sns::config::Sleep::new(std::future::ready(()))
    }
}
