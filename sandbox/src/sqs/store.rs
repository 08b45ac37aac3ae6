//! The messages of one queue, and which of them can be received now.

use std::collections::VecDeque;

use uuid::Uuid;

use super::{BYTES_KEPT, MESSAGES_KEPT, Message};
use crate::clock::Moment;
use crate::template::model::Queue;

/// A queue and what is in it.
#[derive(Default)]
pub(super) struct Store {
    pub(super) queue: Queue,
    entries: VecDeque<Entry>,
    bytes: usize,
}

/// A message with its history.
#[derive(Clone)]
pub(super) struct Entry {
    pub(super) message: Message,
    /// From when on it can be received.
    visible: Moment,
    /// Receipt handle of the last time it was received.
    pub(super) receipt: String,
    pub(super) received: u32,
    pub(super) first_received: Option<Moment>,
}

/// How many messages of a queue are where.
pub(super) struct Counts {
    pub(super) visible: usize,
    pub(super) in_flight: usize,
    pub(super) delayed: usize,
}

impl Store {
    /// Adds a message; how many old ones had to go for it.
    pub(super) fn push(&mut self, message: Message, visible: Moment) -> usize {
        self.bytes += message.body.len();
        self.entries.push_back(Entry {
            message,
            visible,
            receipt: String::new(),
            received: 0,
            first_received: None,
        });
        let mut dropped = 0;
        while self.entries.len() > MESSAGES_KEPT
            || (self.bytes > BYTES_KEPT && self.entries.len() > 1)
        {
            if let Some(oldest) = self.entries.pop_front() {
                self.bytes -= oldest.message.body.len();
                dropped += 1;
            }
        }
        dropped
    }

    /// Takes up to `most` messages that nobody else has until `hidden_until`.
    pub(super) fn receive(&mut self, most: usize, now: Moment, hidden_until: Moment) -> Vec<Entry> {
        let free = self.entries.iter_mut().filter(|entry| entry.visible <= now);
        let taken = free.take(most).map(|entry| {
            entry.visible = hidden_until;
            entry.receipt = Uuid::new_v4().to_string();
            entry.received += 1;
            entry.first_received.get_or_insert(now);
            entry.clone()
        });
        taken.collect()
    }

    /// Deletes the message that was last received with this handle. One that is
    /// gone already is fine, as on AWS.
    pub(super) fn delete(&mut self, receipt: &str) {
        let found = self.entries.iter().position(|e| e.receipt == receipt);
        if let Some(entry) = found.and_then(|index| self.entries.remove(index)) {
            self.bytes -= entry.message.body.len();
        }
    }

    /// Hides the message of this handle until `visible`; whether there is one.
    pub(super) fn hide(&mut self, receipt: &str, visible: Moment) -> bool {
        let mut entries = self.entries.iter_mut();
        let found = entries.find(|entry| entry.receipt == receipt);
        found.map(|entry| entry.visible = visible).is_some()
    }

    pub(super) fn purge(&mut self) {
        self.entries.clear();
        self.bytes = 0;
    }

    pub(super) fn messages(&self) -> Vec<Message> {
        let entries = self.entries.iter();
        entries.map(|entry| entry.message.clone()).collect()
    }

    pub(super) fn counts(&self, now: Moment) -> Counts {
        let mut counts = Counts {
            visible: 0,
            in_flight: 0,
            delayed: 0,
        };
        for entry in &self.entries {
            match (entry.visible <= now, entry.received) {
                (true, _) => counts.visible += 1,
                (false, 0) => counts.delayed += 1,
                (false, _) => counts.in_flight += 1,
            }
        }
        counts
    }
}
