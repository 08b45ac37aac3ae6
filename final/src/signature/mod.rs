//! Is this request from the one who knows the secret?
//!
//! Two schemes, each with secrets of its own: Stripe's, and a plain HMAC of the
//! body for everyone else.

mod generic;
mod stripe;

use std::fmt;

use aws_lambda_events::apigw::ApiGatewayProxyRequest;
use hmac::Mac;

use crate::headers;
use crate::secret::Secret;

/// A way to sign a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    /// `Stripe-Signature`: a time and signatures over time and body.
    Stripe,
    /// `X-Signature`: a signature over the body.
    Generic,
}

/// What a request brought as proof of where it comes from.
#[derive(Debug, Default)]
pub struct SignatureHeaders {
    /// `Stripe-Signature`
    pub stripe: Option<String>,
    /// `X-Signature`
    pub generic: Option<String>,
}

/// Checks signatures. Without a secret for a scheme, that scheme refuses.
#[derive(Debug, Clone)]
pub struct Verifier {
    /// For `Stripe-Signature`; any one of them may have been used.
    pub stripe_secrets: Vec<Secret>,
    /// For `X-Signature`; any one of them may have been used.
    pub generic_secrets: Vec<Secret>,
    /// How far a Stripe signature's time may be from now, either way, in seconds.
    pub tolerance_seconds: u64,
}

/// Why a request is not trusted. For the log only: the caller learns that the
/// signature is not valid and no more, since each detail would help to forge one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    #[error("there is no signature header, or it is empty")]
    MissingHeader,
    #[error("no secret is set for the {0} scheme, so it refuses everything")]
    NotConfigured(Scheme),
    #[error("the header cannot be read: {0}")]
    Malformed(&'static str),
    #[error("Stripe-Signature has no v1 signature of 64 hex digits")]
    NoV1,
    #[error("no signature fits the body under any secret of the {0} scheme")]
    Mismatch(Scheme),
    #[error("it was signed {0} seconds ago, which is more than the tolerance")]
    TooOld(u64),
    #[error("it was signed {0} seconds in the future, which is more than the tolerance")]
    TooFarAhead(u64),
}

impl SignatureHeaders {
    /// Picks the signature headers out of a request.
    pub fn of(request: &ApiGatewayProxyRequest) -> Self {
        SignatureHeaders {
            stripe: headers::value(request, "stripe-signature"),
            generic: headers::value(request, "x-signature"),
        }
    }
}

impl Verifier {
    /// Whether any scheme has a secret.
    pub fn has_secrets(&self) -> bool {
        !self.stripe_secrets.is_empty() || !self.generic_secrets.is_empty()
    }

    /// Whether a secret belongs to both schemes: then a signature made for one
    /// could pass as one for the other.
    pub fn shares_a_secret(&self) -> bool {
        let mut stripe_secrets = self.stripe_secrets.iter();
        stripe_secrets.any(|secret| self.generic_secrets.contains(secret))
    }

    /// Checks that `body`, to the byte, was signed. `now` is the time in whole
    /// seconds since 1970.
    ///
    /// A Stripe header is judged as such and as nothing else: if it does not
    /// fit, a good `X-Signature` beside it is of no help.
    ///
    /// # Errors
    ///
    /// A [`SignatureError`] with the reason why the request is not trusted.
    pub fn verify(
        &self,
        headers: &SignatureHeaders,
        body: &[u8],
        now: i64,
    ) -> Result<Scheme, SignatureError> {
        if let Some(header) = &headers.stripe {
            stripe::verify(
                header,
                body,
                &self.stripe_secrets,
                self.tolerance_seconds,
                now,
            )?;
            Ok(Scheme::Stripe)
        } else if let Some(header) = &headers.generic {
            generic::verify(header, body, &self.generic_secrets)?;
            Ok(Scheme::Generic)
        } else {
            Err(SignatureError::MissingHeader)
        }
    }
}

impl SignatureError {
    /// A short name for the reason, the same for every request, to count by.
    pub fn kind(&self) -> &'static str {
        match self {
            SignatureError::MissingHeader => "missing_header",
            SignatureError::NotConfigured(_) => "not_configured",
            SignatureError::Malformed(_) => "malformed",
            SignatureError::NoV1 => "no_v1",
            SignatureError::Mismatch(_) => "mismatch",
            SignatureError::TooOld(_) => "too_old",
            SignatureError::TooFarAhead(_) => "too_far_ahead",
        }
    }
}

impl fmt::Display for Scheme {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Scheme::Stripe => "stripe",
            Scheme::Generic => "generic",
        })
    }
}

/// The 32 bytes of an HMAC-SHA256.
type Digest = [u8; 32];

/// Reads a digest written as exactly 64 hex digits, in either case.
fn parse_digest(text: &str) -> Option<Digest> {
    let mut digest = Digest::default();
    hex::decode_to_slice(text, &mut digest).ok()?;
    Some(digest)
}

/// Does one of the digests belong to the text made of `parts`, under one of the
/// secrets?
///
/// Every pair is compared, each in constant time, so that the time taken tells
/// nothing about how close a guess came or which secret it was for.
fn any_fits(digests: &[Digest], parts: &[&[u8]], secrets: &[Secret]) -> bool {
    let mut fits = false;
    for secret in secrets {
        let mut hmac = secret.hmac();
        for part in parts {
            hmac.update(part);
        }
        for digest in digests {
            fits |= hmac.clone().verify_slice(digest).is_ok();
        }
    }
    fits
}
