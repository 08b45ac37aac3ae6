//! The events that functions are given: those of final's own tests.

use std::time::SystemTime;

use bytes::Bytes;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;

/// What webhooks are signed with.
pub const SECRET: &str = "whsec_bench_of_this_machine_only";

/// What a webhook says.
pub const PAYMENT: &str = include_str!("../../events/payment_intent.succeeded.json");
const REST: &str = include_str!("../../final/tests/events/rest-direct.json");
const SNS: &str = include_str!("../../final/tests/events/sns.json");

/// A webhook of Stripe, signed now, as API Gateway hands it over.
pub fn webhook() -> Bytes {
    let now = SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default();
    let signature = stripe_signature(now.as_secs(), PAYMENT.as_bytes());
    let mut event: Value = serde_json::from_str(REST).unwrap_or_default();
    event["headers"]["Stripe-Signature"] = json!(signature);
    event["multiValueHeaders"]["Stripe-Signature"] = json!([signature]);
    event["body"] = json!(PAYMENT);
    event.to_string().into()
}

/// The event that SNS makes of it.
pub fn notification() -> Bytes {
    let mut event: Value = serde_json::from_str(SNS).unwrap_or_default();
    event["Records"][0]["Sns"]["Message"] = json!(PAYMENT);
    event.to_string().into()
}

/// The header `Stripe-Signature` for a body.
pub fn stripe_signature(now: u64, body: &[u8]) -> String {
    let mut signed = format!("{now}.").into_bytes();
    signed.extend_from_slice(body);
    format!("t={now},v1={}", signature(SECRET, &signed))
}

/// HMAC-SHA256 in hexadecimal, which is the header `X-Signature` too.
pub fn signature(secret: &str, body: &[u8]) -> String {
    // A key may have any length.
    let mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes());
    let digest = mac.map(|mac| mac.chain_update(body).finalize().into_bytes());
    digest.map(hex::encode).unwrap_or_default()
}
