//! Settings and signatures for the other tests.

use std::env::VarError;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use payments::config::{Config, ConfigError};

/// The time in these tests, in seconds since 1970.
pub const NOW: i64 = 1_700_000_000;
pub const STRIPE_SECRET: &str = "whsec_test_secret";
pub const SIGNING_SECRET: &str = "It's a Secret to Everybody";
pub const SECRETS_ARN: &str =
    "arn:aws:secretsmanager:us-east-1:123456789012:secret:payments/webhook-a1b2c3";
pub const TOPIC_ARN: &str = "arn:aws:sns:us-east-1:123456789012:payments";

/// The settings of the function in these tests.
pub const VARIABLES: [(&str, &str); 4] = [
    ("STRIPE_ENDPOINT_SECRET", STRIPE_SECRET),
    ("STRIPE_TOLERANCE_SECONDS", "300"),
    ("SIGNING_SECRET", SIGNING_SECRET),
    ("TOPIC_ARN", TOPIC_ARN),
];

/// Reads the settings above with some of them replaced, or taken away with
/// `None`.
pub fn config(changes: &[(&str, Option<&str>)]) -> Result<Config, ConfigError> {
    Config::from_variables(|name| {
        let changed = changes.iter().find(|(changed, _)| *changed == name);
        let usual = VARIABLES.iter().find(|(usual, _)| *usual == name);
        match changed {
            Some((_, value)) => *value,
            None => usual.map(|(_, value)| *value),
        }
        .map(str::to_owned)
        .ok_or(VarError::NotPresent)
    })
}

/// The hex HMAC-SHA256 of the body.
pub fn generic(secret: &str, body: &[u8]) -> String {
    let mut hmac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    hmac.update(body);
    hex::encode(hmac.finalize().into_bytes())
}

/// One `v1` of Stripe's scheme.
pub fn stripe_v1(secret: &str, time: i64, body: &[u8]) -> String {
    generic(secret, &[time.to_string().as_bytes(), b".", body].concat())
}

/// A whole `Stripe-Signature` header.
pub fn stripe(secret: &str, time: i64, body: &[u8]) -> String {
    format!("t={time},v1={}", stripe_v1(secret, time, body))
}
