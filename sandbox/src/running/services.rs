//! The services as the person at the keyboard reaches them, e.g. with
//! `aws --endpoint-url`: one listener for all.

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, header};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use tokio::net::TcpListener;
use uuid::Uuid;

use super::backends::Backends;
use crate::faults::Faults;
use crate::lambda::SYNCHRONOUS_LIMIT;
use crate::trail::{Recorder, TrailContext};
use crate::{aws_json, dynamodb, lambda, loopback, secrets, sqs};

/// Name of the listener where a resource would have its logical id.
pub(super) const NAME: &str = "AWS services";

/// Answers calls until the future is dropped, each on a trail of its own.
pub(super) async fn serve(listener: TcpListener, backends: Arc<Backends>, recorder: Recorder) {
    let answer = move |request| {
        let (backends, recorder) = (backends.clone(), recorder.clone());
        async move { answer(request, &backends, &recorder).await }
    };
    loopback::serve(listener, answer).await;
}

async fn answer(
    request: Request<Incoming>,
    backends: &Backends,
    recorder: &Recorder,
) -> Response<Full<Bytes>> {
    let (parts, body) = request.into_parts();
    let Ok(body) = Limited::new(body, SYNCHRONOUS_LIMIT).collect().await else {
        return refuse(
            413,
            "RequestEntityTooLarge",
            "the request is larger than 6 MB",
        )
        .map(Full::new);
    };
    let request = Request::from_parts(parts, body.to_bytes());
    let id = Uuid::new_v4().to_string();
    let mut response = route(request, backends, &recorder.begin(&*id)).await;
    // The id by which the trail can be asked for. XML has one in its body, too.
    let headers = response.headers_mut();
    let xml = headers
        .get(header::CONTENT_TYPE)
        .is_some_and(|media_type| media_type.as_bytes().starts_with(b"text/xml"));
    if let (false, Ok(id)) = (xml, HeaderValue::from_str(&id)) {
        headers.insert("x-amzn-requestid", id);
    }
    response.map(Full::new)
}

async fn route(
    request: Request<Bytes>,
    backends: &Backends,
    context: &TrailContext,
) -> Response<Bytes> {
    if let Some(function) = lambda::invoked(request.uri().path()) {
        return backends.lambda.answer(&function, request, context).await;
    }
    let form = request
        .headers()
        .get(header::CONTENT_TYPE)
        .is_some_and(|media_type| {
            media_type
                .as_bytes()
                .starts_with(b"application/x-www-form-urlencoded")
        });
    let service = aws_json::target(&request).map(|(service, _)| service);
    match service {
        Some(dynamodb::TARGET) => backends.dynamodb.handle(request, context).await,
        // Failures on demand are for what functions send.
        Some(sqs::TARGET) => {
            let no_faults = Faults::default();
            backends.queues.handle(request, context, &no_faults).await
        }
        Some(secrets::TARGET) => backends.secrets.handle(request, context),
        None if form && request.method() == Method::POST => {
            backends.sns.handle(request, context).await
        }
        _ => {
            let asked = match service {
                Some(service) => service.to_owned(),
                None => format!("{} {}", request.method(), request.uri().path()),
            };
            let message = format!(
                "the sandbox does not have this service ({asked}); here answer DynamoDB, SQS, \
                 Secrets Manager, SNS (Query protocol) and Lambda's Invoke"
            );
            refuse(501, "NotImplemented", &message)
        }
    }
}

fn refuse(status: u16, error_type: &str, message: &str) -> Response<Bytes> {
    let body = aws_json::error(error_type, message);
    aws_json::respond(status, aws_json::JSON_1_1, body)
}
