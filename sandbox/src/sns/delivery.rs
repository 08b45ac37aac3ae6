//! Hands a message to the subscribers of its topic.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json};

use super::SnsServices;
use super::attributes::Attribute;
use super::event;
use super::message::Accepted;
use super::topics::{Subscriber, Target, Topic};
use crate::aws;
use crate::faults::FaultKind;
use crate::lambda::NotQueued;
use crate::trail::{OpenHop, TrailContext};

/// Most attributes that raw delivery takes along: SQS allows no more, and SNS
/// then discards the message as a client-side error (SNS Developer Guide,
/// "Amazon SNS raw message delivery").
const RAW_ATTRIBUTES_MAX: usize = 10;
/// Most characters of an attribute that a hop tells.
const TOLD_MAX: usize = 256;

/// Delivers to every subscriber whose filter lets the message through, and
/// notes on the hop what became of it.
pub(super) fn deliver(
    services: &SnsServices,
    topic: &Topic,
    message: &Accepted,
    hop: &mut OpenHop,
) {
    let timestamp = aws::rfc3339_millis(services.clock.now());
    let twice = services
        .faults
        .take(FaultKind::SnsDuplicate, &topic.logical_id);
    let context = hop.context().clone();
    let mut filtered = 0_usize;
    let mut notes = Vec::new();
    for subscriber in &topic.subscribers {
        let text = message.text(subscriber.target.protocol());
        let filter = subscriber.filter.as_ref();
        if filter.is_some_and(|filter| !filter.matches(&message.attributes, text)) {
            filtered += 1;
            notes.push(format!("{}: filtered out", subscriber.logical_id));
            continue;
        }
        let delivery = Delivery {
            services,
            topic,
            subscriber,
            message,
            timestamp: &timestamp,
            context: &context,
        };
        for _ in 0..if twice { 2 } else { 1 } {
            notes.extend(delivery.make());
        }
    }
    hop.detail("subscribers", topic.subscribers.len());
    hop.detail("filtered", filtered);
    if twice {
        hop.detail("fault", "sns-duplicate");
    }
    if !notes.is_empty() {
        hop.detail("notes", notes);
    }
}

/// What a hop tells about a message's attributes: long ones are cut, so that
/// kept trails stay small.
pub(super) fn summary(attributes: &[Attribute]) -> Json {
    let entries = attributes.iter().map(|attribute| {
        let text = attribute.text();
        let told = match text.char_indices().nth(TOLD_MAX) {
            None => text.into_owned(),
            Some((cut, _)) => format!("{}…", &text[..cut]),
        };
        (attribute.name.clone(), Json::String(told))
    });
    Json::Object(entries.collect::<Map<_, _>>())
}

struct Delivery<'a> {
    services: &'a SnsServices,
    topic: &'a Topic,
    subscriber: &'a Subscriber,
    message: &'a Accepted,
    timestamp: &'a str,
    context: &'a TrailContext,
}

impl Delivery<'_> {
    /// Delivers once; what to note if that did not work.
    fn make(&self) -> Option<String> {
        let failure = match &self.subscriber.target {
            Target::Lambda { function, .. } => self.invoke(function),
            Target::Sqs { arn, raw } => self.send(arn, *raw),
        };
        failure.err().map(|reason| self.bury(reason))
    }

    /// Success means that Lambda has queued the event, not that the function
    /// ran well: what happens from there on is between Lambda and the function.
    fn invoke(&self, function: &str) -> Result<(), &'static str> {
        let payload = event::for_lambda(self.topic, self.subscriber, self.message, self.timestamp)
            .map_err(|_| "the event cannot be written as JSON")?;
        self.services
            .functions
            .invoke_async(function, payload, self.context)
            .map_err(|refusal| match refusal {
                NotQueued::NotFound => "the function does not exist",
                NotQueued::TooLarge => "the event is larger than Lambda takes",
            })
    }

    fn send(&self, queue: &str, raw: bool) -> Result<(), &'static str> {
        let attributes = &self.message.attributes;
        if raw && attributes.len() > RAW_ATTRIBUTES_MAX {
            return Err("raw delivery takes at most 10 attributes along");
        }
        self.put(queue, raw)
            .map_err(|()| "the queue does not exist")
    }

    /// Client-side errors are not retried: the message goes to the dead-letter
    /// queue at once, or is gone.
    fn bury(&self, reason: &str) -> String {
        let id = &self.subscriber.logical_id;
        let Some(queue) = &self.subscriber.dead_letter else {
            return format!("{id}: {reason}; dropped, the subscription has no RedrivePolicy");
        };
        let raw = matches!(self.subscriber.target, Target::Sqs { raw: true, .. });
        match self.put(queue, raw) {
            Ok(()) => format!("{id}: {reason}; sent to the dead-letter queue"),
            Err(()) => format!("{id}: {reason}; dropped, there is no queue {queue}"),
        }
    }

    fn put(&self, queue: &str, raw: bool) -> Result<(), ()> {
        let (body, attributes) = if raw {
            let text = self.message.text(self.subscriber.target.protocol());
            let attributes = self.message.attributes.iter().map(Attribute::for_sqs);
            (text.to_owned(), attributes.collect())
        } else {
            let body = event::envelope(self.topic, self.subscriber, self.message, self.timestamp);
            (body.map_err(drop)?, BTreeMap::new())
        };
        let sent = self
            .services
            .queues
            .send(queue, body, attributes, self.context);
        sent.map(drop).map_err(drop)
    }
}
