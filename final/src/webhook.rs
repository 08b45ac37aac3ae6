//! `POST /webhook`: accepts signed events and passes them on.

use std::time::Instant;

use aws_lambda_events::apigw::{ApiGatewayProxyRequest, ApiGatewayProxyResponse};
use futures_util::future::join;
use lambda_runtime::{Error, LambdaEvent};
use serde::Serialize;
use serde_json::Value;

use crate::clock::Clock;
use crate::event_type::event_type;
use crate::metrics::{self, count, milliseconds};
use crate::publish::{MAX_BYTES, Message, PublishEvent};
use crate::refusal::Refusal;
use crate::rotation::RotatingVerifier;
use crate::signature::SignatureHeaders;
use crate::store::{ReadVersions, SecretsManager};
use crate::{answer, body, headers};

/// What the handler needs beside the request.
#[derive(Debug)]
pub struct Deps<P, S = SecretsManager> {
    /// Decides who is trusted.
    pub verifier: RotatingVerifier<S>,
    /// Takes the events that were accepted.
    pub publisher: P,
    /// Tells the time by which signatures are judged.
    pub clock: Clock,
    /// Takes the metrics.
    pub metrics: metrics::Sink,
}

/// The answer to an event that was accepted and passed on.
#[derive(Debug, Serialize)]
struct Received {
    received: bool,
    /// The event's own `id`, if it has one.
    id: Option<String>,
}

/// Handles one request. A request that cannot be accepted is an `Ok` too, with
/// a status from 400 on: the caller is told what is wrong.
///
/// # Errors
///
/// Only if the answer cannot be written as JSON, which no request can cause.
/// API Gateway turns a function's error into its own 502, which tells nothing.
pub async fn handle(
    event: LambdaEvent<ApiGatewayProxyRequest>,
    deps: &Deps<impl PublishEvent, impl ReadVersions>,
) -> Result<ApiGatewayProxyResponse, Error> {
    let started = Instant::now();
    // While SNS takes the event there is time to look after the secrets.
    let fresh = deps.verifier.keep_fresh((deps.clock)());
    let (received, ()) = join(receive(&event.payload, deps), fresh).await;
    let answer = match received {
        Ok(received) => answer::json(200, &received),
        Err(refusal) => {
            refusal.log();
            answer::refuse(&refusal)
        }
    }?;

    let status = answer.status_code;
    let mut metrics = vec![
        count("Accepted", status == 200),
        count("RejectedSignatures", status == 401),
        count("RejectedRequests", status == 400 || status == 413),
        count("PublishFailures", status == 500),
        milliseconds("ProcessingMilliseconds", started.elapsed().as_millis()),
    ];
    // Each metric is billed: where nothing is read, nothing is counted.
    let failed_reads = deps.verifier.failed_reads();
    metrics.extend(failed_reads.map(|failed| count("SecretReadFailures", failed)));
    (deps.metrics)(&metrics::line(&event.context, (deps.clock)(), &metrics));
    Ok(answer)
}

/// The order matters: the signature covers the bytes that were sent, so they
/// are decoded first, and nothing looks into them before they are trusted. The
/// sender hears "received" only when SNS has the event.
async fn receive(
    request: &ApiGatewayProxyRequest,
    deps: &Deps<impl PublishEvent, impl ReadVersions>,
) -> Result<Received, Refusal> {
    let bytes = body::decode(request)?;
    let signature = SignatureHeaders::of(request);
    let scheme = deps
        .verifier
        .verify(&signature, &bytes, (deps.clock)())
        .await?;
    let event = body::parse(&bytes)?;
    let id = event.fields.get("id").and_then(Value::as_str);

    let named = headers::value(request, "x-event-type");
    let message = Message {
        body: event.text,
        event_type: event_type(scheme, named.as_deref(), &event.fields),
    };
    if message.bytes() > MAX_BYTES {
        return Err(Refusal::TooLarge);
    }
    let message_id = deps.publisher.publish(&message).await?;

    // The size, not the body: log lines live longer than anyone plans for.
    tracing::info!(%scheme, id, message_id, bytes = bytes.len(), "published");

    Ok(Received {
        received: true,
        id: id.map(str::to_owned),
    })
}
