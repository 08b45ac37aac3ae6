//! The cloud on loopback: runs a SAM template with the real Lambda binaries,
//! without Docker and without an account.

#![warn(missing_docs)]

pub mod aws;
pub mod clock;
pub mod console;
pub mod faults;
pub mod lambda;
pub mod rest;
pub mod sns;
pub mod sqs;
pub mod template;
pub mod trail;
