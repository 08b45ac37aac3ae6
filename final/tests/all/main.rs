//! The tests of this step, one module for each thing that is tested.
#![expect(
    clippy::unwrap_used,
    reason = "a test says \"this must hold\" with unwrap"
)]

mod body;
mod config;
mod event;
mod event_type;
mod headers;
mod logs;
mod metrics;
mod publish;
mod sandboxed;
mod sign;
mod signature;
mod stage;
mod stage_log;
mod stage_publish;
mod start;
mod telemetry;
mod vectors;
mod webhook;
