//! From the event's `body` to the bytes that were sent, and to the JSON in them.

use aws_lambda_events::apigw::ApiGatewayProxyRequest;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};

use crate::refusal::Refusal;

/// A body that holds one JSON object.
#[derive(Debug)]
pub struct Event<'a> {
    /// The body as it was received, to the byte.
    pub text: &'a str,
    /// What the text says. Kept loose on purpose: providers add fields and
    /// event types without asking.
    pub fields: Map<String, Value>,
}

/// The bytes that the sender sent; none if there was no body.
///
/// API Gateway hands the body over as text. It encodes it as base64, and says
/// so, when the content type is one of the API's binary media types.
///
/// # Errors
///
/// [`Refusal::NotBase64`] if the event says base64 and the body is not.
pub fn decode(request: &ApiGatewayProxyRequest) -> Result<Vec<u8>, Refusal> {
    let body = request.body.as_deref().unwrap_or_default();
    if request.is_base64_encoded {
        STANDARD.decode(body).map_err(|_| Refusal::NotBase64)
    } else {
        Ok(body.as_bytes().to_vec())
    }
}

/// Reads the bytes as one JSON object.
///
/// Other JSON (a list, a number, `null`) is refused as well: an event has named
/// fields, and whoever receives it later may count on that.
///
/// # Errors
///
/// [`Refusal::EmptyBody`] if there is nothing, [`Refusal::NotJson`] if there is
/// something else than a JSON object in UTF-8.
pub fn parse(bytes: &[u8]) -> Result<Event<'_>, Refusal> {
    if bytes.is_empty() {
        return Err(Refusal::EmptyBody);
    }
    let text = std::str::from_utf8(bytes).map_err(|_| Refusal::NotJson)?;
    let fields = serde_json::from_str(text).map_err(|_| Refusal::NotJson)?;
    Ok(Event { text, fields })
}
