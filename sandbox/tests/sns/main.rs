//! SNS and its queues against facts/aws.md section 3: each test names its fact.

#![expect(
    clippy::unwrap_used,
    reason = "clippy.toml lets tests unwrap; the helpers of these tests are tests, too"
)]

mod attributes;
mod batch;
mod delivery;
mod events;
mod filters;
mod properties;
mod publish;
mod queues;
mod support;
