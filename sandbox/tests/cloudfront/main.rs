//! The edge over real sockets, in front of a REST stage whose functions follow a
//! script; both are made of a template.

#![expect(
    clippy::unwrap_used,
    reason = "clippy excepts test functions, but not the helpers they share"
)]

mod errors;
mod events;
mod functions;
mod harness;
mod origins;
mod properties;
mod trails;
mod whole;
