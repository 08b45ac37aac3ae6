//! Rate-based rules.
//!
//! AWS looks at its counts every ten seconds or so and is late by that much.
//! Here each request is judged at once, so that a test knows which one is the
//! first over the limit. What goes out of the window goes in steps of ten
//! seconds of the sandbox's clock.

use std::collections::{HashMap, VecDeque};
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use super::Request;
use super::addresses::{Claim, claimed};
use crate::clock::Moment;
use crate::template::model::{RateKey, RateLimit};

/// Seconds of a step.
const STEP: u64 = 10;
/// How many addresses a rule counts at a time (AWS WAF Developer Guide,
/// "Rate-based rule caveats").
const MOST_KEYS: usize = 10_000;

/// The requests that a rule has counted.
#[derive(Default)]
pub(super) struct Rates(Mutex<Counted>);

#[derive(Default)]
struct Counted {
    /// When counting began; steps are counted from there.
    began: Option<Moment>,
    /// Counts by address, `None` for all together.
    keys: HashMap<Option<IpAddr>, Steps>,
}

/// How many requests came in which step.
#[derive(Default)]
struct Steps(VecDeque<(u64, u32)>);

impl Rates {
    /// Counts a request; whether there were more than the limit in the window.
    pub(super) fn exceeded(&self, limit: &RateLimit, request: &Request<'_>, now: Moment) -> bool {
        let key = match &limit.key {
            RateKey::Ip => Some(request.source_ip),
            RateKey::Constant => None,
            RateKey::ForwardedIp(config) => match claimed(request, config) {
                Claim::Absent => return false,
                Claim::Invalid => return config.fallback,
                Claim::Addresses(addresses) => addresses.first().copied(),
            },
        };
        let mut counted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let began = *counted.began.get_or_insert(now);
        let step = now.since(began).as_secs() / STEP;
        let length = limit.window.as_secs() / STEP;
        let keys = &mut counted.keys;
        if keys.len() >= MOST_KEYS && !keys.contains_key(&key) {
            keys.retain(|_, steps| steps.total(step, length) > 0);
            if keys.len() >= MOST_KEYS {
                return false;
            }
        }
        let steps = keys.entry(key).or_default();
        steps.add(step);
        steps.total(step, length) > u64::from(limit.limit)
    }
}

impl Steps {
    fn add(&mut self, step: u64) {
        match self.0.back_mut() {
            Some((last, count)) if *last == step => *count = count.saturating_add(1),
            _ => self.0.push_back((step, 1)),
        }
    }

    /// Requests in the last `length` steps; older ones are forgotten.
    fn total(&mut self, step: u64, length: u64) -> u64 {
        while self
            .0
            .front()
            .is_some_and(|(first, _)| first + length <= step)
        {
            self.0.pop_front();
        }
        self.0.iter().map(|(_, count)| u64::from(*count)).sum()
    }
}
