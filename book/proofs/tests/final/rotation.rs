//! A secret is replaced, and nobody is refused meanwhile.

use std::env::VarError;

use hmac::{Hmac, KeyInit, Mac};
use payments::config::Config;
use payments::signature::SignatureHeaders;
use sha2::Sha256;

const NOW: i64 = 1_700_000_000;
const BODY: &[u8] = b"{\"id\":\"evt_1\"}";
const OLD: &str = "whsec_old";
const NEW: &str = "whsec_new";

/// Whether the service with this setting accepts what the provider signs with
/// these secrets: one `v1` for each, as Stripe does while both are valid there.
fn accepted(setting: &str, signed_with: &[&str]) -> bool {
    let config = Config::from_variables(|name| match name {
        "STRIPE_ENDPOINT_SECRET" => Ok(setting.to_owned()),
        "STRIPE_TOLERANCE_SECONDS" => Ok("300".to_owned()),
        "SIGNING_SECRET" => Ok("none".to_owned()),
        "TOPIC_ARN" => Ok("arn:aws:sns:us-east-1:123456789012:payments".to_owned()),
        _ => Err(VarError::NotPresent),
    });
    let mut header = format!("t={NOW}");
    for secret in signed_with {
        let mut hmac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
        hmac.update(format!("{NOW}.").as_bytes());
        hmac.update(BODY);
        header += &format!(",v1={}", hex::encode(hmac.finalize().into_bytes()));
    }
    let headers = SignatureHeaders {
        stripe: Some(header),
        generic: None,
    };
    let verifier = config.unwrap().verifier;
    verifier.verify(&headers, BODY, NOW).is_ok()
}

/// Stripe gives the new secret and goes on signing with the old one as well;
/// then we take both, the old one ends there, and ends here.
const ROTATION: [(&str, &[&str]); 5] = [
    ("whsec_old", &[OLD]),
    ("whsec_old", &[NEW, OLD]),
    ("whsec_new,whsec_old", &[NEW, OLD]),
    ("whsec_new,whsec_old", &[NEW]),
    ("whsec_new", &[NEW]),
];

#[test]
fn at_no_step_of_the_rotation_is_an_event_refused() {
    for (setting, signed_with) in ROTATION {
        assert!(accepted(setting, signed_with), "{setting} {signed_with:?}");
    }
}

/// What happens if the two ends are changed in one go, whoever is first.
#[test]
fn one_secret_at_a_time_refuses_somebody() {
    assert!(!accepted("whsec_new", &[OLD]));
    assert!(!accepted("whsec_old", &[NEW]));
}

/// A step left out is a gap as well: the old one ended at the provider before
/// the new one was here.
#[test]
fn the_second_step_cannot_be_left_out() {
    let (before, _) = ROTATION[1];
    let (_, after) = ROTATION[3];
    assert!(!accepted(before, after));
}

/// A provider that signs with one secret at a time: first both here, then the
/// change there.
#[test]
fn a_provider_without_an_overlap_needs_ours() {
    let steps: [(&str, &[&str]); 4] = [
        ("whsec_old", &[OLD]),
        ("whsec_new,whsec_old", &[OLD]),
        ("whsec_new,whsec_old", &[NEW]),
        ("whsec_new", &[NEW]),
    ];
    for (setting, signed_with) in steps {
        assert!(accepted(setting, signed_with), "{setting} {signed_with:?}");
    }
}
