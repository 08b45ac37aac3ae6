//! Handing an event over to Amazon SNS.

use aws_config::SdkConfig;
use aws_sdk_sns::Client;
use aws_sdk_sns::error::DisplayErrorContext;
use aws_sdk_sns::types::MessageAttributeValue;

/// The most that SNS takes, attributes included.
pub const MAX_BYTES: usize = 262_144;

const ATTRIBUTE_NAME: &str = "event_type";
const ATTRIBUTE_TYPE: &str = "String";

/// What is published for an event.
#[derive(Debug)]
pub struct Message<'a> {
    /// The webhook's body, unchanged.
    pub body: &'a str,
    /// Travels as the message attribute `event_type`.
    pub event_type: &'a str,
}

impl Message<'_> {
    /// The size as SNS counts it: the body, and the attribute's name, data type
    /// and value.
    pub fn bytes(&self) -> usize {
        self.body.len() + ATTRIBUTE_NAME.len() + ATTRIBUTE_TYPE.len() + self.event_type.len()
    }
}

/// Takes an event and keeps it safe. All that the webhook needs to know of SNS.
#[expect(
    async_fn_in_trait,
    reason = "a function handles one event at a time on one thread, so the future need not be Send"
)]
pub trait PublishEvent {
    /// Publishes the message and returns the id it was given.
    ///
    /// # Errors
    ///
    /// A [`PublishError`] if it is not certain that the message was taken.
    async fn publish(&self, message: &Message<'_>) -> Result<String, PublishError>;
}

/// Why a message was not published, told in full for the log.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct PublishError(pub String);

impl PublishError {
    /// The SDK's errors print as no more than "service error"; what is behind
    /// that has to be asked for.
    fn new(error: impl std::error::Error) -> Self {
        PublishError(DisplayErrorContext(error).to_string())
    }
}

/// An SNS topic.
#[derive(Debug)]
pub struct SnsTopic {
    client: Client,
    arn: String,
}

impl SnsTopic {
    /// A topic that is reached with these SDK settings.
    pub fn new(sdk_config: &SdkConfig, arn: String) -> Self {
        let client = Client::new(sdk_config);
        SnsTopic { client, arn }
    }
}

impl PublishEvent for SnsTopic {
    async fn publish(&self, message: &Message<'_>) -> Result<String, PublishError> {
        let event_type = MessageAttributeValue::builder()
            .data_type(ATTRIBUTE_TYPE)
            .string_value(message.event_type)
            .build()
            .map_err(PublishError::new)?;

        let published = self
            .client
            .publish()
            .topic_arn(&self.arn)
            .message(message.body)
            .message_attributes(ATTRIBUTE_NAME, event_type)
            .send()
            .await
            .map_err(PublishError::new)?;
        Ok(published.message_id.unwrap_or_default())
    }
}
