//! The generic scheme: `X-Signature` is the hex HMAC-SHA256 of the body.
//!
//! No time is signed, so a captured request can be sent again for ever. Whoever
//! acts on an event has to look at its id.

use super::{Scheme, SignatureError, any_fits, parse_digest};
use crate::secret::Secret;

/// Checks the value of an `X-Signature` header.
pub(super) fn verify(header: &str, body: &[u8], secrets: &[Secret]) -> Result<(), SignatureError> {
    let header = header.trim_matches([' ', '\t']);
    if header.is_empty() {
        return Err(SignatureError::MissingHeader);
    }
    if secrets.is_empty() {
        return Err(SignatureError::NotConfigured(Scheme::Generic));
    }
    let Some(digest) = parse_digest(header) else {
        return Err(SignatureError::Malformed(
            "X-Signature is not 64 hex digits",
        ));
    };

    if any_fits(&[digest], &[body], secrets) {
        Ok(())
    } else {
        Err(SignatureError::Mismatch(Scheme::Generic))
    }
}
