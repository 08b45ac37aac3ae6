//! Web ACLs from templates, asked directly.

#![expect(
    clippy::unwrap_used,
    reason = "clippy excepts test functions, but not the helpers they share"
)]

mod arbitrary;
mod rates;
mod rules;
mod sandboxed;
mod statements;
mod support;
