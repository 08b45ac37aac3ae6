//! What goes wrong when the text that is verified is not the text that was sent.

use serde_json::Value;
use step_02_signature_checks::body;

use crate::signer::{NOW, PAYMENT, STRIPE_SECRET, by_hmac, by_stripe, hex_hmac, stripe, verifier};

/// Verifies the body of a framework that has parsed it already.
pub fn verify_parsed(secret: &str, time: i64, digest: &str, event: &Value) -> bool {
    let body = event.to_string();
    let time = time.to_string();
    hex_hmac(secret, &[time.as_bytes(), b".", body.as_bytes()]) == digest
}

/// The digest of a `Stripe-Signature` with one `v1`.
fn digest_of(header: &str) -> &str {
    header.split_once("v1=").unwrap().1
}

#[test]
fn a_real_event_fails_once_it_was_parsed_and_written_again() {
    let header = stripe(STRIPE_SECRET, NOW, PAYMENT.as_bytes());
    let event: Value = serde_json::from_str(PAYMENT).unwrap();
    assert!(!verify_parsed(
        STRIPE_SECRET,
        NOW,
        digest_of(&header),
        &event
    ));

    let judged = verifier().verify(&by_stripe(&header), PAYMENT.as_bytes(), NOW);
    assert!(judged.is_ok());
}

#[test]
fn what_is_lost_is_more_than_blanks() {
    let sent = [
        r#"{"id":"evt_1","amount":2e3}"#,
        r#"{"id":"evt_1","name":"Zo\u00eb"}"#,
        r#"{"id":"evt_1","id":"evt_2"}"#,
    ];
    for text in sent {
        let event: Value = serde_json::from_str(text).unwrap();
        let written = event.to_string();
        assert_ne!(written, text);
    }
}

/// The partner's side of a scheme that "solves" this: both sides sign the JSON as their
/// library writes it.
pub fn sign_canonical(secret: &str, body: &[u8]) -> Option<String> {
    let event: Value = serde_json::from_slice(body).ok()?;
    Some(hex_hmac(secret, &[event.to_string().as_bytes()]))
}

/// Our side of it.
pub fn verify_canonical(secret: &str, digest: &str, body: &[u8]) -> bool {
    sign_canonical(secret, body).is_some_and(|expected| expected == digest)
}

/// A reader further down that takes the first `amount` it meets. Many JSON readers take
/// the last of two equal names, some the first, and some refuse.
fn first_amount(body: &[u8]) -> u64 {
    let text = std::str::from_utf8(body).unwrap();
    let (_, rest) = text.split_once("\"amount\":").unwrap();
    let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().unwrap()
}

const SECRET: &str = "partner-secret";
const CAPTURED: &[u8] = br#"{"id":"evt_1","amount":20}"#;
const FORGED: &[u8] = br#"{"id":"evt_1","amount":200000,"amount":20}"#;

#[test]
fn who_verifies_what_it_wrote_itself_lets_a_stranger_choose_the_amount() {
    let captured = sign_canonical(SECRET, CAPTURED).unwrap();
    assert!(verify_canonical(SECRET, &captured, CAPTURED));

    // The stranger has no secret: one captured request, and a text editor.
    assert!(verify_canonical(SECRET, &captured, FORGED));
    assert_eq!(first_amount(FORGED), 200_000);
}

#[test]
fn who_verifies_what_it_wrote_itself_lets_the_body_be_padded_at_will() {
    let captured = sign_canonical(SECRET, CAPTURED).unwrap();
    let mut padded = vec![b' '; 300_000];
    padded.extend_from_slice(CAPTURED);
    assert!(verify_canonical(SECRET, &captured, &padded));
}

#[test]
fn the_step_refuses_a_second_name_and_a_single_blank() {
    let digest = hex_hmac(crate::signer::SIGNING_SECRET, &[CAPTURED]);
    let judge = |body: &[u8]| verifier().verify(&by_hmac(&digest), body, NOW);
    assert!(judge(CAPTURED).is_ok());
    assert!(judge(FORGED).is_err());
    assert!(judge(&[CAPTURED, b" "].concat()).is_err());
}

/// Verifies text where bytes came in.
pub fn verify_text(secret: &str, digest: &str, body: &[u8]) -> bool {
    let text = String::from_utf8_lossy(body);
    hex_hmac(secret, &[text.as_bytes()]) == digest
}

#[test]
fn who_verifies_repaired_text_accepts_bytes_that_nobody_signed() {
    let signed = "{\"name\":\"\u{fffd}\"}".as_bytes();
    let delivered = b"{\"name\":\"\xff\"}";
    let digest = hex_hmac(crate::signer::SIGNING_SECRET, &[signed]);
    assert!(verify_text(
        crate::signer::SIGNING_SECRET,
        &digest,
        delivered
    ));

    let judge = |body: &[u8]| verifier().verify(&by_hmac(&digest), body, NOW);
    assert!(judge(signed).is_ok());
    assert!(judge(delivered).is_err());
    assert!(body::parse(delivered).is_err());
}
