//! The REST front over real sockets, with functions that follow a script.

#![expect(
    clippy::unwrap_used,
    reason = "clippy excepts test functions, but not the helpers they share"
)]

mod binary;
mod errors;
mod events;
mod harness;
mod limits;
mod responses;
mod trails;
mod waf;
mod wire;
