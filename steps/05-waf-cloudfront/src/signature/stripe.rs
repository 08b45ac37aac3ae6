//! Stripe's scheme: `Stripe-Signature: t=1700000000,v1=c4d0df04…`
//!
//! `t` is the time of signing, and each `v1` is the hex HMAC-SHA256 of that
//! time, a full stop and the body. There are several while a secret is being
//! replaced. See docs.stripe.com/webhooks/signature.

use super::{Digest, Scheme, SignatureError, any_fits, parse_digest};
use crate::secret::Secret;

/// Checks the value of a `Stripe-Signature` header.
pub(super) fn verify(
    header: &str,
    body: &[u8],
    secrets: &[Secret],
    tolerance_seconds: u64,
    now: i64,
) -> Result<(), SignatureError> {
    if header.trim_matches(BLANKS).is_empty() {
        return Err(SignatureError::MissingHeader);
    }
    if secrets.is_empty() {
        return Err(SignatureError::NotConfigured(Scheme::Stripe));
    }
    let signed = Signed::parse(header)?;

    let parts = [signed.time_text.as_bytes(), b".", body];
    if !any_fits(&signed.digests, &parts, secrets) {
        return Err(SignatureError::Mismatch(Scheme::Stripe));
    }

    let seconds_apart = now.abs_diff(signed.time);
    if seconds_apart <= tolerance_seconds {
        Ok(())
    } else if signed.time < now {
        Err(SignatureError::TooOld(seconds_apart))
    } else {
        Err(SignatureError::TooFarAhead(seconds_apart))
    }
}

/// What may stand around an item of the list: proxies that join headers add it.
const BLANKS: [char; 2] = [' ', '\t'];

/// What the header says.
struct Signed<'a> {
    /// The time as it was written, since that is what was signed.
    time_text: &'a str,
    /// The same time as a number: whole seconds since 1970.
    time: i64,
    digests: Vec<Digest>,
}

impl<'a> Signed<'a> {
    /// Reads `key=value` items with commas between, in any order. Keys other
    /// than `t` and `v1` are skipped: a good digest under `v0` proves nothing.
    /// So are items that are no signature at all.
    fn parse(header: &'a str) -> Result<Self, SignatureError> {
        let mut times = Vec::new();
        let mut digests = Vec::new();
        for item in header.split(',') {
            match item.trim_matches(BLANKS).split_once('=') {
                Some(("t", value)) => times.push(value),
                Some(("v1", value)) => digests.extend(parse_digest(value)),
                _ => {}
            }
        }

        // With two times one could be hashed and the other judged.
        let [time_text] = times[..] else {
            return Err(SignatureError::Malformed(
                "Stripe-Signature needs exactly one time",
            ));
        };
        let Some(time) = parse_time(time_text) else {
            return Err(SignatureError::Malformed(
                "the time in Stripe-Signature is not a plain number",
            ));
        };
        if digests.is_empty() {
            return Err(SignatureError::NoV1);
        }
        Ok(Signed {
            time_text,
            time,
            digests,
        })
    }
}

/// Reads a time that can be written in one way only: digits, no leading zero.
/// Rust's own parser would also take a plus sign.
fn parse_time(text: &str) -> Option<i64> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit()) && !text.starts_with('0');
    if plain { text.parse().ok() } else { None }
}
