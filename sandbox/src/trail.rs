//! The trail of a request: every hop it took, what went in and what came out.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use serde::{Serialize, Serializer};
use serde_json::Value;
use tokio::sync::Notify;

mod payload;
mod recorder;

pub use payload::{Payload, on_one_line};

use crate::clock::{Clock, Moment};
use crate::console::{Console, Event};

/// What a hop with a few details takes without its payloads, about.
const HOP_BYTES: usize = 1792;

/// The service that a hop went through.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Service {
    /// A CloudFront distribution.
    CloudFront,
    /// An AWS WAF web ACL.
    Waf,
    /// API Gateway REST API.
    Rest,
    /// API Gateway WebSocket API.
    WebSocket,
    /// A Lambda function.
    Lambda,
    /// An SNS topic.
    Sns,
    /// An SQS queue.
    Sqs,
    /// A DynamoDB table.
    DynamoDb,
    /// A secret of Secrets Manager.
    SecretsManager,
}

impl fmt::Display for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::CloudFront => "cloudfront",
            Self::Waf => "waf",
            Self::Rest => "rest",
            Self::WebSocket => "websocket",
            Self::Lambda => "lambda",
            Self::Sns => "sns",
            Self::Sqs => "sqs",
            Self::DynamoDb => "dynamodb",
            Self::SecretsManager => "secretsmanager",
        })
    }
}

/// One stop of a request on its way.
#[derive(Clone, Debug, Serialize)]
pub struct Hop {
    /// Place in the order in which the hops of this trail began, from 0.
    pub id: usize,
    /// The hop that caused this one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent: Option<usize>,
    /// The service.
    pub service: Service,
    /// Logical id of the resource in the template.
    pub name: String,
    /// What was asked of it, e.g. `POST /prod/webhook`, `Invoke`, `Publish`.
    pub action: String,
    /// How it ended, e.g. `200`, `Unhandled`, `throttled`.
    pub outcome: String,
    /// Whether it ended as it should.
    pub ok: bool,
    /// More about it, by name, e.g. `start`: `cold`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub details: BTreeMap<&'static str, Value>,
    /// What went in.
    #[serde(rename = "in", skip_serializing_if = "Option::is_none")]
    pub input: Option<Payload>,
    /// What came out.
    #[serde(rename = "out", skip_serializing_if = "Option::is_none")]
    pub output: Option<Payload>,
    /// How long it took, children included.
    #[serde(rename = "microseconds", serialize_with = "as_micros")]
    pub took: Duration,
}

fn as_micros<S: Serializer>(took: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64(u64::try_from(took.as_micros()).unwrap_or(u64::MAX))
}

/// A trail as far as it has come: its hops, each after the one that caused it.
#[derive(Clone, Debug, Serialize)]
pub struct Trail {
    /// Id of the trail: the request id of the API Gateway API at which it began,
    /// or a fresh UUID.
    #[serde(rename = "trail")]
    pub id: String,
    /// Milliseconds since 1970 at which the trail began.
    pub started: u64,
    /// Whether nothing more will come. `false` while an asynchronous
    /// invocation waits for its next attempt.
    pub settled: bool,
    /// The hops in causal order.
    pub hops: Vec<Hop>,
}

/// Begins trails, hands finished ones to the console and keeps the last ones.
#[derive(Clone)]
pub struct Recorder {
    shared: Arc<Shared>,
}

struct Shared {
    clock: Clock,
    console: Console,
    kept: Mutex<VecDeque<Arc<Record>>>,
    /// What the kept ones take, in bytes.
    size: AtomicUsize,
    changed: Notify,
}

struct Record {
    id: String,
    started: Moment,
    shared: Arc<Shared>,
    /// Further ids by which the trail is found.
    aliases: Mutex<Vec<String>>,
    /// Values that payloads and details must not show.
    secrets: Mutex<Vec<String>>,
    state: Mutex<State>,
    /// What its hops take, in bytes; `None` once it is not kept any more.
    size: Mutex<Option<usize>>,
}

#[derive(Default)]
struct State {
    hops: Vec<Option<Hop>>,
    begun: usize,
    reported: Vec<bool>,
    active: usize,
    waiting: usize,
    /// The payload that went in last: a fan-out sends one to thousands.
    last_input: Option<Payload>,
}

/// A place on a trail, from which further hops start. Cheap to clone.
#[derive(Clone)]
pub struct TrailContext {
    record: Arc<Record>,
    parent: Option<usize>,
}

/// Keeps a trail open while work that has no hop yet is on its way.
pub struct Hold(Arc<Record>);

/// Marks that a trail waits for the clock, e.g. for the next attempt.
pub struct Waiting(Arc<Record>);

/// A hop that has begun. Dropped unfinished (the client went away, say), it
/// ends as `abandoned`.
pub struct OpenHop {
    context: TrailContext,
    hop: Option<Hop>,
    began: Moment,
    /// What it takes in memory, about.
    size: usize,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // A panic elsewhere must not take the trail down with it.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Record {
    /// Whether this is one of its ids.
    fn is(&self, id: &str) -> bool {
        self.id == id || lock(&self.aliases).iter().any(|alias| alias == id)
    }

    /// The finished hops that are wanted, each after the one that caused it and
    /// else in the order in which they began. While a hop is unfinished its own
    /// hang in the air; nobody asks then.
    fn trail(&self, state: &State, wanted: impl Fn(usize) -> bool) -> Trail {
        // A fan-out has thousands of hops: each is looked at once.
        let mut caused = vec![Vec::new(); state.hops.len()];
        let mut todo = Vec::new();
        for hop in state.hops.iter().flatten().rev() {
            match hop.parent {
                Some(parent) => caused[parent].push(hop.id),
                None => todo.push(hop.id),
            }
        }
        let mut hops = Vec::new();
        while let Some(id) = todo.pop() {
            todo.append(&mut caused[id]);
            if wanted(id) {
                hops.extend(state.hops[id].clone());
            }
        }
        Trail {
            id: self.id.clone(),
            started: self.shared.clock.epoch_millis(self.started),
            settled: state.active == 0 && state.waiting == 0,
            hops,
        }
    }

    /// One of the things that keep the trail open has ended.
    fn release(&self, mut state: MutexGuard<'_, State>) {
        let report = (state.active == 0 && state.reported.contains(&false)).then(|| {
            let trail = self.trail(&state, |id| !state.reported[id]);
            state.reported.fill(true);
            trail
        });
        drop(state);
        if let Some(trail) = report {
            (self.shared.console)(Event::Trail(trail));
        }
        self.shared.changed.notify_waiters();
    }
}

impl TrailContext {
    /// Id of the trail.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.record.id
    }

    /// Begins a hop that this place on the trail caused.
    #[must_use]
    pub fn hop(&self, service: Service, name: &str, action: impl Into<String>) -> OpenHop {
        let mut state = lock(&self.record.state);
        let id = state.begun;
        state.begun += 1;
        state.hops.push(None);
        state.reported.push(false);
        state.active += 1;
        drop(state);
        let hop = Hop {
            id,
            parent: self.parent,
            service,
            name: name.to_owned(),
            action: action.into(),
            outcome: String::new(),
            ok: true,
            details: BTreeMap::new(),
            input: None,
            output: None,
            took: Duration::ZERO,
        };
        let context = Self {
            record: self.record.clone(),
            parent: Some(id),
        };
        OpenHop {
            context,
            hop: Some(hop),
            began: self.record.shared.clock.moment(),
            size: HOP_BYTES,
        }
    }

    /// Says that the trail is found under this id too: a request has one for
    /// each service on its way.
    pub fn also_known_as(&self, id: &str) {
        lock(&self.record.aliases).push(id.to_owned());
    }

    /// Says that no payload or detail of this trail shows `secret` from now on.
    pub fn conceal(&self, secret: &str) {
        if !secret.is_empty() {
            lock(&self.record.secrets).push(secret.to_owned());
        }
    }

    /// Keeps the trail open until the returned value is dropped.
    #[must_use]
    pub fn hold(&self) -> Hold {
        lock(&self.record.state).active += 1;
        Hold(self.record.clone())
    }

    /// Says that the trail waits for the clock until the returned value is
    /// dropped; meanwhile it is reported as not settled.
    #[must_use]
    pub fn waiting(&self) -> Waiting {
        lock(&self.record.state).waiting += 1;
        Waiting(self.record.clone())
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        let mut state = lock(&self.0.state);
        state.active -= 1;
        self.0.release(state);
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        let mut state = lock(&self.0.state);
        state.waiting -= 1;
        self.0.release(state);
    }
}

impl OpenHop {
    /// The place on the trail from which this hop's own hops start.
    #[must_use]
    pub fn context(&self) -> &TrailContext {
        &self.context
    }

    /// Notes what went in.
    pub fn input(&mut self, bytes: &Bytes) {
        if let Some(hop) = &mut self.hop {
            let mut state = lock(&self.context.record.state);
            let known = state.last_input.as_ref().and_then(|last| last.same(bytes));
            let input = known.unwrap_or_else(|| {
                let input = Payload::new(bytes, &lock(&self.context.record.secrets));
                self.size += input.kept();
                input
            });
            state.last_input = Some(input.clone());
            hop.input = Some(input);
        }
    }

    /// Notes what came out.
    pub fn output(&mut self, bytes: &Bytes) {
        if let Some(hop) = &mut self.hop {
            let output = Payload::new(bytes, &lock(&self.context.record.secrets));
            self.size += output.kept();
            hop.output = Some(output);
        }
    }

    /// Notes one more fact about the hop.
    pub fn detail(&mut self, name: &'static str, value: impl Into<Value>) {
        let mut value = value.into();
        if let Value::String(text) = &mut value {
            for secret in lock(&self.context.record.secrets).iter() {
                if text.contains(secret) {
                    *text = text.replace(secret, &"*".repeat(secret.len()));
                }
            }
        }
        if let Some(hop) = &mut self.hop {
            hop.details.insert(name, value);
        }
    }

    /// Ends the hop as it should end.
    pub fn finish(self, outcome: impl Into<String>) {
        self.end(outcome, true);
    }

    /// Ends the hop with a failure.
    pub fn fail(self, outcome: impl Into<String>) {
        self.end(outcome, false);
    }

    /// Ends the hop.
    pub fn end(mut self, outcome: impl Into<String>, ok: bool) {
        if let Some(hop) = &mut self.hop {
            hop.outcome = outcome.into();
            hop.ok = ok;
        }
    }
}

impl Drop for OpenHop {
    fn drop(&mut self) {
        let Some(mut hop) = self.hop.take() else {
            return;
        };
        if hop.outcome.is_empty() {
            hop.outcome = "abandoned".to_owned();
            hop.ok = false;
        }
        let record = &self.context.record;
        hop.took = record.shared.clock.moment().since(self.began);
        record.shared.grown(record, self.size);
        let mut state = lock(&record.state);
        let id = hop.id;
        state.hops[id] = Some(hop);
        state.active -= 1;
        record.release(state);
    }
}

#[cfg(test)]
mod tests;
