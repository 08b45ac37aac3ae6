//! Errors as the SNS API tells them.

use std::fmt;

use http::StatusCode;

/// Who is to blame for an error, in the words of the Query protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blame {
    /// The request was wrong.
    Sender,
    /// The service failed.
    Receiver,
}

/// An error answer of the SNS API. Codes and statuses: Amazon SNS API
/// Reference, "Common Errors" and the errors of `Publish` and `PublishBatch`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SnsError {
    /// Error code, e.g. `NotFound`.
    pub code: &'static str,
    /// HTTP status.
    pub status: StatusCode,
    /// Message.
    pub message: String,
}

impl fmt::Display for SnsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.message)
    }
}

impl std::error::Error for SnsError {}

impl SnsError {
    fn new(code: &'static str, status: StatusCode, message: impl Into<String>) -> Self {
        Self {
            code,
            status,
            message: message.into(),
        }
    }

    /// A 400 with this code.
    pub(super) fn bad_request(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(code, StatusCode::BAD_REQUEST, message)
    }

    /// `InvalidParameter`; `what` follows its fixed beginning.
    pub(super) fn invalid(what: impl fmt::Display) -> Self {
        Self::bad_request("InvalidParameter", format!("Invalid parameter: {what}"))
    }

    /// A required member of the request is missing.
    pub(super) fn missing(member: impl fmt::Display) -> Self {
        let message = format!(
            "1 validation error detected: Value null at '{member}' failed to satisfy constraint: \
             Member must not be null"
        );
        Self::bad_request("ValidationError", message)
    }

    pub(super) fn topic_not_found() -> Self {
        Self::new("NotFound", StatusCode::NOT_FOUND, "Topic does not exist")
    }

    pub(super) fn not_authorized(action: &str, arn: &str) -> Self {
        let message = format!(
            "User is not authorized to perform: SNS:{action} on resource: {arn} because no \
             resource-based policy allows the SNS:{action} action"
        );
        Self::new("AuthorizationError", StatusCode::FORBIDDEN, message)
    }

    pub(super) fn internal() -> Self {
        let message = "We encountered an internal error. Please try again.";
        Self::new("InternalError", StatusCode::INTERNAL_SERVER_ERROR, message)
    }

    /// Who is to blame.
    #[must_use]
    pub fn blame(&self) -> Blame {
        if self.status.is_server_error() {
            Blame::Receiver
        } else {
            Blame::Sender
        }
    }
}
