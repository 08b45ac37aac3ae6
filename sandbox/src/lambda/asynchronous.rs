//! Asynchronous invocation: the queue, the retries and where events end.
//!
//! Lambda Developer Guide, "How Lambda handles errors and retries with
//! asynchronous invocation" and "Capturing records of Lambda asynchronous
//! invocations".

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use serde::Serialize;
use serde_json::value::RawValue;

use super::pool::{Call, Pool};
use super::{Outcome, Shared};
use crate::aws;
use crate::clock::Moment;
use crate::console::Event;
use crate::sqs::MessageAttribute;
use crate::template::model::{Asynchronous, Function};
use crate::trail::TrailContext;

/// Pauses before the second and the third attempt after a function error.
const RETRY_PAUSES: [Duration; 2] = [Duration::from_secs(60), Duration::from_secs(120)];
/// First and longest pause before a throttled event is tried again.
const THROTTLE_PAUSE: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(300));

/// Puts an event into the function's queue and returns at once.
pub fn queue(shared: Arc<Shared>, pool: Arc<Pool>, payload: Bytes, context: TrailContext) {
    let queued = shared.clock.moment();
    let hold = context.hold();
    tokio::spawn(async move {
        let mut hold = hold;
        let mut call = Call {
            attempt: Some(1),
            ..Call::new(payload)
        };
        let mut attempt = 1;
        let mut throttle_pause = THROTTLE_PAUSE.0;
        loop {
            let outcome = pool.invoke(&call, &context).await;
            let version = pool.version();
            let function = &version.function;
            let pause = match next(function, &outcome, attempt, throttle_pause) {
                Next::Pause(pause) => pause,
                Next::End(condition) => {
                    end(
                        &shared, function, &call, attempt, condition, &outcome, &context,
                    )
                    .await;
                    return;
                }
            };
            if too_old(&shared, queued, pause, &function.asynchronous) {
                let condition = Condition::EventAgeExceeded;
                end(
                    &shared, function, &call, attempt, condition, &outcome, &context,
                )
                .await;
                return;
            }
            let waiting = context.waiting();
            drop(hold);
            shared.clock.sleep(pause).await;
            hold = context.hold();
            drop(waiting);
            if matches!(outcome, Outcome::Throttled(_)) {
                throttle_pause = (throttle_pause * 2).min(THROTTLE_PAUSE.1);
            } else {
                attempt += 1;
                call.attempt = Some(attempt);
            }
        }
    });
}

fn too_old(shared: &Shared, queued: Moment, pause: Duration, config: &Asynchronous) -> bool {
    shared.clock.moment().after(pause).since(queued) > config.maximum_event_age
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
enum Condition {
    Success,
    RetriesExhausted,
    EventAgeExceeded,
}

#[derive(Debug, PartialEq, Eq)]
enum Next {
    Pause(Duration),
    End(Condition),
}

/// What follows an attempt. Throttling does not use up the retries.
fn next(function: &Function, outcome: &Outcome, attempt: u32, throttle_pause: Duration) -> Next {
    match outcome {
        Outcome::Success(_) => Next::End(Condition::Success),
        // Waiting would not help: concurrency 0 is how a function is switched off.
        Outcome::Throttled(_) if function.reserved_concurrency == Some(0) => {
            Next::End(Condition::RetriesExhausted)
        }
        Outcome::Throttled(_) => Next::Pause(throttle_pause),
        Outcome::FunctionError(_) if attempt <= function.asynchronous.maximum_retry_attempts => {
            let pause = RETRY_PAUSES.get(attempt as usize - 1);
            pause.map_or(Next::End(Condition::RetriesExhausted), |pause| {
                Next::Pause(*pause)
            })
        }
        Outcome::FunctionError(_) | Outcome::RequestTooLarge | Outcome::NotFound => {
            Next::End(Condition::RetriesExhausted)
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Record<'a> {
    version: &'static str,
    timestamp: String,
    request_context: RequestContext<'a>,
    request_payload: Box<RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    response_context: Option<ResponseContext>,
    #[serde(skip_serializing_if = "Option::is_none")]
    response_payload: Option<Box<RawValue>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RequestContext<'a> {
    request_id: &'a str,
    function_arn: String,
    condition: Condition,
    approximate_invoke_count: u32,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ResponseContext {
    status_code: u16,
    executed_version: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    function_error: Option<&'static str>,
}

/// A payload inside a record: as it is if it is JSON, else as a JSON string.
fn raw(payload: &Bytes) -> Option<Box<RawValue>> {
    if let Ok(value) = serde_json::from_slice(payload) {
        return Some(value);
    }
    let text = String::from_utf8_lossy(payload);
    serde_json::value::to_raw_value(&text).ok()
}

fn record(
    function: &Function,
    call: &Call,
    attempts: u32,
    condition: Condition,
    outcome: &Outcome,
    timestamp: String,
) -> Option<String> {
    let (function_error, response) = match outcome {
        Outcome::Success(response) => (None, Some(response)),
        Outcome::FunctionError(error) => (Some("Unhandled"), Some(error)),
        Outcome::Throttled(_) | Outcome::RequestTooLarge | Outcome::NotFound => (None, None),
    };
    let record = Record {
        version: "1.0",
        timestamp,
        request_context: RequestContext {
            request_id: &call.request_id,
            function_arn: format!("{}:$LATEST", function.arn),
            condition,
            approximate_invoke_count: attempts,
        },
        request_payload: raw(&call.payload)?,
        response_context: response.map(|_| ResponseContext {
            status_code: 200,
            executed_version: "$LATEST",
            function_error,
        }),
        response_payload: response.and_then(raw),
    };
    serde_json::to_string(&record).ok()
}

/// Takes the event to where it ends: a destination, a dead-letter queue, or
/// nowhere, which is said aloud.
async fn end(
    shared: &Shared,
    function: &Function,
    call: &Call,
    attempts: u32,
    condition: Condition,
    outcome: &Outcome,
    context: &TrailContext,
) {
    let config = &function.asynchronous;
    let succeeded = condition == Condition::Success;
    let destination = if succeeded {
        &config.on_success
    } else {
        &config.on_failure
    };
    let mut targets = Vec::new();
    if let Some(arn) = destination {
        let timestamp = aws::rfc3339_millis(shared.clock.now());
        let body = record(function, call, attempts, condition, outcome, timestamp);
        targets.extend(body.map(|body| (arn, body, BTreeMap::new())));
    }
    if let Some(arn) = config.dead_letter.as_ref().filter(|_| !succeeded) {
        let body = String::from_utf8_lossy(&call.payload).into_owned();
        targets.push((arn, body, dead_letter_attributes(call, outcome)));
    }
    let name = &function.logical_id;
    if targets.is_empty() && !succeeded {
        (shared.console)(Event::Notice(format!(
            "an event for {name} is lost after {attempts} attempt(s): the function has no failure destination\n  give it an EventInvokeConfig with DestinationConfig: OnFailure"
        )));
    }
    for (arn, body, attributes) in targets {
        let Some(services) = shared.services() else {
            continue;
        };
        if let Err(why) = services.deliver(arn, body, attributes, context).await {
            (shared.console)(Event::Notice(format!(
                "an event of {name} could not be delivered to {arn}: {why}"
            )));
        }
    }
}

fn dead_letter_attributes(call: &Call, outcome: &Outcome) -> BTreeMap<String, MessageAttribute> {
    let (code, message) = match outcome {
        Outcome::FunctionError(error) => (200, error_message(error)),
        Outcome::Throttled(reason) => (429, (*reason).to_owned()),
        Outcome::Success(_) | Outcome::RequestTooLarge | Outcome::NotFound => (500, String::new()),
    };
    let attributes = [
        ("RequestID", MessageAttribute::string(&call.request_id)),
        ("ErrorCode", MessageAttribute::number(code)),
        ("ErrorMessage", MessageAttribute::string(message)),
    ];
    attributes
        .map(|(name, value)| (name.to_owned(), value))
        .into()
}

fn error_message(error: &Bytes) -> String {
    let object: serde_json::Value = serde_json::from_slice(error).unwrap_or_default();
    object["errorMessage"]
        .as_str()
        .unwrap_or_default()
        .to_owned()
}
