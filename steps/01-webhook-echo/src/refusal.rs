//! Why a request was not accepted, and with which status.

/// Every way to be turned away. The message is what the caller gets to read.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    #[error("the body is not valid base64")]
    NotBase64,
    #[error("the body is empty")]
    EmptyBody,
    #[error("the body is not a JSON object")]
    NotJson,
}

impl Refusal {
    /// The HTTP status of the answer.
    pub fn status(&self) -> i64 {
        match self {
            Refusal::NotBase64 | Refusal::EmptyBody | Refusal::NotJson => 400,
        }
    }

    /// Writes the reason to the log, without anything of the request itself.
    pub fn log(&self) {
        tracing::warn!(status = self.status(), "refused: {self}");
    }
}
