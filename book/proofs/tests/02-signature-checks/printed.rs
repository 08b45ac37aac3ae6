//! Secrets and what prints them.

use crate::signer::{STRIPE_SECRET, verifier};

/// Settings as they are written before somebody logs them.
#[derive(Debug)]
#[expect(dead_code, reason = "printing it is all that is done with it")]
pub struct NaiveConfig {
    stripe_secret: String,
    tolerance_seconds: u64,
}

#[test]
fn who_derives_debug_prints_the_secret_with_the_rest() {
    let config = NaiveConfig {
        stripe_secret: STRIPE_SECRET.to_owned(),
        tolerance_seconds: 300,
    };
    assert!(format!("{config:?}").contains(STRIPE_SECRET));
}

#[test]
fn the_step_derives_debug_too_and_prints_no_secret() {
    let printed = format!("{:?}", verifier());
    assert_eq!(
        printed,
        "Verifier { stripe_secrets: [Secret(hidden)], generic_secrets: [Secret(hidden)], \
         tolerance_seconds: 300 }"
    );
}
