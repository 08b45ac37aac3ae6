//! What API Gateway answers itself (API Gateway Developer Guide, "Gateway
//! response types"). Spaces in the bodies are as AWS sends them.

use crate::http1::reply::Reply;
use crate::rest::identity::RequestIds;
use crate::template::model::CustomResponse;

/// A gateway response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The function failed or did not answer as an integration must.
    BadIntegration,
    /// Lambda did not take the event, or the body could not be converted.
    Internal,
    /// The function took longer than the integration may.
    TimedOut,
    /// No such path, or no such method on it.
    MissingAuthenticationToken,
    /// No such stage, or WAF does not let the request in.
    Forbidden,
    /// The event exceeds what Lambda takes.
    TooLong,
    /// The stage's rate is exceeded.
    Throttled,
}

impl Kind {
    /// Status, `x-amzn-ErrorType` and body.
    fn response(self) -> (u16, &'static str, &'static str) {
        const INTERNAL: &str = "InternalServerErrorException";
        const SERVER_ERROR: &str = r#"{"message": "Internal server error"}"#;
        match self {
            Self::BadIntegration => (502, INTERNAL, SERVER_ERROR),
            Self::Internal => (500, INTERNAL, SERVER_ERROR),
            Self::TimedOut => (
                504,
                INTERNAL,
                r#"{"message": "Endpoint request timed out"}"#,
            ),
            Self::MissingAuthenticationToken => (
                403,
                "MissingAuthenticationTokenException",
                r#"{"message":"Missing Authentication Token"}"#,
            ),
            Self::Forbidden => (403, "ForbiddenException", r#"{"message":"Forbidden"}"#),
            Self::TooLong => (
                413,
                "BadRequestException",
                r#"{"message": "Request Too Long"}"#,
            ),
            Self::Throttled => (
                429,
                "TooManyRequestsException",
                r#"{"message":"Too Many Requests"}"#,
            ),
        }
    }
}

/// A gateway response, and for the trail why it was given. The client never
/// learns the reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct GatewayError {
    pub(crate) kind: Kind,
    pub(crate) reason: String,
    /// WAF's own answer, which beats the gateway response.
    custom: Option<Reply>,
}

impl GatewayError {
    pub(crate) fn new(kind: Kind, reason: impl Into<String>) -> Self {
        Self {
            kind,
            reason: reason.into(),
            custom: None,
        }
    }

    /// The error for a request that WAF blocks, and what WAF answers if its rule
    /// says so.
    pub(crate) fn filtered(response: Option<CustomResponse>, reason: String) -> Self {
        let custom = response.map(CustomResponse::reply);
        Self {
            custom,
            ..Self::new(Kind::Forbidden, reason)
        }
    }

    pub(crate) fn reply(&self, ids: &RequestIds) -> Reply {
        let (status, error_type, body) = self.kind.response();
        let mut reply = self
            .custom
            .clone()
            .unwrap_or_else(|| Reply::new(status, "application/json", body.as_bytes()));
        reply.header("x-amzn-RequestId", &ids.request);
        if self.custom.is_none() {
            reply.header("x-amzn-ErrorType", error_type);
        }
        reply.header("x-amz-apigw-id", &ids.extended);
        reply
    }
}
