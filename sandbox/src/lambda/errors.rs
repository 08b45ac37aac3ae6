//! The error objects that Lambda makes when a function cannot answer.

use std::time::Duration;

use bytes::Bytes;
use serde::Serialize;

use super::SYNCHRONOUS_LIMIT;

#[derive(Serialize)]
struct ErrorObject<'a> {
    #[serde(rename = "errorType")]
    error_type: &'a str,
    #[serde(rename = "errorMessage")]
    error_message: String,
}

fn object(error_type: &str, error_message: String) -> Bytes {
    let text = serde_json::to_vec(&ErrorObject {
        error_type,
        error_message,
    });
    // Two strings always serialise.
    text.unwrap_or_default().into()
}

/// The process ended before it answered.
pub fn exited(request_id: &str, how: &str) -> Bytes {
    object(
        "Runtime.ExitError",
        format!("RequestId: {request_id} Error: {how}"),
    )
}

/// The binary could not be started.
pub fn not_startable(request_id: &str, why: &std::io::Error) -> Bytes {
    object(
        "Runtime.InvalidEntrypoint",
        format!("RequestId: {request_id} Error: {why}"),
    )
}

/// The function's timeout passed. `when` is the time in RFC 3339.
pub fn timed_out(request_id: &str, when: &str, timeout: Duration) -> Bytes {
    let seconds = timeout.as_secs_f64();
    object(
        "Sandbox.Timedout",
        format!("{when} {request_id} Task timed out after {seconds:.2} seconds"),
    )
}

/// The response is larger than Lambda passes on.
pub fn response_too_large() -> Bytes {
    object(
        "Function.ResponseSizeTooLarge",
        format!(
            "Response payload size exceeded maximum allowed payload size ({SYNCHRONOUS_LIMIT} bytes)."
        ),
    )
}
