//! Proofs of the chapter `01-webhook-echo`: what its text says of broken versions, and its solutions.
#![expect(
    clippy::unwrap_used,
    reason = "a test says \"this must hold\" with unwrap"
)]

mod event;
mod exercise_health;
mod exercise_request_id;
mod exercise_type;
#[path = "../../../../steps/01-webhook-echo/tests/all/logs.rs"]
mod logs;
mod object_body;
mod own_types;
#[cfg(unix)]
mod program;
mod returns_err;
mod second_stage;
mod stack;
mod text_body;
