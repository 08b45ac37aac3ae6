//! The WebSocket front over real sockets, with functions that follow a script.

#![expect(
    clippy::unwrap_used,
    reason = "clippy excepts test functions, but not the helpers they share"
)]

mod authorizer;
mod disconnect;
mod events;
mod handshake;
mod harness;
mod limits;
mod manage;
mod messages;
mod sandboxed;
mod trails;
