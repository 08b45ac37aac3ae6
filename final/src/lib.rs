//! The payment service, as a library: everything but the start of the
//! processes, so that tests can call it without Lambda and without a network.

pub mod answer;
pub mod audience;
pub mod aws;
pub mod body;
pub mod broadcast;
pub mod broadcaster;
pub mod clock;
pub mod config;
pub mod connections;
pub mod deadline;
pub mod event_type;
pub mod failures;
pub mod headers;
pub mod job;
pub mod metrics;
pub mod post;
pub mod publish;
pub mod refusal;
pub mod rotation;
pub mod secret;
pub mod signature;
pub mod store;
pub mod table;
pub mod telemetry;
pub mod webhook;
