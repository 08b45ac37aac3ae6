//! The tests of this step, one module for each thing that is tested.
#![expect(
    clippy::unwrap_used,
    reason = "a test says \"this must hold\" with unwrap"
)]

mod body;
mod broadcast;
mod broadcaster;
mod config;
mod connections;
mod event;
mod event_type;
mod failures;
mod fakes;
mod headers;
mod job;
mod listener;
mod logs;
mod lost;
mod metrics;
mod post;
mod publish;
mod rotation;
mod sandboxed;
mod sign;
mod signature;
mod stage;
mod stage_broadcast;
mod stage_edge;
mod stage_log;
mod stage_publish;
mod stage_secrets;
mod stage_switches;
mod start;
mod store;
mod table;
mod telemetry;
mod vectors;
mod webhook;
mod wire;
