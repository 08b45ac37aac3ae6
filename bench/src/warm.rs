//! One function after the other: how it starts, and what an event takes.

use std::time::Duration;

use bytes::Bytes;

use crate::cloud::Settings;
use crate::error::{Result, failed};
use crate::events;
use crate::figures::{count, median, milliseconds, percentile};
use crate::process::{Function, Running};
use crate::run::Run;

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

/// Measures all of them in turns; last the floor, which publishes nothing.
///
/// # Errors
/// If one does not start, or does not accept and publish a webhook.
pub fn measure(functions: &[&Function], floor: &Function, run: &Run) -> Result<Vec<Warm>> {
    let published = functions.iter().map(|function| (*function, 1));
    let all: Vec<(&Function, usize)> = published.chain([(floor, 0)]).collect();

    let mut starts = vec![(Vec::new(), Vec::new()); all.len()];
    // The first process of each finds its program on the disk, not in memory.
    for turn in 0..=STARTS {
        for (one, (polls, events)) in all.iter().zip(&mut starts) {
            let mut subject = Subject::start(*one, run)?;
            let took = subject.invoke(1, run)?;
            if turn > 0 {
                polls.push(milliseconds(subject.running.first_poll));
                events.extend(took);
            }
        }
    }

    let subjects: Result<Vec<Subject>> = all.iter().map(|one| Subject::start(*one, run)).collect();
    let mut subjects = subjects?;
    let mut turns = vec![(Vec::new(), Vec::new()); all.len()];
    for subject in &mut subjects {
        subject.invoke(WARM_UP, run)?;
    }
    for _ in 0..TURNS {
        for (subject, (took, seconds)) in subjects.iter_mut().zip(&mut turns) {
            let before = subject.running.usage().seconds;
            took.extend(subject.invoke(EVENTS, run)?);
            let used = subject.running.usage().seconds.zip(before);
            seconds.extend(used.map(|(after, before)| after - before));
        }
    }
    let measured = subjects.iter().zip(starts).zip(turns);
    Ok(measured
        .map(|((subject, (polls, events)), (took, seconds))| Warm {
            first_poll: median(&polls),
            first_event: median(&events),
            p50: median(&took),
            p99: percentile(&took, 0.99),
            // Ticks of the system's clock are long, so all turns together.
            processor: (!seconds.is_empty())
                .then(|| seconds.iter().sum::<f64>() * 1000.0 / count(TURNS * EVENTS)),
            memory: subject.running.usage().megabytes,
        })
        .collect())
}

/// A function that runs, and how many messages it is to publish for an event.
struct Subject {
    running: Running,
    published: usize,
}

impl Subject {
    fn start((function, published): (&Function, usize), run: &Run) -> Result<Self> {
        let running = Running::start(function, run, None, Settings::default())?;
        Ok(Self { running, published })
    }

    /// Milliseconds of each event.
    fn invoke(&mut self, times: usize, run: &Run) -> Result<Vec<f64>> {
        let event: Bytes = events::webhook();
        let done = self
            .running
            .invoke(vec![event; times], run.patience(PATIENCE))?;
        if let Some(bad) = done.iter().find(|done| !accepted(&done.answer)) {
            let answer = String::from_utf8_lossy(&bad.answer);
            return Err(failed(format!("a webhook was not accepted: {answer}")));
        }
        match self.running.cloud().published() {
            published if published == times * self.published => {
                Ok(done.iter().map(|done| milliseconds(done.took)).collect())
            }
            published => Err(failed(format!(
                "of {times} webhooks {published} were published"
            ))),
        }
    }
}

fn accepted(answer: &[u8]) -> bool {
    let answer: serde_json::Value = serde_json::from_slice(answer).unwrap_or_default();
    answer["statusCode"] == 200
}
