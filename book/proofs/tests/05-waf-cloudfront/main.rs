//! Proofs of the chapter `05-waf-cloudfront`: what its text says of broken versions, and its solutions.
//!
//! A broken version or a solution is a YAML file with nothing but what it changes in the
//! step's own `template.yaml`; [`edited`] puts it there, and the stack that results runs in
//! the sandbox with the step's programs.
#![expect(
    clippy::unwrap_used,
    reason = "a test says \"this must hold\" with unwrap"
)]

mod addresses;
mod edge;
mod edited;
mod exercises;
mod parameters;
mod paths;
mod scopes;
mod stack;
