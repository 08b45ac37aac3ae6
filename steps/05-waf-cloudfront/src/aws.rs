//! How this service calls other AWS services.

use std::time::Duration;

use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, SdkConfig};

/// The settings that all SDK clients share. Finding region and credentials
/// takes time, so this is called once, when the function starts.
pub async fn sdk_config() -> SdkConfig {
    // A date and not `latest()`: an update of the SDK must not change retries
    // and timeouts behind our back.
    aws_config::defaults(BehaviorVersion::v2026_01_12())
        .timeout_config(timeouts())
        .load()
        .await
}

/// Together these stay below the function's own timeout of 10 seconds: a call
/// that gives up leaves time for an answer, a function that is stopped does not.
pub fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(2))
        .operation_attempt_timeout(Duration::from_secs(3))
        .operation_timeout(Duration::from_secs(8))
        .build()
}
