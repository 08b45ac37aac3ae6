//! Proofs of the chapter `03-sns-publish`: what its text says of broken versions, and its solutions.
#![expect(
    clippy::unwrap_used,
    reason = "a test says \"this must hold\" with unwrap"
)]

mod consumer;
mod ignoring;
mod no_limit;
mod no_timeout;
mod once_more;
mod order;
#[cfg(unix)]
mod program;
mod returns_err;
mod sandboxed;
mod scheme_attribute;
mod shop;
mod too_early;
mod unchecked_type;
