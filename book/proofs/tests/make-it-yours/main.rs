//! Proofs of the chapter `make-it-yours`: what its text says of broken versions, and its solutions.
//!
//! `signature` is the module of `final` with two schemes more; Stripe's and the generic one
//! are the files of `final` themselves.
#![expect(
    clippy::unwrap_used,
    reason = "a test says \"this must hold\" with unwrap"
)]

use payments::{headers, secret};

mod doors;
mod providers;
mod routes;
mod settings;
mod signature;
