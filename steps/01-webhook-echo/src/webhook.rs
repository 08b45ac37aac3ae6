//! `POST /webhook`: answers with what it received.

use aws_lambda_events::apigw::{ApiGatewayProxyRequest, ApiGatewayProxyResponse};
use lambda_runtime::{Error, LambdaEvent};
use serde::Serialize;

use crate::refusal::Refusal;
use crate::{answer, body, headers};

/// The answer to a request that could be read.
///
/// Of all headers only the content type is given back: others may hold
/// signatures or tokens, and whatever is echoed ends up in somebody's log.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Echo {
    method: String,
    path: Option<String>,
    content_type: Option<String>,
    /// The size of the body as it was sent, in bytes.
    body_bytes: usize,
    body: String,
}

/// Handles one request. A request that cannot be accepted is an `Ok` too, with
/// a 4xx status: the caller is told what is wrong.
///
/// # Errors
///
/// Only if the answer cannot be written as JSON, which no request can cause.
/// API Gateway turns a function's error into its own 502, which tells nothing.
pub async fn handle(
    event: LambdaEvent<ApiGatewayProxyRequest>,
) -> Result<ApiGatewayProxyResponse, Error> {
    match echo(&event.payload) {
        Ok(echo) => answer::json(200, &echo),
        Err(refusal) => {
            refusal.log();
            answer::refuse(&refusal)
        }
    }
}

fn echo(request: &ApiGatewayProxyRequest) -> Result<Echo, Refusal> {
    let bytes = body::decode(request)?;
    let event = body::parse(&bytes)?;

    // The size, not the body: log lines live longer than anyone plans for.
    tracing::info!(bytes = bytes.len(), "received");

    Ok(Echo {
        method: request.http_method.to_string(),
        path: request.path.clone(),
        content_type: headers::value(request, "content-type"),
        body_bytes: bytes.len(),
        body: event.text.to_owned(),
    })
}
