//! `POST /webhook`: accepts signed events and no others.

use aws_lambda_events::apigw::{ApiGatewayProxyRequest, ApiGatewayProxyResponse};
use lambda_runtime::{Error, LambdaEvent};
use serde::Serialize;
use serde_json::Value;

use crate::clock::Clock;
use crate::refusal::Refusal;
use crate::signature::{SignatureHeaders, Verifier};
use crate::{answer, body};

/// What the handler needs beside the request.
#[derive(Debug)]
pub struct Deps {
    /// Decides who is trusted.
    pub verifier: Verifier,
    /// Tells the time by which signatures are judged.
    pub clock: Clock,
}

/// The answer to an event that was accepted.
#[derive(Debug, Serialize)]
struct Received {
    received: bool,
    /// The event's own `id`, if it has one.
    id: Option<String>,
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
    deps: &Deps,
) -> Result<ApiGatewayProxyResponse, Error> {
    match receive(&event.payload, deps) {
        Ok(received) => answer::json(200, &received),
        Err(refusal) => {
            refusal.log();
            answer::refuse(&refusal)
        }
    }
}

/// The order matters: the signature covers the bytes that were sent, so they
/// are decoded first, and nothing looks into them before they are trusted.
fn receive(request: &ApiGatewayProxyRequest, deps: &Deps) -> Result<Received, Refusal> {
    let bytes = body::decode(request)?;
    let signature = SignatureHeaders::of(request);
    let scheme = deps.verifier.verify(&signature, &bytes, (deps.clock)())?;
    let event = body::parse(&bytes)?;
    let id = event.fields.get("id").and_then(Value::as_str);

    // The size, not the body: log lines live longer than anyone plans for.
    tracing::info!(%scheme, id, bytes = bytes.len(), "received");

    Ok(Received {
        received: true,
        id: id.map(str::to_owned),
    })
}
