//! Lambda with real processes: each fact about it that the sandbox keeps, and
//! every way in which a function can misbehave.

#![expect(
    clippy::unwrap_used,
    reason = "a test says with it that something must hold"
)]

mod asynchronous;
mod lifecycle;
mod misbehaviour;
mod runtime_api;
mod support;
