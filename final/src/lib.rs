//! The payment webhook, as a library: everything but the start of the process,
//! so that tests can call it without Lambda and without a network.

pub mod answer;
pub mod aws;
pub mod body;
pub mod clock;
pub mod config;
pub mod event_type;
pub mod headers;
pub mod metrics;
pub mod publish;
pub mod refusal;
pub mod secret;
pub mod signature;
pub mod telemetry;
pub mod webhook;
