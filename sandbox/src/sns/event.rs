//! The shapes in which a message reaches its subscribers.

use std::borrow::Cow;

use bytes::Bytes;
use serde::ser::{Serialize, SerializeMap, Serializer};

use super::attributes::{Attribute, Kind};
use super::message::{Accepted, Protocol};
use super::topics::{Subscriber, Topic};

/// The sandbox has no key of AWS's and does not sign; this says so in base64.
const SIGNATURE: &str = "VGhlIHNhbmRib3ggZG9lcyBub3Qgc2lnbiBtZXNzYWdlcy4=";
/// The name is made up: no certificate belongs to the signature above.
const SIGNING_CERTIFICATE: &str = "https://sns.us-east-1.amazonaws.com/SimpleNotificationService-00000000000000000000000000000000.pem";

/// The event of a function (Lambda Developer Guide, "Invoking Lambda functions
/// with Amazon SNS notifications").
#[derive(serde::Serialize)]
#[serde(rename_all = "PascalCase")]
struct LambdaEvent<'a> {
    records: [Record<'a>; 1],
}

#[derive(serde::Serialize)]
#[serde(rename_all = "PascalCase")]
struct Record<'a> {
    event_source: &'static str,
    event_version: &'static str,
    event_subscription_arn: &'a str,
    sns: LambdaNotification<'a>,
}

/// Absent parts are null or empty here, and the names end in `Url`.
#[derive(serde::Serialize)]
#[serde(rename_all = "PascalCase")]
struct LambdaNotification<'a> {
    r#type: &'static str,
    message_id: &'a str,
    topic_arn: &'a str,
    subject: Option<&'a str>,
    message: &'a str,
    timestamp: &'a str,
    signature_version: &'static str,
    signature: &'static str,
    signing_cert_url: &'static str,
    unsubscribe_url: &'a str,
    message_attributes: Attributes<'a>,
}

/// What HTTP endpoints and queues get (SNS Developer Guide, "Parsing Amazon
/// SNS message formats"). Absent parts are missing, and the names end in `URL`.
#[derive(serde::Serialize)]
#[serde(rename_all = "PascalCase")]
struct Envelope<'a> {
    r#type: &'static str,
    message_id: &'a str,
    topic_arn: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<&'a str>,
    message: &'a str,
    timestamp: &'a str,
    signature_version: &'static str,
    signature: &'static str,
    #[serde(rename = "SigningCertURL")]
    signing_cert_url: &'static str,
    #[serde(rename = "UnsubscribeURL")]
    unsubscribe_url: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    message_attributes: Option<Attributes<'a>>,
}

struct Attributes<'a> {
    attributes: &'a [Attribute],
    protocol: Protocol,
}

#[derive(serde::Serialize)]
#[serde(rename_all = "PascalCase")]
struct TypeAndValue<'a> {
    r#type: &'a str,
    value: Cow<'a, str>,
}

impl Serialize for Attributes<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.attributes.len()))?;
        for attribute in self.attributes {
            let r#type = match (self.protocol, attribute.kind()) {
                (Protocol::Sqs, _) => attribute.data_type.as_str(),
                (Protocol::Lambda, Kind::Binary) => "Binary",
                // Functions are told String for every other type.
                (Protocol::Lambda, Kind::Text | Kind::Array | Kind::Number) => "String",
            };
            let value = attribute.text();
            map.serialize_entry(&attribute.name, &TypeAndValue { r#type, value })?;
        }
        map.end()
    }
}

/// The payload of an asynchronous invocation.
pub(super) fn for_lambda(
    topic: &Topic,
    subscriber: &Subscriber,
    message: &Accepted,
    timestamp: &str,
) -> serde_json::Result<Bytes> {
    let event = LambdaEvent {
        records: [Record {
            event_source: "aws:sns",
            event_version: "1.0",
            event_subscription_arn: &subscriber.arn,
            sns: LambdaNotification {
                r#type: "Notification",
                message_id: &message.id,
                topic_arn: &topic.arn,
                subject: message.subject.as_deref(),
                message: message.text(Protocol::Lambda),
                timestamp,
                signature_version: "1",
                signature: SIGNATURE,
                signing_cert_url: SIGNING_CERTIFICATE,
                unsubscribe_url: &subscriber.unsubscribe_url,
                message_attributes: Attributes {
                    attributes: &message.attributes,
                    protocol: Protocol::Lambda,
                },
            },
        }],
    };
    serde_json::to_vec(&event).map(Bytes::from)
}

/// The body of a message in a queue, for subscriptions without raw delivery
/// and for dead letters.
pub(super) fn envelope(
    topic: &Topic,
    subscriber: &Subscriber,
    message: &Accepted,
    timestamp: &str,
) -> serde_json::Result<String> {
    let attributes = Attributes {
        attributes: &message.attributes,
        protocol: Protocol::Sqs,
    };
    let envelope = Envelope {
        r#type: "Notification",
        message_id: &message.id,
        topic_arn: &topic.arn,
        subject: message.subject.as_deref(),
        message: message.text(subscriber.target.protocol()),
        timestamp,
        signature_version: "1",
        signature: SIGNATURE,
        signing_cert_url: SIGNING_CERTIFICATE,
        unsubscribe_url: &subscriber.unsubscribe_url,
        message_attributes: (!message.attributes.is_empty()).then_some(attributes),
    };
    serde_json::to_string(&envelope)
}
