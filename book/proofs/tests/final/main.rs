//! Proofs of the chapter `final`: what its text says of broken versions, and its solutions.
#![expect(
    clippy::unwrap_used,
    reason = "a test says \"this must hold\" with unwrap"
)]

mod alarms;
mod exercise_seen;
mod exercise_silence;
mod leaks;
mod lines;
mod metric_lines;
mod no_time;
mod request;
mod rotation;
