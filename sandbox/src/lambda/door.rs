//! The listener of one environment: the Runtime API, and the AWS services as the
//! function sees them. That each environment has its own tells who is calling.
//!
//! Runtime API: Lambda Developer Guide, "Using the Lambda runtime API for custom
//! runtimes".

use std::sync::{Arc, Weak};

use bytes::{Bytes, BytesMut};
use http::{Method, Request, Response, StatusCode, header};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use tokio::net::TcpListener;

use super::environment::{Environment, Reply, Work};
use super::{SYNCHRONOUS_LIMIT, Services};
use crate::loopback;

/// Most bytes read of a body that is too large anyway: enough to let a client
/// finish its request and read the answer.
const DRAINED: usize = 64 * 1024 * 1024;

/// Serves `environment` until the task is aborted.
pub async fn serve(
    listener: TcpListener,
    environment: Arc<Environment>,
    services: Option<Weak<dyn Services>>,
) {
    let answer = move |request| {
        let (environment, services) = (environment.clone(), services.clone());
        async move { answer(request, &environment, services).await }
    };
    loopback::serve(listener, answer).await;
}

async fn answer(
    request: Request<Incoming>,
    environment: &Environment,
    services: Option<Weak<dyn Services>>,
) -> Response<Full<Bytes>> {
    let path = request.uri().path().to_owned();
    if let Some(path) = path.strip_prefix("/2018-06-01/runtime/") {
        return runtime(request, path, environment).await;
    }
    let service = path.split('/').nth(1).unwrap_or_default();
    let (parts, body) = request.into_parts();
    let body = read(body, SYNCHRONOUS_LIMIT).await;
    match (services.and_then(|services| services.upgrade()), body) {
        (Some(services), Body::Whole(body)) => {
            let context = environment.context();
            services
                .call(service, Request::from_parts(parts, body), &context)
                .await
                .map(Full::new)
        }
        _ => json(
            StatusCode::PAYLOAD_TOO_LARGE,
            r#"{"message":"Request Entity Too Large"}"#,
        ),
    }
}

async fn runtime(
    request: Request<Incoming>,
    path: &str,
    environment: &Environment,
) -> Response<Full<Bytes>> {
    if request.method() == Method::GET && path == "invocation/next" {
        return next(environment).await;
    }
    if request.method() != Method::POST {
        return unknown(path);
    }
    if path == "init/error" {
        if let Body::Whole(body) = read(request.into_body(), SYNCHRONOUS_LIMIT).await {
            environment.init_error(body);
        }
        return accepted();
    }
    let Some((request_id, what @ ("response" | "error"))) = path
        .strip_prefix("invocation/")
        .and_then(|rest| rest.split_once('/'))
    else {
        return unknown(path);
    };
    let body = read(request.into_body(), SYNCHRONOUS_LIMIT).await;
    if matches!(body, Body::Broken) {
        // It broke off in the middle: no answer yet, and perhaps none to come.
        return accepted();
    }
    let Some(reply) = environment.answer(request_id) else {
        return json(
            StatusCode::BAD_REQUEST,
            r#"{"errorMessage":"Invalid request ID","errorType":"InvalidRequestID"}"#,
        );
    };
    let (reply_with, response) = match (body, what) {
        (Body::Whole(body), "response") => (Reply::Response(body), accepted()),
        (Body::Whole(body), _) => (Reply::Error(body), accepted()),
        (Body::TooLarge | Body::Broken, _) => (
            Reply::ResponseTooLarge,
            json(
                StatusCode::PAYLOAD_TOO_LARGE,
                r#"{"errorMessage":"Exceeded maximum allowed payload size (6291556 bytes).","errorType":"RequestEntityTooLarge"}"#,
            ),
        ),
    };
    // The caller may have given up on the function; then nobody listens.
    let _ = reply.send(reply_with);
    response
}

async fn next(environment: &Environment) -> Response<Full<Bytes>> {
    let Work {
        request_id,
        payload,
        deadline_ms,
        trace_id,
        reply,
    } = environment.next().await;
    environment.working_on(&request_id, reply);
    let response = Response::builder()
        .header(header::CONTENT_TYPE, "application/json")
        .header("Lambda-Runtime-Aws-Request-Id", request_id)
        .header("Lambda-Runtime-Deadline-Ms", deadline_ms)
        .header(
            "Lambda-Runtime-Invoked-Function-Arn",
            &environment.version.function.arn,
        )
        .header("Lambda-Runtime-Trace-Id", trace_id)
        .body(Full::new(payload));
    response.unwrap_or_else(|_| unknown("invocation/next"))
}

enum Body {
    Whole(Bytes),
    TooLarge,
    Broken,
}

async fn read(mut body: Incoming, limit: usize) -> Body {
    let mut whole = BytesMut::new();
    let mut length = 0;
    while let Some(frame) = body.frame().await {
        let Ok(frame) = frame else {
            return Body::Broken;
        };
        let Ok(data) = frame.into_data() else {
            continue;
        };
        length += data.len();
        if length > DRAINED {
            return Body::TooLarge;
        }
        if length <= limit {
            whole.extend_from_slice(&data);
        }
    }
    if length > limit {
        Body::TooLarge
    } else {
        Body::Whole(whole.freeze())
    }
}

fn accepted() -> Response<Full<Bytes>> {
    json(StatusCode::ACCEPTED, r#"{"status":"OK"}"#)
}

fn unknown(path: &str) -> Response<Full<Bytes>> {
    let message = format!("the Runtime API has no {path}");
    let body = serde_json::json!({"errorType": "NotFound", "errorMessage": message});
    json(StatusCode::NOT_FOUND, body.to_string())
}

fn json(status: StatusCode, body: impl Into<Bytes>) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(body.into()));
    *response.status_mut() = status;
    let json = header::HeaderValue::from_static("application/json");
    response.headers_mut().insert(header::CONTENT_TYPE, json);
    response
}
