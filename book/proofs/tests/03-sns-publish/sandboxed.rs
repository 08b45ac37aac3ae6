//! The step's stack in the sandbox: with its SNS called by the real SDK, and with a
//! naive handler in the function's place.

use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_sns::config::{Credentials, SharedCredentialsProvider};
use sandbox::{Options, Sandbox};
use step_03_sns_publish::publish::SnsTopic;

use crate::shop::SECRET;

/// Options to run the step's template with the step's program.
pub fn options() -> Options {
    let step = "steps/03-sns-publish";
    let template = book_proofs::root().join(step).join("template.yaml");
    let mut options = book_proofs::options(template, step);
    for (name, value) in [("StripeEndpointSecret", "none"), ("SigningSecret", SECRET)] {
        options.parameters.insert(name.to_owned(), value.to_owned());
    }
    options
}

/// The stack's topic, reached as from a terminal.
pub fn topic(sandbox: &Sandbox) -> SnsTopic {
    let arn = sandbox.stack().functions[0].environment["TOPIC_ARN"].clone();
    SnsTopic::new(&sdk_config(sandbox), arn)
}

/// SDK settings for tests: the sandbox instead of AWS, and next to no waiting between
/// attempts.
pub fn sdk_config(sandbox: &Sandbox) -> SdkConfig {
    let credentials = Credentials::new("AKIDTEST", "secret", None, None, "test");
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .region(Region::new("us-east-1"))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .retry_config(RetryConfig::standard().with_initial_backoff(Duration::from_millis(1)))
        .endpoint_url(sandbox.services_url().unwrap())
        .build()
}
