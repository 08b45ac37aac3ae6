//! Signs webhook bodies as a provider does.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// Lower-case hex of the HMAC-SHA256 of `parts`, one after the other.
fn hmac_hex(secret: &str, parts: &[&[u8]]) -> String {
    // HMAC takes a key of any length (RFC 2104), so this never fails.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else {
        return String::new();
    };
    for part in parts {
        mac.update(part);
    }
    hex::encode(mac.finalize().into_bytes())
}

/// Value of `Stripe-Signature` for `body` signed at `time` (Unix seconds). The
/// key is the whole secret with its `whsec_` (Stripe, "Verify webhook
/// signatures manually").
#[must_use]
pub fn stripe(secret: &str, time: i64, body: &[u8]) -> String {
    let digest = hmac_hex(secret, &[time.to_string().as_bytes(), b".", body]);
    format!("t={time},v1={digest}")
}

/// Value of `X-Signature` for `body`: the HMAC of the body alone, as hex.
#[must_use]
pub fn generic(secret: &str, body: &[u8]) -> String {
    hmac_hex(secret, &[body])
}

/// `body` changed as a forger would: its last digit counts one up. A body
/// without a digit gets a space. JSON stays JSON.
#[must_use]
pub fn tampered(mut body: Vec<u8>) -> Vec<u8> {
    match body.iter().rposition(u8::is_ascii_digit) {
        Some(at) if body[at] == b'9' => body[at] = b'8',
        Some(at) => body[at] += 1,
        None => body.push(b' '),
    }
    body
}

#[cfg(test)]
mod tests {
    use super::*;

    /// facts/stripe.md 1: check value.
    #[test]
    fn fact_stripe_1_v1_check_value() {
        assert_eq!(
            stripe("whsec_test_secret", 1_700_000_000, br#"{"test":"ok"}"#),
            "t=1700000000,v1=c4d0df048d8895c537db6510aa126b27961dee5c9316db779772291588530005"
        );
    }

    /// facts/stripe.md 8: check values (GitHub's example, RFC 4231 case 2).
    #[test]
    fn fact_stripe_8_generic_check_values() {
        assert_eq!(
            generic("It's a Secret to Everybody", b"Hello, World!"),
            "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
        );
        assert_eq!(
            generic("Jefe", b"what do ya want for nothing?"),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        );
    }

    #[test]
    fn a_tampered_body_differs_and_stays_json() {
        for body in [
            r#"{"amount":2000}"#,
            r#"{"a":9,"b":""}"#,
            r#"{"a":"b"}"#,
            "19",
        ] {
            let changed = tampered(body.as_bytes().to_vec());
            assert_ne!(changed, body.as_bytes());
            assert!(serde_json::from_slice::<serde_json::Value>(&changed).is_ok());
        }
    }
}
