//! Exercise: a consumer that does its work once for each event.

use std::collections::{HashSet, VecDeque};

use serde_json::Value;

/// The ids of the events that came last.
#[derive(Debug)]
pub struct Recent {
    most: usize,
    known: HashSet<String>,
    /// In the order in which they came, to forget the oldest.
    order: VecDeque<String>,
}

impl Recent {
    /// Remembers as many ids.
    pub fn new(most: usize) -> Self {
        Recent {
            most,
            known: HashSet::new(),
            order: VecDeque::new(),
        }
    }

    /// Whether an event with this id came already.
    pub fn contains(&self, id: &str) -> bool {
        self.known.contains(id)
    }

    /// Remembers an id, once the work for it is done.
    pub fn remember(&mut self, id: &str) {
        if self.known.insert(id.to_owned()) {
            self.order.push_back(id.to_owned());
        }
        if self.order.len() > self.most {
            let oldest = self.order.pop_front();
            self.known.remove(&oldest.unwrap_or_default());
        }
    }
}

/// Adds up what was paid, once for each event.
#[derive(Debug)]
pub struct Till {
    pub recent: Recent,
    pub cents: u64,
}

impl Till {
    /// An event without an id or an amount is left alone.
    pub fn take(&mut self, message: &str) {
        let event: Value = serde_json::from_str(message).unwrap_or_default();
        let amount = event.pointer("/data/object/amount").and_then(Value::as_u64);
        let (Some(id), Some(amount)) = (event["id"].as_str(), amount) else {
            return;
        };
        if !self.recent.contains(id) {
            self.cents += amount;
            self.recent.remember(id);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn till(most: usize) -> Till {
        Till {
            recent: Recent::new(most),
            cents: 0,
        }
    }

    fn payment(id: &str) -> String {
        format!(r#"{{"id":"{id}","data":{{"object":{{"amount":1999}}}}}}"#)
    }

    #[test]
    fn an_event_that_comes_twice_is_counted_once() {
        let mut till = till(100);
        for id in ["evt_1", "evt_2", "evt_1", "evt_1"] {
            till.take(&payment(id));
        }
        assert_eq!(till.cents, 2 * 1999);
    }

    #[test]
    fn without_the_memory_it_is_counted_as_often_as_it_comes() {
        let mut forgetful = till(0);
        for id in ["evt_1", "evt_2", "evt_1", "evt_1"] {
            forgetful.take(&payment(id));
        }
        assert_eq!(forgetful.cents, 4 * 1999);
    }

    #[test]
    fn the_oldest_is_forgotten_first() {
        let mut recent = Recent::new(2);
        for id in ["evt_1", "evt_2", "evt_2", "evt_3"] {
            recent.remember(id);
        }
        assert!(!recent.contains("evt_1"));
        assert!(recent.contains("evt_2") && recent.contains("evt_3"));
    }

    /// Two environments of one function: each has a memory of its own.
    #[test]
    fn two_environments_count_it_twice() {
        let (mut first, mut second) = (till(100), till(100));
        first.take(&payment("evt_1"));
        second.take(&payment("evt_1"));
        assert_eq!(first.cents + second.cents, 2 * 1999);
    }
}
