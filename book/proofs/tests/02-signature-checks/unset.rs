//! A secret that is not set, and a verifier that does not mind.

use step_02_signature_checks::signature::{Scheme, SignatureError};

use crate::signer::{NOW, by_stripe, config, hex_hmac, stripe};

/// Verifies with whatever the environment has.
pub fn verify_with_setting(setting: Option<&str>, digest: &str, body: &[u8]) -> bool {
    let secret = setting.unwrap_or_default();
    hex_hmac(secret, &[body]) == digest
}

const FORGED: &[u8] = br#"{"id":"evt_forged","type":"payment_intent.succeeded"}"#;

#[test]
fn hmac_takes_an_empty_key_so_an_unset_secret_is_a_key_that_everybody_knows() {
    // Everybody can write this line: there is nothing in it to know.
    let digest = hex_hmac("", &[FORGED]);
    assert!(verify_with_setting(None, &digest, FORGED));
    assert!(verify_with_setting(Some(""), &digest, FORGED));
}

#[test]
fn the_step_refuses_what_is_signed_with_the_empty_key_when_no_secret_is_set() {
    let tolerance = ("STRIPE_TOLERANCE_SECONDS", "300");
    for unset in ["", "none", "NONE\n"] {
        let variables = [tolerance, ("STRIPE_ENDPOINT_SECRET", unset)];
        let verifier = config(&variables).unwrap().verifier;
        for guess in ["", unset, unset.trim()] {
            let header = stripe(guess, NOW, FORGED);
            let refusal = verifier.verify(&by_stripe(&header), FORGED, NOW);
            let expected = Err(SignatureError::NotConfigured(Scheme::Stripe));
            assert_eq!(refusal, expected, "{unset:?}, {guess:?}");
        }
    }
}

#[test]
fn a_slip_in_the_setting_stops_the_function_and_makes_no_key() {
    for slip in [" ", "\n", ",", "whsec_a,", "whsec_", "whsec_a,none"] {
        let variables = [
            ("STRIPE_TOLERANCE_SECONDS", "300"),
            ("STRIPE_ENDPOINT_SECRET", slip),
        ];
        assert!(config(&variables).is_err(), "{slip:?}");
    }
}
