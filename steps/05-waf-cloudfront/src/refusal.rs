//! Why a request was not accepted, and with which status.

use crate::publish::PublishError;
use crate::signature::SignatureError;

/// Every way to be turned away. The message is what the caller gets to read;
/// the source, if there is one, is for the log alone.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    #[error("the body is not valid base64")]
    NotBase64,
    #[error("the signature is missing or not valid")]
    Signature(#[from] SignatureError),
    #[error("the body is empty")]
    EmptyBody,
    #[error("the body is not a JSON object")]
    NotJson,
    #[error("the event is too large to be passed on")]
    TooLarge,
    #[error("the event could not be passed on; send it again later")]
    Publish(#[from] PublishError),
}

impl Refusal {
    /// The HTTP status of the answer.
    pub fn status(&self) -> i64 {
        match self {
            Refusal::NotBase64 | Refusal::EmptyBody | Refusal::NotJson => 400,
            Refusal::Signature(_) => 401,
            Refusal::TooLarge => 413,
            // From 500 on, a provider sends the event again: nothing is lost.
            Refusal::Publish(_) => 500,
        }
    }

    /// Writes the reason to the log, without anything of the request itself.
    pub fn log(&self) {
        let status = self.status();
        match self {
            Refusal::Signature(error) => {
                tracing::warn!(status, reason = error.kind(), "refused: {error}");
            }
            Refusal::Publish(error) => tracing::error!(status, "not published: {error}"),
            _ => tracing::warn!(status, "refused: {self}"),
        }
    }
}
