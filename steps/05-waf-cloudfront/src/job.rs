//! What the broadcaster can be asked to do: an event from SNS is new, all the
//! others are on their way back from the failure queue.

use serde::{Deserialize, Serialize};

/// The input of the function. Whatever lies in the failure queue is one, so
/// that to send an event again is to invoke the function with the message.
#[derive(Debug, Deserialize)]
#[serde(
    untagged,
    expecting = "the input is neither an event of SNS nor a message of the failure queue"
)]
pub enum Job {
    /// SNS invokes the function.
    Sns {
        /// SNS sends one, but the event has room for more.
        #[serde(rename = "Records")]
        records: Vec<Record>,
    },
    /// SNS could not invoke the function and gave up.
    DeadLetter(Notification),
    /// The function returned an error, or none at all, and Lambda gave up.
    OnFailure {
        /// What the function was asked to do.
        #[serde(rename = "requestPayload")]
        request_payload: Box<Job>,
    },
    /// The broadcaster did not reach everyone.
    Leftover(Delivery),
}

/// An entry of SNS's event.
#[derive(Debug, Deserialize)]
pub struct Record {
    #[serde(rename = "Sns")]
    sns: Notification,
}

/// What was published, as SNS hands it over.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Notification {
    message: String,
    #[serde(default)]
    message_attributes: Attributes,
}

#[derive(Debug, Default, Deserialize)]
struct Attributes {
    event_type: Option<Attribute>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Attribute {
    value: String,
}

/// An event, and who has yet to get it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    /// What to send.
    pub event: Event,
    /// These clients. If there are none and `from` is nothing: everyone.
    pub unreached: Vec<String>,
    /// And all whose rows come after this one's.
    pub from: Option<String>,
}

/// An event on its way to the clients.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// The webhook's body, unchanged.
    pub payload: String,
    /// A hint, as [`event_type`](crate::event_type::event_type) found it.
    pub event_type: String,
}

impl Job {
    /// What there is to deliver.
    pub fn deliveries(self) -> Vec<Delivery> {
        match self {
            Job::Sns { records } => records
                .into_iter()
                .map(|record| record.sns.for_everyone())
                .collect(),
            Job::DeadLetter(notification) => vec![notification.for_everyone()],
            Job::OnFailure { request_payload } => request_payload.deliveries(),
            Job::Leftover(delivery) => vec![delivery],
        }
    }
}

impl Notification {
    fn for_everyone(self) -> Delivery {
        let event_type = self.message_attributes.event_type;
        let event_type = event_type.map_or("unknown".to_owned(), |attribute| attribute.value);
        Delivery {
            event: Event {
                payload: self.message,
                event_type,
            },
            unreached: Vec::new(),
            from: None,
        }
    }
}
