//! SQS queues: standard ones, in memory. Messages stay until they are deleted;
//! retention periods and redrive policies of queues are not simulated.

mod api;
mod attributes;
mod error;
mod request;
mod store;

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use serde::ser::{Serialize, SerializeMap, Serializer};
use tokio::sync::Notify;
use uuid::Uuid;

use crate::clock::Clock;
use crate::template::model::Stack;
use crate::trail::{OpenHop, Service, TrailContext};

/// How many messages a queue keeps. When one more is sent the oldest is
/// dropped, and the hop that sent it says so.
pub const MESSAGES_KEPT: usize = 1_000;
/// How many bytes of message bodies a queue keeps, in the same way.
pub const BYTES_KEPT: usize = 16 * 1024 * 1024;

pub(crate) use api::TARGET;
use store::Store;

/// Id of a message in a queue.
pub type MessageId = String;

/// A message in a queue.
#[derive(Clone, Debug)]
pub struct Message {
    /// Id that SQS gave.
    pub id: MessageId,
    /// Body.
    pub body: String,
    /// Message attributes by name.
    pub attributes: BTreeMap<String, MessageAttribute>,
    /// When it was sent, on the sandbox's clock.
    pub sent: SystemTime,
}

/// A message attribute. Serialises as SQS writes it: `DataType` with
/// `StringValue`, or with `BinaryValue` in base64.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageAttribute {
    /// Data type, e.g. `String`, `Number`, `Binary`, `Number.int`.
    pub data_type: String,
    /// Value.
    pub value: AttributeValue,
}

/// The value of a message attribute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AttributeValue {
    /// A text or a number, as text.
    Text(String),
    /// Bytes.
    Binary(Vec<u8>),
}

impl MessageAttribute {
    /// An attribute of type `String`.
    #[must_use]
    pub fn string(value: impl Into<String>) -> Self {
        Self {
            data_type: "String".to_owned(),
            value: AttributeValue::Text(value.into()),
        }
    }

    /// An attribute of type `Number`.
    #[must_use]
    pub fn number(value: i64) -> Self {
        Self {
            data_type: "Number".to_owned(),
            value: AttributeValue::Text(value.to_string()),
        }
    }
}

impl Serialize for MessageAttribute {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(2))?;
        map.serialize_entry("DataType", &self.data_type)?;
        match &self.value {
            AttributeValue::Text(text) => map.serialize_entry("StringValue", text)?,
            AttributeValue::Binary(bytes) => {
                map.serialize_entry("BinaryValue", &BASE64_STANDARD.encode(bytes))?;
            }
        }
        map.end()
    }
}

/// There is no queue with this ARN.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no SQS queue {0}")]
pub struct NoSuchQueue(pub String);

/// The queues of the stack. Cheap to clone; all clones are one set.
#[derive(Clone)]
pub struct Queues {
    clock: Clock,
    by_arn: Arc<Mutex<HashMap<String, Store>>>,
    /// Tells those who wait for a message that one has come.
    arrived: Arc<Notify>,
}

impl Queues {
    /// No queues yet.
    #[must_use]
    pub fn new(clock: Clock) -> Self {
        Self {
            clock,
            by_arn: Arc::default(),
            arrived: Arc::default(),
        }
    }

    /// Takes over the queues of a stack. A queue that was there before keeps
    /// its messages; one that is gone loses them, as on AWS.
    pub fn load(&self, stack: &Stack) {
        let mut by_arn = self.lock();
        let mut before = std::mem::take(&mut *by_arn);
        by_arn.extend(stack.queues.iter().map(|queue| {
            let mut store = before.remove(&queue.arn).unwrap_or_default();
            store.queue.clone_from(queue);
            (queue.arn.clone(), store)
        }));
    }

    /// Sends a message and records the hop under `context`.
    ///
    /// # Errors
    /// [`NoSuchQueue`] if the stack has no queue with this ARN.
    pub fn send(
        &self,
        arn: &str,
        body: String,
        attributes: BTreeMap<String, MessageAttribute>,
        context: &TrailContext,
    ) -> Result<MessageId, NoSuchQueue> {
        let mut by_arn = self.lock();
        let Some(store) = by_arn.get_mut(arn) else {
            drop(by_arn);
            let name = arn.rsplit(':').next().unwrap_or(arn);
            let mut hop = context.hop(Service::Sqs, name, "SendMessage");
            hop.input(&Bytes::from(body));
            hop.fail(error::NO_SUCH_QUEUE);
            return Err(NoSuchQueue(arn.to_owned()));
        };
        let mut hop = context.hop(Service::Sqs, &store.queue.logical_id, "SendMessage");
        hop.input(&Bytes::copy_from_slice(body.as_bytes()));
        let message = self.message(body, attributes);
        let id = message.id.clone();
        let dropped = store.push(message, self.clock.moment().after(store.queue.delay));
        drop(by_arn);
        self.arrived.notify_waiters();
        note_sent(&mut hop, &id, dropped);
        hop.finish("200");
        Ok(id)
    }

    fn message(&self, body: String, attributes: BTreeMap<String, MessageAttribute>) -> Message {
        Message {
            id: Uuid::new_v4().to_string(),
            body,
            attributes,
            sent: self.clock.now(),
        }
    }

    /// What is in the queue with this logical id, the oldest first; nothing if
    /// there is no such queue.
    #[must_use]
    pub fn messages(&self, logical_id: &str) -> Vec<Message> {
        let by_arn = self.lock();
        let mut stores = by_arn.values();
        let store = stores.find(|store| store.queue.logical_id == logical_id);
        store.map_or_else(Vec::new, Store::messages)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Store>> {
        // A panic elsewhere must not take the queues down with it.
        self.by_arn.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Notes on a hop what became of a message.
fn note_sent(hop: &mut OpenHop, id: &str, dropped: usize) {
    hop.detail("message_id", id);
    if dropped > 0 {
        hop.detail("dropped_oldest", dropped);
    }
}
