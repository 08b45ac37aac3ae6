//! The cloud on loopback: runs a SAM template with the real Lambda binaries,
//! without Docker and without an account.

#![warn(missing_docs)]

pub mod addresses;
pub mod aws;
mod aws_json;
mod bucket;
pub mod clock;
pub mod cloudfront;
pub mod console;
mod current;
pub mod dynamodb;
pub mod faults;
mod http1;
pub mod lambda;
mod loopback;
mod redact;
pub mod rest;
mod running;
pub mod secrets;
pub mod sns;
pub mod sqs;
pub mod template;
pub mod trail;
pub mod waf;
pub mod websocket;

pub use http1::{VIEWER_HEADER, VIEWER_PROTOCOL_HEADER};
pub use running::{Error, Options, Ports, Sandbox};
