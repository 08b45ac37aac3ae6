//! The AWS JSON 1.0 and 1.1 protocols: one POST for every operation, which
//! `X-Amz-Target` names.

use bytes::Bytes;
use http::{HeaderValue, Request, Response, StatusCode, header};
use serde_json::{Value, json};
use uuid::Uuid;

/// Media type of version 1.0 of the protocol.
pub(crate) const JSON_1_0: &str = "application/x-amz-json-1.0";
/// Media type of version 1.1.
pub(crate) const JSON_1_1: &str = "application/x-amz-json-1.1";

/// Service and operation that a request names, e.g. `DynamoDB_20120810` and
/// `PutItem`.
pub(crate) fn target(request: &Request<Bytes>) -> Option<(&str, &str)> {
    let target = request.headers().get("x-amz-target")?;
    target.to_str().ok()?.split_once('.')
}

/// The body of an error that has a message.
pub(crate) fn error(error_type: &str, message: &str) -> String {
    json!({"__type": error_type, "message": message}).to_string()
}

/// A response with what every answer of these services carries.
pub(crate) fn respond(status: u16, media_type: &'static str, body: String) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from(body));
    *response.status_mut() =
        StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    if let Ok(id) = HeaderValue::from_str(&Uuid::new_v4().to_string()) {
        headers.insert("x-amzn-requestid", id);
    }
    response
}

/// The text of a member of a request.
pub(crate) fn text<'v>(input: &'v Value, member: &str) -> Option<&'v str> {
    input.get(member)?.as_str()
}
