//! One event to many WebSocket clients.

use std::sync::Arc;
use std::time::Duration;

use crate::certificate::Certificate;
use crate::cloud::Settings;
use crate::error::{Result, failed};
use crate::events;
use crate::figures::{count, median, milliseconds};
use crate::process::{Function, Running};
use crate::processor::two_cores;
use crate::run::Run;

/// How long one event may take to reach everyone.
const PATIENCE: Duration = Duration::from_secs(40);

/// Median of the milliseconds until so many clients have one event.
///
/// # Errors
/// If the function does not start, or does not reach each client once.
pub fn time(
    function: &Function,
    run: &Run,
    connections: usize,
    latency: Duration,
    times: usize,
) -> Result<f64> {
    let settings = Settings {
        connections,
        latency,
        ..Settings::default()
    };
    let mut running = Running::start(function, run, None, settings)?;
    // The first event opens the connections to the API.
    broadcast(&mut running, connections, run)?;
    let took: Result<Vec<f64>> = (0..times)
        .map(|_| broadcast(&mut running, connections, run))
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
    run: &Run,
    connections: usize,
    certificate: Option<Arc<Certificate>>,
) -> Result<Pace> {
    let mut running = pinned(function, run, connections / 10, certificate)?;
    broadcast(&mut running, connections / 10, run)?;
    let before = running.usage().seconds;
    let took = broadcast(&mut running, connections, run)?;
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
pub fn growth(function: &Function, run: &Run) -> Result<Growth> {
    let mut running = pinned(function, run, 1_000, None)?;
    broadcast(&mut running, 1_000, run)?;
    let memory_of_few = running.usage().megabytes;
    let some: Result<Vec<f64>> = (0..3)
        .map(|_| broadcast(&mut running, 10_000, run))
        .collect();
    let many = broadcast(&mut running, 100_000, run)?;
    Ok(Growth {
        memory_of_few,
        memory_of_many: running.usage().megabytes,
        time: many / median(&some?),
    })
}

fn pinned(
    function: &Function,
    run: &Run,
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
    Running::start(function, run, cores.map(|(function, _)| function), settings)
}

/// Milliseconds until everyone has one more event.
fn broadcast(running: &mut Running, connections: usize, run: &Run) -> Result<f64> {
    running.cloud().set_connections(connections);
    let done = running.invoke(vec![events::notification()], run.patience(PATIENCE))?;
    if !running.cloud().each_client_once() {
        return Err(failed(format!(
            "not each of {connections} clients got the event once"
        )));
    }
    Ok(done
        .first()
        .map_or(f64::NAN, |done| milliseconds(done.took)))
}
