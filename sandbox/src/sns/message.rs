//! What is published: the rules for a message as a whole.

use serde_json::Value as Json;
use uuid::Uuid;

use super::attributes::Attribute;
use super::error::SnsError;

/// Most bytes of a message with its attributes, and of a batch (SNS Developer
/// Guide, "Large message payloads"; the default of every topic).
pub(super) const SIZE_MAX: usize = 262_144;
/// A subject has fewer characters than this (SNS API Reference, `Publish`).
const SUBJECT_LIMIT: usize = 100;

/// A message as a publisher hands it in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Publication {
    /// `Message`.
    pub message: String,
    /// `Subject`.
    pub subject: Option<String>,
    /// `MessageStructure`; `json` means one text per protocol.
    pub structure: Option<String>,
    /// Message attributes, in the order in which they were given.
    pub attributes: Vec<Attribute>,
    /// `MessageDeduplicationId`, which only FIFO topics take.
    pub deduplication_id: Option<String>,
}

/// A message that SNS has taken. Every delivery of it carries the same id.
pub(super) struct Accepted {
    pub(super) id: String,
    pub(super) subject: Option<String>,
    pub(super) attributes: Vec<Attribute>,
    content: Content,
}

enum Content {
    Same(String),
    PerProtocol {
        published: String,
        default: String,
        lambda: Option<String>,
        sqs: Option<String>,
    },
}

/// A protocol that messages are delivered with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Protocol {
    Lambda,
    Sqs,
}

impl Publication {
    /// Bytes that count towards the limit.
    pub(super) fn size(&self) -> usize {
        let attributes = self.attributes.iter().map(Attribute::size);
        self.message.len() + attributes.sum::<usize>()
    }

    /// Checks what SNS checks before it looks at the topic.
    pub(super) fn check(&self) -> Result<(), SnsError> {
        if self
            .subject
            .as_deref()
            .is_some_and(|text| !is_subject(text))
        {
            return Err(SnsError::invalid("Subject"));
        }
        if self.message.is_empty() {
            return Err(SnsError::invalid("Empty message"));
        }
        if self.deduplication_id.is_some() {
            return Err(SnsError::invalid(
                "MessageDeduplicationId Reason: The request includes MessageDeduplicationId \
                 parameter that is not valid for this topic type",
            ));
        }
        Ok(())
    }

    /// Gives the message an id, or says what is wrong with its structure.
    pub(super) fn accept(self) -> Result<Accepted, SnsError> {
        let content = match self.structure.as_deref() {
            None => Content::Same(self.message),
            Some("json") => per_protocol(self.message)?,
            Some(_) => return Err(SnsError::invalid("MessageStructure")),
        };
        Ok(Accepted {
            id: Uuid::new_v4().to_string(),
            subject: self.subject,
            attributes: self.attributes,
            content,
        })
    }
}

impl Accepted {
    /// `Message` as it was published.
    pub(super) fn published(&self) -> &str {
        match &self.content {
            Content::Same(published) | Content::PerProtocol { published, .. } => published,
        }
    }

    /// The text that subscribers of this protocol get.
    pub(super) fn text(&self, protocol: Protocol) -> &str {
        match &self.content {
            Content::Same(text) => text,
            Content::PerProtocol {
                default,
                lambda,
                sqs,
                ..
            } => match protocol {
                Protocol::Lambda => lambda.as_ref().unwrap_or(default),
                Protocol::Sqs => sqs.as_ref().unwrap_or(default),
            },
        }
    }
}

/// Subjects are ASCII text without control characters that begins with a
/// letter, a number or punctuation (SNS API Reference, `Publish`).
fn is_subject(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_graphic())
        && text.len() < SUBJECT_LIMIT
        && text.chars().all(|c| c.is_ascii_graphic() || c == ' ')
}

/// `MessageStructure=json`: an object with a text per protocol and a `default`;
/// keys whose value is not a text are ignored.
fn per_protocol(published: String) -> Result<Content, SnsError> {
    let Ok(Json::Object(mut texts)) = serde_json::from_str(&published) else {
        return Err(SnsError::invalid(
            "Message Structure - JSON message body failed to parse",
        ));
    };
    let mut take = |protocol| match texts.remove(protocol) {
        Some(Json::String(text)) => Some(text),
        _ => None,
    };
    let default = take("default").ok_or_else(|| {
        SnsError::invalid("Message Structure - No default entry in JSON message body")
    })?;
    let (lambda, sqs) = (take("lambda"), take("sqs"));
    Ok(Content::PerProtocol {
        published,
        default,
        lambda,
        sqs,
    })
}
