//! Where an event waits for those who have yet to get it.

use aws_config::SdkConfig;
use aws_sdk_sqs::Client;
use aws_sdk_sqs::error::DisplayErrorContext;
use serde::Serialize;

use crate::job::Delivery;

/// What is kept of an event that did not reach everyone. As JSON it is a job
/// that the broadcaster understands.
#[derive(Debug, Serialize)]
pub struct Leftover {
    /// Why, for people to read.
    pub reason: String,
    /// What is left to do.
    #[serde(flatten)]
    pub delivery: Delivery,
}

/// Keeps what is left to do until somebody has it done.
#[expect(
    async_fn_in_trait,
    reason = "a function handles one event at a time on one thread, so the future need not be Send"
)]
pub trait KeepForLater {
    /// Keeps what is left of an event.
    ///
    /// # Errors
    ///
    /// A [`QueueError`] if it is not certain that it was kept.
    async fn keep(&self, leftover: &Leftover) -> Result<(), QueueError>;
}

/// Why a leftover was not kept, told in full for the log.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct QueueError(pub String);

/// An SQS queue.
#[derive(Debug)]
pub struct FailureQueue {
    client: Client,
    url: String,
}

impl FailureQueue {
    /// A queue that is reached with these SDK settings.
    pub fn new(sdk_config: &SdkConfig, url: String) -> Self {
        let client = Client::new(sdk_config);
        FailureQueue { client, url }
    }
}

impl KeepForLater for FailureQueue {
    async fn keep(&self, leftover: &Leftover) -> Result<(), QueueError> {
        let body =
            serde_json::to_string(leftover).map_err(|error| QueueError(error.to_string()))?;
        self.client
            .send_message()
            .queue_url(&self.url)
            .message_body(body)
            .send()
            .await
            .map_err(|error| QueueError(DisplayErrorContext(error).to_string()))?;
        Ok(())
    }
}
