//! One function after the other: how it starts, and what an event takes.

use std::path::Path;
use std::time::Duration;

use bytes::Bytes;

use crate::cloud::Settings;
use crate::error::{Result, failed};
use crate::events;
use crate::figures::{count, median, milliseconds, percentile};
use crate::process::{Function, Running};

/// Processes of each function that are started.
const STARTS: usize = 9;
/// Events until it counts as warm: a just-in-time compiler needs some.
const WARM_UP: usize = 500;
/// The functions take turns so often, which spreads what else the machine does.
const TURNS: usize = 4;
/// Events in one turn.
const EVENTS: usize = 500;
/// How long the events of one turn may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// What is known of a function that takes webhooks.
#[derive(Clone, Copy, Debug, Default)]
pub struct Warm {
    /// Median of the milliseconds from the start of the process to its first
    /// poll.
    pub first_poll: f64,
    /// Median of the milliseconds that the first event takes.
    pub first_event: f64,
    /// Half of all events take no longer, in milliseconds.
    pub p50: f64,
    /// Of hundred events 99 take no longer, in milliseconds.
    pub p99: f64,
    /// Milliseconds of processor time for one event.
    pub processor: Option<f64>,
    /// The most memory that it had, in megabytes.
    pub memory: Option<f64>,
}

/// Measures all of them in turns.
///
/// # Errors
/// If one does not start or does not accept a webhook.
pub fn measure(functions: &[&Function], logs: &Path) -> Result<Vec<Warm>> {
    let mut starts = vec![(Vec::new(), Vec::new()); functions.len()];
    // The first process of each finds its program on the disk, not in memory.
    for turn in 0..=STARTS {
        for (function, (polls, events)) in functions.iter().zip(&mut starts) {
            let running = start(function, logs)?;
            let took = invoke(&running, 1)?;
            if turn > 0 {
                polls.push(milliseconds(running.first_poll));
                events.extend(took);
            }
        }
    }

    let running: Vec<Running> = functions
        .iter()
        .map(|function| start(function, logs))
        .collect::<Result<_>>()?;
    let mut turns = vec![(Vec::new(), Vec::new()); functions.len()];
    for one in &running {
        invoke(one, WARM_UP)?;
    }
    for _ in 0..TURNS {
        for (one, (took, seconds)) in running.iter().zip(&mut turns) {
            let before = one.usage().seconds;
            took.extend(invoke(one, EVENTS)?);
            let used = one.usage().seconds.zip(before);
            seconds.extend(used.map(|(after, before)| after - before));
        }
    }
    let all = running.iter().zip(starts).zip(turns);
    Ok(all
        .map(|((running, (polls, events)), (took, seconds))| Warm {
            first_poll: median(&polls),
            first_event: median(&events),
            p50: median(&took),
            p99: percentile(&took, 0.99),
            // Ticks of the system's clock are long, so all turns together.
            processor: (!seconds.is_empty())
                .then(|| seconds.iter().sum::<f64>() * 1000.0 / count(TURNS * EVENTS)),
            memory: running.usage().megabytes,
        })
        .collect())
}

fn start(function: &Function, logs: &Path) -> Result<Running> {
    Running::start(function, logs, None, Settings::default())
}

/// Milliseconds of each event.
fn invoke(running: &Running, times: usize) -> Result<Vec<f64>> {
    let event: Bytes = events::webhook();
    let done = running.invoke(vec![event; times], PATIENCE)?;
    match done.iter().find(|done| !accepted(&done.answer)) {
        Some(bad) => Err(failed(format!(
            "a webhook was not accepted: {}",
            String::from_utf8_lossy(&bad.answer)
        ))),
        None => Ok(done.iter().map(|done| milliseconds(done.took)).collect()),
    }
}

fn accepted(answer: &[u8]) -> bool {
    let answer: serde_json::Value = serde_json::from_slice(answer).unwrap_or_default();
    answer["statusCode"] == 200
}
