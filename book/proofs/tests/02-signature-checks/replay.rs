//! What a signature does not say: that this is the first time.

use step_02_signature_checks::signature::Scheme;

use crate::signer::{
    NOW, SIGNING_SECRET, STRIPE_SECRET, by_hmac, by_stripe, hex_hmac, stripe, verifier,
};

const BODY: &[u8] = br#"{"id":"evt_1"}"#;

#[test]
fn within_the_tolerance_a_capture_is_accepted_as_often_as_it_is_sent() {
    let header = stripe(STRIPE_SECRET, NOW, BODY);
    for seconds_later in 0..=300 {
        let now = NOW + seconds_later;
        let judged = verifier().verify(&by_stripe(&header), BODY, now);
        assert_eq!(judged, Ok(Scheme::Stripe));
    }
    let too_late = verifier().verify(&by_stripe(&header), BODY, NOW + 301);
    assert!(too_late.is_err());
}

#[test]
fn without_a_time_a_capture_is_accepted_for_ever() {
    let header = hex_hmac(SIGNING_SECRET, &[BODY]);
    let ten_years_later = NOW + 10 * 31_536_000;
    let judged = verifier().verify(&by_hmac(&header), BODY, ten_years_later);
    assert_eq!(judged, Ok(Scheme::Generic));
}

#[test]
fn a_retry_of_stripe_is_signed_anew_and_passes_days_later() {
    let three_days_later = NOW + 3 * 86_400;
    let retry = stripe(STRIPE_SECRET, three_days_later, BODY);
    let judged = verifier().verify(&by_stripe(&retry), BODY, three_days_later + 2);
    assert_eq!(judged, Ok(Scheme::Stripe));
}
