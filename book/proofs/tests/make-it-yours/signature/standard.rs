//! Standard Webhooks: `webhook-signature: v1,` and the base64 of the HMAC-SHA256 of
//! `webhook-id`, `webhook-timestamp` and the body, with full stops between.
//!
//! See github.com/standard-webhooks/standard-webhooks, spec/standard-webhooks.md.

use std::fmt;

use aws_lambda_events::apigw::ApiGatewayProxyRequest;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit};
use sha2::Sha256;

use super::{Digest, Scheme, SignatureError, any_key_fits};
use crate::headers;

/// A key of 24 to 64 bytes. It cannot be printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Key(Vec<u8>);

/// Why a setting is no key. Never says what it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is not `whsec_` and the base64 of 24 to 64 bytes")]
pub struct BadKey;

impl Key {
    /// Reads a setting: secrets with commas between, or nothing, or `none`.
    ///
    /// # Errors
    ///
    /// [`BadKey`] for everything else; an empty key is no key.
    pub fn parse_list(setting: &str) -> Result<Vec<Self>, BadKey> {
        let list = setting.trim();
        if setting.is_empty() || list.eq_ignore_ascii_case("none") {
            return Ok(Vec::new());
        }
        list.split(',').map(Key::parse).collect()
    }

    /// Reads a secret as senders show it. Unlike Stripe's, what follows the prefix is
    /// decoded: the key is bytes.
    fn parse(secret: &str) -> Result<Self, BadKey> {
        let encoded = secret.trim().strip_prefix("whsec_").ok_or(BadKey)?;
        let bytes = STANDARD.decode(encoded).map_err(|_| BadKey)?;
        match bytes.len() {
            24..=64 => Ok(Key(bytes)),
            _ => Err(BadKey),
        }
    }

    fn hmac(&self) -> Hmac<Sha256> {
        Hmac::new_from_slice(&self.0).expect("HMAC takes a key of any length")
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Key(hidden)")
    }
}

/// The three headers, as they came.
#[derive(Debug)]
pub struct Signed {
    pub id: String,
    pub time: String,
    pub signatures: String,
}

impl Signed {
    /// Picks the headers out of a request; nothing if there is no signature.
    pub fn of(request: &ApiGatewayProxyRequest) -> Option<Self> {
        let value = |name| headers::value(request, name);
        Some(Signed {
            signatures: value("webhook-signature")?,
            id: value("webhook-id").unwrap_or_default(),
            time: value("webhook-timestamp").unwrap_or_default(),
        })
    }

    pub(super) fn verify(
        &self,
        body: &[u8],
        keys: &[Key],
        tolerance_seconds: u64,
        now: i64,
    ) -> Result<(), SignatureError> {
        if keys.is_empty() {
            return Err(SignatureError::NotConfigured(Scheme::Standard));
        }
        // With a full stop in it, one signed text could be cut in two ways.
        if self.id.is_empty() || self.id.contains('.') {
            return Err(SignatureError::Malformed(
                "webhook-id is empty or has a full stop",
            ));
        }
        let Some(time) = parse_time(&self.time) else {
            return Err(SignatureError::Malformed(
                "webhook-timestamp is not a plain number",
            ));
        };
        let digests: Vec<Digest> = self.signatures.split(' ').filter_map(parse_v1).collect();
        if digests.is_empty() {
            return Err(SignatureError::NoV1);
        }

        let parts = [self.id.as_bytes(), b".", self.time.as_bytes(), b".", body];
        if !any_key_fits(&digests, &parts, keys.iter().map(Key::hmac)) {
            return Err(SignatureError::Mismatch(Scheme::Standard));
        }

        let seconds_apart = now.abs_diff(time);
        if seconds_apart <= tolerance_seconds {
            Ok(())
        } else if time < now {
            Err(SignatureError::TooOld(seconds_apart))
        } else {
            Err(SignatureError::TooFarAhead(seconds_apart))
        }
    }
}

/// Reads one signature of the list; `v1a` and whatever else there may be is skipped.
fn parse_v1(item: &str) -> Option<Digest> {
    let encoded = item.strip_prefix("v1,")?;
    STANDARD.decode(encoded).ok()?.try_into().ok()
}

/// Reads a time that can be written in one way only.
fn parse_time(text: &str) -> Option<i64> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit()) && !text.starts_with('0');
    if plain { text.parse().ok() } else { None }
}
