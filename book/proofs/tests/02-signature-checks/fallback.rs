//! One request, one scheme; one scheme, one secret.

use step_02_signature_checks::secret::Secret;
use step_02_signature_checks::signature::{Scheme, SignatureError, SignatureHeaders, Verifier};

use crate::signer::{
    NOW, SIGNING_SECRET, STRIPE_SECRET, by_hmac, by_stripe, config, hex_hmac, stripe, verifier,
};

/// Tries every header until one fits.
pub fn verify_any(verifier: &Verifier, headers: &SignatureHeaders, body: &[u8], now: i64) -> bool {
    let one = |stripe: &Option<String>, generic: &Option<String>| SignatureHeaders {
        stripe: stripe.clone(),
        generic: generic.clone(),
    };
    let by_stripe = one(&headers.stripe, &None);
    let by_hmac = one(&None, &headers.generic);
    verifier.verify(&by_stripe, body, now).is_ok() || verifier.verify(&by_hmac, body, now).is_ok()
}

#[test]
fn who_falls_back_takes_a_stale_event_of_stripe_with_a_signature_of_somebody_else() {
    let body = br#"{"id":"evt_1"}"#;
    let headers = SignatureHeaders {
        stripe: Some(stripe(STRIPE_SECRET, NOW - 86_400, body)),
        generic: Some(hex_hmac(SIGNING_SECRET, &[body])),
    };
    assert!(verify_any(&verifier(), &headers, body, NOW));

    let judged = verifier().verify(&headers, body, NOW);
    assert_eq!(judged, Err(SignatureError::TooOld(86_400)));
}

#[test]
fn under_one_secret_a_partners_signature_passes_as_stripes() {
    let shared = Secret::parse_list("whsec_shared").unwrap();
    let careless = Verifier {
        stripe_secrets: shared.clone(),
        generic_secrets: shared,
        tolerance_seconds: 300,
    };

    // What the stranger got somebody to sign by the generic scheme: a text, no event.
    let text = format!("{NOW}.{{\"id\":\"evt_forged\"}}");
    let digest = hex_hmac("whsec_shared", &[text.as_bytes()]);
    let plain = careless.verify(&by_hmac(&digest), text.as_bytes(), NOW);
    assert_eq!(plain, Ok(Scheme::Generic));

    // Cut at the full stop it is a payment of Stripe's.
    let (_, body) = text.split_once('.').unwrap();
    let header = format!("t={NOW},v1={digest}");
    let crossed = careless.verify(&by_stripe(&header), body.as_bytes(), NOW);
    assert_eq!(crossed, Ok(Scheme::Stripe));
}

#[test]
fn the_step_does_not_start_with_one_secret_for_both() {
    for (stripe, generic) in [
        ("whsec_shared", "whsec_shared"),
        ("whsec_a,whsec_shared", "whsec_shared,b"),
        ("whsec_shared\n", "whsec_shared"),
    ] {
        let variables = [
            ("STRIPE_ENDPOINT_SECRET", stripe),
            ("SIGNING_SECRET", generic),
            ("STRIPE_TOLERANCE_SECONDS", "300"),
        ];
        let said = config(&variables).unwrap_err().to_string();
        assert!(said.contains("share a secret"), "{said}");
        assert!(!said.contains("whsec_"), "{said}");
    }
}

#[test]
fn during_a_rotation_either_secret_passes_on_either_side() {
    let variables = [
        ("STRIPE_ENDPOINT_SECRET", "whsec_new,whsec_old"),
        ("STRIPE_TOLERANCE_SECONDS", "300"),
    ];
    let both = config(&variables).unwrap().verifier;
    let body = br#"{"id":"evt_1"}"#;
    let v1 = |secret| {
        let header = stripe(secret, NOW, body);
        header.split_once(',').unwrap().1.to_owned()
    };
    let (new, old, other) = (v1("whsec_new"), v1("whsec_old"), v1("whsec_other"));
    for (header, fits) in [
        (format!("t={NOW},{old}"), true),
        (format!("t={NOW},{new}"), true),
        (format!("t={NOW},{other},{new}"), true),
        (format!("t={NOW},{other}"), false),
        // A good digest under another key proves nothing.
        (
            format!("t={NOW},v0{}", new.strip_prefix("v1").unwrap()),
            false,
        ),
    ] {
        let judged = both.verify(&by_stripe(&header), body, NOW);
        assert_eq!(judged.is_ok(), fits, "{header}");
    }
}
