//! GitHub's scheme: `X-Hub-Signature-256: sha256=` and the hex HMAC-SHA256 of the body.
//!
//! See docs.github.com/webhooks/using-webhooks/validating-webhook-deliveries. No time is
//! signed, and neither is the id of the delivery, which stands in a header.

use super::{Scheme, SignatureError, any_fits, parse_digest};
use crate::secret::Secret;

/// Checks the value of an `X-Hub-Signature-256` header.
pub(super) fn verify(header: &str, body: &[u8], secrets: &[Secret]) -> Result<(), SignatureError> {
    let header = header.trim_matches([' ', '\t']);
    if header.is_empty() {
        return Err(SignatureError::MissingHeader);
    }
    if secrets.is_empty() {
        return Err(SignatureError::NotConfigured(Scheme::GitHub));
    }
    let Some(digest) = header.strip_prefix("sha256=").and_then(parse_digest) else {
        return Err(SignatureError::Malformed(
            "X-Hub-Signature-256 is not sha256= and 64 hex digits",
        ));
    };

    if any_fits(&[digest], &[body], secrets) {
        Ok(())
    } else {
        Err(SignatureError::Mismatch(Scheme::GitHub))
    }
}
