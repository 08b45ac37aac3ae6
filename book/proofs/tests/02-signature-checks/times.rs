//! The time that is signed and the time that is judged.

use std::collections::HashMap;

use step_02_signature_checks::signature::SignatureError;

use crate::signer::{NOW, STRIPE_SECRET, by_stripe, hex_hmac, stripe, verifier};

const BODY: &[u8] = br#"{"id":"evt_1"}"#;

/// Reads the header twice, each time in a way of its own.
pub fn verify_two_times(secret: &str, header: &str, body: &[u8], now: i64) -> Option<()> {
    let items = || header.split(',').filter_map(|item| item.split_once('='));

    // Here the first `t` counts …
    let (_, signed_at) = items().find(|(key, _)| *key == "t")?;
    let (_, digest) = items().find(|(key, _)| *key == "v1")?;
    let fits = hex_hmac(secret, &[signed_at.as_bytes(), b".", body]) == digest;

    // … and here the last: a map keeps one value a key.
    let fields: HashMap<&str, &str> = items().collect();
    let age = now - fields.get("t")?.parse::<i64>().ok()?;

    (fits && age.abs() <= 300).then_some(())
}

#[test]
fn who_hashes_one_time_and_judges_another_accepts_a_capture_of_last_year() {
    let old = NOW - 31_536_000;
    let captured = stripe(STRIPE_SECRET, old, BODY);
    let refreshed = format!("{captured},t={NOW}");
    assert_eq!(verify_two_times(STRIPE_SECRET, &captured, BODY, NOW), None);
    assert_eq!(
        verify_two_times(STRIPE_SECRET, &refreshed, BODY, NOW),
        Some(())
    );

    let judge = |header: &str| verifier().verify(&by_stripe(header), BODY, NOW);
    assert_eq!(judge(&captured), Err(SignatureError::TooOld(31_536_000)));
    assert_eq!(
        judge(&refreshed),
        Err(SignatureError::Malformed(
            "Stripe-Signature needs exactly one time"
        ))
    );
}

/// Judges the age on one side alone.
pub fn is_fresh(signed_at: i64, now: i64) -> bool {
    now - signed_at <= 300
}

#[test]
fn who_bounds_one_side_alone_takes_a_signature_of_tomorrow_until_tomorrow() {
    let tomorrow = NOW + 86_400;
    let header = stripe(STRIPE_SECRET, tomorrow, BODY);
    for hours_later in 0..=24 {
        let now = NOW + hours_later * 3_600;
        assert!(is_fresh(tomorrow, now));
        let judged = verifier().verify(&by_stripe(&header), BODY, now);
        assert_eq!(judged.is_ok(), hours_later == 24, "{hours_later}");
    }
}

#[test]
fn a_clock_that_is_wrong_by_more_than_the_tolerance_refuses_every_event() {
    let header = stripe(STRIPE_SECRET, NOW, BODY);
    let judge = |clock| verifier().verify(&by_stripe(&header), BODY, clock);
    assert!(judge(NOW - 300).is_ok());
    assert_eq!(judge(NOW - 301), Err(SignatureError::TooFarAhead(301)));
    assert_eq!(judge(NOW + 301), Err(SignatureError::TooOld(301)));
}
