//! What a sender does, and the step's own verifier to send to.

use std::env::VarError;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use step_02_signature_checks::config::{Config, ConfigError};
use step_02_signature_checks::signature::{SignatureHeaders, Verifier};

pub const NOW: i64 = 1_700_000_000;
pub const STRIPE_SECRET: &str = "whsec_test_secret";
pub const SIGNING_SECRET: &str = "It's a Secret to Everybody";

/// A body as Stripe sends it: two blanks for each level.
pub const PAYMENT: &str = include_str!(
    "../../../../steps/02-signature-checks/tests/events/payment_intent.succeeded.json"
);

/// The hex HMAC-SHA256 of the parts, one after the other.
pub fn hex_hmac(secret: &str, parts: &[&[u8]]) -> String {
    let mut hmac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    for part in parts {
        hmac.update(part);
    }
    hex::encode(hmac.finalize().into_bytes())
}

/// A `Stripe-Signature` for the body.
pub fn stripe(secret: &str, time: i64, body: &[u8]) -> String {
    let time_text = time.to_string();
    let digest = hex_hmac(secret, &[time_text.as_bytes(), b".", body]);
    format!("t={time},v1={digest}")
}

/// The step's settings, read from these variables alone.
pub fn config(variables: &[(&str, &str)]) -> Result<Config, ConfigError> {
    Config::from_variables(|name| {
        let found = variables.iter().find(|(known, _)| *known == name);
        let value = found.map(|(_, value)| (*value).to_owned());
        value.ok_or(VarError::NotPresent)
    })
}

/// The step's verifier with both secrets.
pub fn verifier() -> Verifier {
    let variables = [
        ("STRIPE_ENDPOINT_SECRET", STRIPE_SECRET),
        ("SIGNING_SECRET", SIGNING_SECRET),
        ("STRIPE_TOLERANCE_SECONDS", "300"),
    ];
    config(&variables).unwrap().verifier
}

/// A request that brings a Stripe header and no other.
pub fn by_stripe(header: &str) -> SignatureHeaders {
    SignatureHeaders {
        stripe: Some(header.to_owned()),
        generic: None,
    }
}

/// A request that brings an `X-Signature` and no other.
pub fn by_hmac(header: &str) -> SignatureHeaders {
    SignatureHeaders {
        stripe: None,
        generic: Some(header.to_owned()),
    }
}
