//! One event to many WebSocket clients.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use crate::certificate::Certificate;
use crate::cloud::Settings;
use crate::error::{Result, failed};
use crate::events;
use crate::figures::{count, median, milliseconds};
use crate::process::{Function, Running};
use crate::processor::two_cores;

/// How long one event may take to reach everyone.
const PATIENCE: Duration = Duration::from_secs(40);

/// Median of the milliseconds until so many clients have one event.
///
/// # Errors
/// If the function does not start, or does not reach each client once.
pub fn time(
    function: &Function,
    logs: &Path,
    connections: usize,
    latency: Duration,
    times: usize,
) -> Result<f64> {
    let settings = Settings {
        connections,
        latency,
        ..Settings::default()
    };
    let running = Running::start(function, logs, None, settings)?;
    // The first event opens the connections to the API.
    broadcast(&running, connections)?;
    let took: Result<Vec<f64>> = (0..times)
        .map(|_| broadcast(&running, connections))
        .collect();
    Ok(median(&took?))
}

/// How fast one broadcaster on one core is.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// Posts per second.
    pub per_second: f64,
    /// Microseconds of processor time of the broadcaster for one post.
    pub processor: Option<f64>,
}

/// Measures the pace of a broadcaster on one core, with the cloud on another if
/// there are two; over TLS if there is a certificate.
///
/// # Errors
/// As [`time`].
pub fn pace(
    function: &Function,
    logs: &Path,
    connections: usize,
    certificate: Option<Arc<Certificate>>,
) -> Result<Pace> {
    let running = pinned(function, logs, connections / 10, certificate)?;
    broadcast(&running, connections / 10)?;
    let before = running.usage().seconds;
    let took = broadcast(&running, connections)?;
    let used = running.usage().seconds.zip(before);
    Ok(Pace {
        per_second: count(connections) / took * 1000.0,
        processor: used.map(|(after, before)| (after - before) * 1e6 / count(connections)),
    })
}

/// What more clients cost one process.
#[derive(Clone, Copy, Debug)]
pub struct Growth {
    /// The most memory with 1,000 clients, in megabytes.
    pub memory_of_few: Option<f64>,
    /// And with 100,000.
    pub memory_of_many: Option<f64>,
    /// How many times as long 100,000 take as 10,000.
    pub time: f64,
}

/// Measures 1,000, 10,000 and 100,000 clients.
///
/// # Errors
/// As [`time`].
pub fn growth(function: &Function, logs: &Path) -> Result<Growth> {
    let running = pinned(function, logs, 1_000, None)?;
    broadcast(&running, 1_000)?;
    let memory_of_few = running.usage().megabytes;
    let some: Result<Vec<f64>> = (0..3).map(|_| broadcast(&running, 10_000)).collect();
    let many = broadcast(&running, 100_000)?;
    Ok(Growth {
        memory_of_few,
        memory_of_many: running.usage().megabytes,
        time: many / median(&some?),
    })
}

fn pinned(
    function: &Function,
    logs: &Path,
    connections: usize,
    certificate: Option<Arc<Certificate>>,
) -> Result<Running> {
    let cores = two_cores();
    let settings = Settings {
        connections,
        certificate,
        core: cores.map(|(_, cloud)| cloud),
        ..Settings::default()
    };
    Running::start(function, logs, cores.map(|(function, _)| function), settings)
}

/// Milliseconds until everyone has one more event.
fn broadcast(running: &Running, connections: usize) -> Result<f64> {
    running.cloud().set_connections(connections);
    let done = running.invoke(vec![events::notification()], PATIENCE)?;
    if !running.cloud().each_client_once() {
        return Err(failed(format!("not each of {connections} clients got the event once")));
    }
    Ok(done.first().map_or(f64::NAN, |done| milliseconds(done.took)))
}
