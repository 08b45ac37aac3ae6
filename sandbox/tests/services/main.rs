//! The services that functions call beside SNS, against facts/aws.md: each test
//! names its fact.

#![expect(
    clippy::unwrap_used,
    reason = "clippy.toml lets tests unwrap; the helpers of these tests are tests, too"
)]

mod dynamodb;
mod keyboard;
mod secrets;
mod sqs;
mod support;
