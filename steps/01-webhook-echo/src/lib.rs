//! The payment webhook, as a library: everything but the start of the process,
//! so that tests can call it without Lambda and without a network.

pub mod answer;
pub mod body;
pub mod headers;
pub mod refusal;
pub mod webhook;
