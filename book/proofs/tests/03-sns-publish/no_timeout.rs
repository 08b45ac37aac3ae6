//! An SNS that takes the connection and then says nothing.

use std::time::Duration;

use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_sns::config::{
    AsyncSleep, Credentials, SharedAsyncSleep, SharedCredentialsProvider, SharedHttpClient, Sleep,
};
use aws_smithy_http_client::test_util::NeverClient;
use step_03_sns_publish::aws;
use step_03_sns_publish::publish::{Message, PublishEvent, SnsTopic};

const MESSAGE: Message<'_> = Message {
    body: "{}",
    event_type: "unknown",
};

/// A clock on which every pause is over at once: whatever the SDK limits at all, it has
/// given up by the first look.
#[derive(Debug)]
struct NoPause;

impl AsyncSleep for NoPause {
    fn sleep(&self, _: Duration) -> Sleep {
        Sleep::new(async {})
    }
}

fn silent_topic(timeouts: Option<TimeoutConfig>) -> SnsTopic {
    let credentials = Credentials::new("AKIDTEST", "secret", None, None, "test");
    let mut sdk_config = SdkConfig::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .region(Region::new("us-east-1"))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .sleep_impl(SharedAsyncSleep::new(NoPause))
        .http_client(SharedHttpClient::new(NeverClient::new()));
    sdk_config.set_timeout_config(timeouts);
    let arn = "arn:aws:sns:us-east-1:123456789012:payments";
    SnsTopic::new(&sdk_config.build(), arn.to_owned())
}

/// What the publish says, if it says anything.
async fn outcome(topic: &SnsTopic) -> Option<String> {
    let looks = async {
        for _ in 0..1000 {
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        biased;
        published = topic.publish(&MESSAGE) => Some(format!("{published:?}")),
        () = looks => None,
    }
}

#[tokio::test]
async fn without_timeouts_a_silent_sns_is_waited_for_until_lambda_ends_the_function() {
    let naive = silent_topic(None);
    assert_eq!(outcome(&naive).await, None);

    let step = silent_topic(Some(aws::timeouts()));
    let told = outcome(&step).await.unwrap();
    assert!(told.contains("timeout"), "{told}");
}
