//! The test that everybody writes: a good signature is accepted, a bad one is refused.

use step_02_signature_checks::signature::SignatureHeaders;

use crate::comparison::compare;
use crate::fallback::verify_any;
use crate::serialized::{sign_canonical, verify_canonical, verify_text};
use crate::signer::{NOW, STRIPE_SECRET, hex_hmac, stripe, verifier};
use crate::times::verify_two_times;
use crate::unset::verify_with_setting;

const SECRET: &str = "secret";
const BODY: &[u8] = br#"{"id":"evt_1"}"#;

#[test]
fn every_verifier_that_lets_strangers_in_passes_the_test_that_everybody_writes() {
    let good = hex_hmac(SECRET, &[BODY]);
    let bad = hex_hmac("guess", &[BODY]);
    let canonical = sign_canonical(SECRET, BODY).unwrap();
    let header = |secret| stripe(secret, NOW, BODY);
    let any = |secret| {
        let headers = SignatureHeaders {
            stripe: Some(header(secret)),
            generic: None,
        };
        verify_any(&verifier(), &headers, BODY, NOW)
    };
    let two_times = |secret| verify_two_times(STRIPE_SECRET, &header(secret), BODY, NOW).is_some();

    for (name, accepts_good, accepts_bad) in [
        (
            "verify_canonical",
            verify_canonical(SECRET, &canonical, BODY),
            verify_canonical(SECRET, &bad, BODY),
        ),
        (
            "verify_text",
            verify_text(SECRET, &good, BODY),
            verify_text(SECRET, &bad, BODY),
        ),
        (
            "verify_with_setting",
            verify_with_setting(Some(SECRET), &good, BODY),
            verify_with_setting(Some(SECRET), &bad, BODY),
        ),
        (
            "verify_two_times",
            two_times(STRIPE_SECRET),
            two_times("guess"),
        ),
        ("compare", compare(&good, &good).0, compare(&good, &bad).0),
        ("verify_any", any(STRIPE_SECRET), any("guess")),
    ] {
        assert!(accepts_good && !accepts_bad, "{name}");
    }
}
