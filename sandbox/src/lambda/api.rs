//! Lambda's Invoke API: `POST /2015-03-31/functions/{name}/invocations`.

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};

use super::{Functions, Lambda, NotQueued, Outcome};
use crate::aws::{ACCOUNT, REGION};
use crate::trail::TrailContext;

/// The function that a path of the Invoke API names.
pub(crate) fn invoked(path: &str) -> Option<String> {
    let rest = path.strip_prefix("/2015-03-31/functions/")?;
    let name = rest.strip_suffix("/invocations")?;
    Some(percent_decode_str(name).decode_utf8_lossy().into_owned())
}

impl Lambda {
    /// Answers a request of the Invoke API. `name` is the function's name, its
    /// ARN or a part of that, or as a convenience its logical id.
    pub(crate) async fn answer(
        &self,
        name: &str,
        request: Request<Bytes>,
        context: &TrailContext,
    ) -> Response<Bytes> {
        if request.method() != Method::POST {
            let message = "invocations are made with POST";
            return refuse(StatusCode::METHOD_NOT_ALLOWED, "InvalidRequest", message);
        }
        let kind = request.headers().get("x-amz-invocation-type");
        let kind = kind.map_or("RequestResponse", |kind| kind.to_str().unwrap_or_default());
        let kind = kind.to_owned();
        // No payload is an empty object to the function.
        let payload = match request.into_body() {
            body if body.is_empty() => Bytes::from_static(b"{}"),
            body => body,
        };
        if let Err(error) = serde_json::from_slice::<serde::de::IgnoredAny>(&payload) {
            let message = format!("Could not parse request body into json: {error}");
            let status = StatusCode::BAD_REQUEST;
            return refuse(status, "InvalidRequestContentException", &message);
        }
        let Some(function) = self.find(name) else {
            return not_found(name);
        };
        match kind.as_str() {
            "RequestResponse" => outcome(name, self.invoke(&function, payload, context).await),
            "Event" => match self.invoke_async(&function, payload, context) {
                Ok(()) => empty(StatusCode::ACCEPTED),
                Err(NotQueued::NotFound) => not_found(name),
                Err(NotQueued::TooLarge) => too_large(super::ASYNCHRONOUS_LIMIT),
            },
            "DryRun" => empty(StatusCode::NO_CONTENT),
            other => {
                let message = format!("{other} is not an invocation type");
                let status = StatusCode::BAD_REQUEST;
                refuse(status, "InvalidParameterValueException", &message)
            }
        }
    }

    /// Logical id of the function that `name` means.
    fn find(&self, name: &str) -> Option<String> {
        let name = name.strip_suffix(":$LATEST").unwrap_or(name);
        let name = name.rsplit(':').next().unwrap_or(name);
        let pools = self.pools();
        let mut found = pools.iter().filter(|(logical_id, pool)| {
            logical_id.as_str() == name || pool.version().function.name == name
        });
        found.next().map(|(logical_id, _)| logical_id.clone())
    }
}

fn outcome(name: &str, outcome: Outcome) -> Response<Bytes> {
    match outcome {
        Outcome::Success(payload) => executed(payload),
        Outcome::FunctionError(error) => {
            let mut response = executed(error);
            let unhandled = HeaderValue::from_static("Unhandled");
            let headers = response.headers_mut();
            headers.insert("x-amz-function-error", unhandled);
            response
        }
        Outcome::Throttled(reason) => {
            let body = json!({"Reason": reason, "Type": "User", "message": "Rate Exceeded."});
            let status = StatusCode::TOO_MANY_REQUESTS;
            failed(status, "TooManyRequestsException", &body)
        }
        Outcome::RequestTooLarge => too_large(super::SYNCHRONOUS_LIMIT),
        Outcome::NotFound => not_found(name),
    }
}

fn executed(payload: Bytes) -> Response<Bytes> {
    let mut response = Response::new(payload);
    let headers = response.headers_mut();
    let json = HeaderValue::from_static("application/json");
    headers.insert(header::CONTENT_TYPE, json);
    let version = HeaderValue::from_static("$LATEST");
    headers.insert("x-amz-executed-version", version);
    response
}

fn empty(status: StatusCode) -> Response<Bytes> {
    let mut response = Response::new(Bytes::new());
    *response.status_mut() = status;
    response
}

fn not_found(name: &str) -> Response<Bytes> {
    let arn = match name.starts_with("arn:") {
        true => name.to_owned(),
        false => format!("arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}"),
    };
    let body = json!({"Type": "User", "Message": format!("Function not found: {arn}")});
    failed(StatusCode::NOT_FOUND, "ResourceNotFoundException", &body)
}

fn too_large(limit: usize) -> Response<Bytes> {
    let message =
        format!("Request must be smaller than {limit} bytes for the InvokeFunction operation");
    let status = StatusCode::PAYLOAD_TOO_LARGE;
    refuse(status, "RequestTooLargeException", &message)
}

fn refuse(status: StatusCode, error_type: &str, message: &str) -> Response<Bytes> {
    failed(
        status,
        error_type,
        &json!({"Type": "User", "message": message}),
    )
}

fn failed(status: StatusCode, error_type: &str, body: &Value) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from(body.to_string()));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    let json = HeaderValue::from_static("application/json");
    headers.insert(header::CONTENT_TYPE, json);
    if let Ok(value) = HeaderValue::from_str(error_type) {
        headers.insert("x-amzn-errortype", value);
    }
    response
}
