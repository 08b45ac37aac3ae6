//! Properties that hold for every header and every body.

use proptest::prelude::*;

use crate::sign::{self, NOW, SIGNING_SECRET, STRIPE_SECRET};
use step_05_waf_cloudfront::signature::{Scheme, SignatureError, SignatureHeaders};

const BODY: &[u8] = b"{}";

fn verify(headers: &SignatureHeaders, body: &[u8], now: i64) -> Result<Scheme, SignatureError> {
    let verifier = sign::config(&[]).unwrap().verifier;
    verifier.verify(headers, body, now)
}

fn stripe(header: &str) -> SignatureHeaders {
    SignatureHeaders {
        stripe: Some(header.to_owned()),
        generic: None,
    }
}

fn generic(header: &str) -> SignatureHeaders {
    SignatureHeaders {
        stripe: None,
        generic: Some(header.to_owned()),
    }
}

/// Items that a receiver has to skip: neither a time nor a usable `v1`.
fn noise() -> impl Strategy<Value = String> {
    prop_oneof![
        Just(String::new()),
        "[a-z]{1,8}",
        "(v0|v2|a|T)=[0-9a-f]{0,64}",
        "v1=[0-9a-f]{0,63}",
        "v1=[g-z]{64}",
        "v1=[0-9a-f]{64}",
    ]
}

proptest! {
    /// Whatever anybody sends, the answer is a verdict and not a panic, and
    /// without the secret it is never a good one.
    #[test]
    fn no_text_is_a_signature_by_chance(header in any::<String>(), now in any::<i64>()) {
        prop_assert!(verify(&stripe(&header), BODY, now).is_err());
        prop_assert!(verify(&generic(&header), BODY, now).is_err());
    }

    /// As before, with text that comes closer to the real form.
    #[test]
    fn no_header_in_the_right_form_is_a_signature_by_chance(
        header in "((t|v1|v0)=[-+0-9a-f.é]{0,66}[, =]?){0,5}",
        now in any::<i64>(),
    ) {
        prop_assert!(verify(&stripe(&header), BODY, now).is_err());
    }

    /// Every arrangement of a good time and a good signature is accepted.
    #[test]
    fn the_order_of_items_means_nothing(
        body in any::<Vec<u8>>(),
        age in -300..=300_i64,
        upper_case in any::<bool>(),
        mut items in prop::collection::vec(noise(), 0..6),
        places in any::<(prop::sample::Index, prop::sample::Index)>(),
        separator in "[ \t]{0,2},[ \t]{0,2}",
    ) {
        let time = NOW - age;
        let mut v1 = sign::stripe_v1(STRIPE_SECRET, time, &body);
        if upper_case {
            v1 = v1.to_uppercase();
        }
        items.insert(places.0.index(items.len() + 1), format!("t={time}"));
        items.insert(places.1.index(items.len() + 1), format!("v1={v1}"));
        let header = items.join(&separator);
        prop_assert_eq!(verify(&stripe(&header), &body, NOW), Ok(Scheme::Stripe), "{}", header);
    }

    #[test]
    fn a_changed_byte_is_noticed(
        mut body in prop::collection::vec(any::<u8>(), 1..200),
        place in any::<prop::sample::Index>(),
        change in 1..=u8::MAX,
    ) {
        let stripe = stripe(&sign::stripe(STRIPE_SECRET, NOW, &body));
        let generic = generic(&sign::generic(SIGNING_SECRET, &body));
        let place = place.index(body.len());
        body[place] ^= change;
        let mismatch = |scheme| Err(SignatureError::Mismatch(scheme));
        prop_assert_eq!(verify(&stripe, &body, NOW), mismatch(Scheme::Stripe));
        prop_assert_eq!(verify(&generic, &body, NOW), mismatch(Scheme::Generic));
    }

    #[test]
    fn a_changed_digit_is_noticed(place in 0..64_usize, change in 1..16_u32) {
        let digest = sign::generic(SIGNING_SECRET, BODY);
        let changed: String = digest
            .char_indices()
            .map(|(at, digit)| {
                let change = if at == place { change } else { 0 };
                char::from_digit(digit.to_digit(16).unwrap() ^ change, 16).unwrap()
            })
            .collect();
        let mismatch = Err(SignatureError::Mismatch(Scheme::Generic));
        prop_assert_eq!(verify(&generic(&changed), BODY, NOW), mismatch);
    }

    /// The signed time is judged by its distance from now, without overflow.
    #[test]
    fn the_tolerance_holds_on_both_sides(time in 1..=i64::MAX, now in any::<i64>()) {
        let header = sign::stripe(STRIPE_SECRET, time, BODY);
        let apart = i128::from(now) - i128::from(time);
        let seconds = u64::try_from(apart.unsigned_abs()).unwrap();
        let expected = match apart {
            -300..=300 => Ok(Scheme::Stripe),
            301.. => Err(SignatureError::TooOld(seconds)),
            _ => Err(SignatureError::TooFarAhead(seconds)),
        };
        prop_assert_eq!(verify(&stripe(&header), BODY, now), expected);
    }

    /// The same, close to the limits, where chance alone would not look.
    #[test]
    fn the_tolerance_is_300_seconds(age in -310..=310_i64) {
        let header = sign::stripe(STRIPE_SECRET, NOW - age, BODY);
        let accepted = verify(&stripe(&header), BODY, NOW).is_ok();
        prop_assert_eq!(accepted, age.abs() <= 300);
    }
}
