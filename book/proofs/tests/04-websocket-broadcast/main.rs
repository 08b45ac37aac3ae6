//! Proofs of the chapter `04-websocket-broadcast`: what its text says of broken versions, and its solutions.
#![expect(
    clippy::unwrap_used,
    reason = "a test says \"this must hold\" with unwrap"
)]

mod after;
mod naive;
