//! One scenario, three targets: the sandbox, somebody else's emulator, AWS.
//!
//! `cargo test` plays it against the sandbox, for step 04 and for final, with the
//! programs that it has built beside this test. Against a stack that is deployed it
//! is played on demand:
//!
//! ```sh
//! export STACK_URLS=$(sam list stack-outputs --stack-name serverless-payment-service --output json)
//! cargo test --package workbook --test scenario -- --ignored --nocapture
//! ```
//!
//! - `STACK_URLS` holds the stack's outputs as `sam list stack-outputs --output json`
//!   and `aws cloudformation describe-stacks --query "Stacks[0].Outputs"` print them,
//!   or the path of a file with them. Webhooks go to `CloudFrontDomainName` where
//!   there is one, else to `RestApiInvokeUrl`; the clients to `WebSocketApiUrl`.
//! - `WORKBOOK_SECRET` is the stack's `SigningSecret`, `STRIPE_SECRET` its
//!   `StripeEndpointSecret`. One of them is enough; the other scheme then only has
//!   to refuse. They are never printed.
//!
//! Nobody else may send to the stack meanwhile: a message that this run did not
//! send fails it, since that is what a refused webhook would look like.

#![expect(
    clippy::unwrap_used,
    reason = "a test says \"this must hold\" with unwrap"
)]

mod client;
mod play;
mod sender;
mod target;

use target::Target;

#[tokio::test(flavor = "multi_thread")]
async fn sandbox_step_04() {
    in_the_sandbox("04").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sandbox_final() {
    in_the_sandbox("final").await;
}

#[tokio::test]
#[ignore = "needs a stack that is deployed, named by STACK_URLS"]
async fn deployed() {
    play(&Target::deployed().unwrap_or_else(|why| panic!("{why}"))).await;
}

async fn in_the_sandbox(step: &str) {
    let (sandbox, target) = target::sandbox(step).await;
    play(&target).await;
    sandbox.shutdown().await;
}

async fn play(target: &Target) {
    if let Err(why) = play::play(target).await {
        panic!("{why}");
    }
}
