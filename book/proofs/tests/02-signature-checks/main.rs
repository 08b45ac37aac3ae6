//! Proofs of the chapter `02-signature-checks`: what its text says of broken versions, and its solutions.
#![expect(
    clippy::unwrap_used,
    reason = "a test says \"this must hold\" with unwrap"
)]

mod comparison;
mod exercise_fits;
mod exercise_mode;
mod exercise_weak;
mod fallback;
mod order;
mod printed;
mod replay;
mod serialized;
mod signer;
mod times;
mod unset;
mod usual_test;
