//! Exercise: subscribers learn who vouched for the event.

use aws_config::SdkConfig;
use aws_sdk_sns::Client;
use aws_sdk_sns::error::DisplayErrorContext;
use aws_sdk_sns::types::MessageAttributeValue;
use step_03_sns_publish::publish::PublishError;
use step_03_sns_publish::signature::Scheme;

const EVENT_TYPE: &str = "event_type";
const SCHEME: &str = "scheme";
const ATTRIBUTE_TYPE: &str = "String";

/// What is published for an event.
#[derive(Debug)]
pub struct Message<'a> {
    pub body: &'a str,
    pub event_type: &'a str,
    pub scheme: Scheme,
}

impl Message<'_> {
    /// The attributes: names and values.
    fn attributes(&self) -> [(&'static str, String); 2] {
        [
            (EVENT_TYPE, self.event_type.to_owned()),
            (SCHEME, self.scheme.to_string()),
        ]
    }

    /// The size as SNS counts it: the body, and each attribute's name, data type and
    /// value.
    pub fn bytes(&self) -> usize {
        let attributes = self.attributes();
        let sizes = attributes
            .iter()
            .map(|(name, value)| name.len() + ATTRIBUTE_TYPE.len() + value.len());
        self.body.len() + sizes.sum::<usize>()
    }
}

/// An SNS topic.
#[derive(Debug)]
pub struct SnsTopic {
    client: Client,
    arn: String,
}

impl SnsTopic {
    pub fn new(sdk_config: &SdkConfig, arn: String) -> Self {
        let client = Client::new(sdk_config);
        SnsTopic { client, arn }
    }

    /// In your crate, this is `PublishEvent::publish`.
    pub async fn publish(&self, message: &Message<'_>) -> Result<String, PublishError> {
        let told =
            |error: &dyn std::error::Error| PublishError(DisplayErrorContext(error).to_string());

        let mut publish = self
            .client
            .publish()
            .topic_arn(&self.arn)
            .message(message.body);
        for (name, value) in message.attributes() {
            let value = MessageAttributeValue::builder()
                .data_type(ATTRIBUTE_TYPE)
                .string_value(value)
                .build()
                .map_err(|error| told(&error))?;
            publish = publish.message_attributes(name, value);
        }
        let published = publish.send().await.map_err(|error| told(&error))?;
        Ok(published.message_id.unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use sandbox::Sandbox;

    use super::*;
    use crate::sandboxed::{options, sdk_config};

    fn message(body: &str) -> Message<'_> {
        Message {
            body,
            event_type: "unknown",
            scheme: Scheme::Stripe,
        }
    }

    #[test]
    fn the_size_counts_both_attributes() {
        // event_type, String, unknown; scheme, String, stripe.
        assert_eq!(message("{}").bytes(), 2 + 23 + 18);
    }

    /// What `bytes` says is what SNS counts.
    #[tokio::test(flavor = "multi_thread")]
    async fn sns_agrees_on_the_size() {
        let sandbox = Sandbox::start(options()).await.unwrap();
        let arn = sandbox.stack().functions[0].environment["TOPIC_ARN"].clone();
        let topic = SnsTopic::new(&sdk_config(&sandbox), arn);
        let most = 262_144 - 23 - 18;
        for (length, fits) in [(most, true), (most + 1, false)] {
            let body = "x".repeat(length);
            let message = message(&body);
            assert_eq!(message.bytes() <= 262_144, fits);
            assert_eq!(topic.publish(&message).await.is_ok(), fits, "{length}");
        }
        sandbox.shutdown().await;
    }

    /// The second attribute with the size of the first alone: the handler lets an event
    /// through that SNS refuses.
    #[tokio::test(flavor = "multi_thread")]
    async fn with_the_old_count_a_few_sizes_are_never_published() {
        let sandbox = Sandbox::start(options()).await.unwrap();
        let arn = sandbox.stack().functions[0].environment["TOPIC_ARN"].clone();
        let topic = SnsTopic::new(&sdk_config(&sandbox), arn);
        let body = "x".repeat(262_144 - 23);
        let old = step_03_sns_publish::publish::Message {
            body: &body,
            event_type: "unknown",
        };
        assert!(old.bytes() <= 262_144);
        let refused = topic.publish(&message(&body)).await.unwrap_err();
        assert!(
            refused.to_string().contains("Message too long"),
            "{refused}"
        );
        sandbox.shutdown().await;
    }
}
