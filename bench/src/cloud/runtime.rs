//! The Runtime API: Lambda Developer Guide, "Using the Lambda runtime API for
//! custom runtimes".

use std::mem;
use std::time::{Duration, Instant, SystemTime};

use bytes::Bytes;
use http::{Response, StatusCode};
use http_body_util::Full;

use super::http::text;
use super::{Idle, Invocation, Shared};

/// How long an event may take: the longest that Lambda allows.
const TIMEOUT: Duration = Duration::from_secs(900);
const ARN: &str = "arn:aws:lambda:us-east-1:123456789012:function:bench";

/// Answers a request; with nothing if there is no such request.
pub async fn answer(path: &str, body: Bytes, shared: &Shared) -> Option<Response<Full<Bytes>>> {
    if path == "invocation/next" {
        return next(shared).await;
    }
    let failed = match path.rsplit_once('/')? {
        (_, "response") => false,
        (_, "error") => true,
        _ => return None,
    };
    let mut state = shared.lock();
    let now = Instant::now();
    // An error at the start belongs to no event; then it took no time.
    let began = state.began.take().unwrap_or(now);
    state.done.push(Invocation {
        took: now - began,
        answer: body,
        failed,
    });
    Some(text(
        StatusCode::ACCEPTED,
        "application/json",
        r#"{"status":"OK"}"#,
    ))
}

async fn next(shared: &Shared) -> Option<Response<Full<Bytes>>> {
    let at = Instant::now();
    let mut told = false;
    let event = loop {
        let event = {
            let mut state = shared.lock();
            let event = state.events.pop_front();
            if event.is_none() && !told {
                told = true;
                let done = mem::take(&mut state.done);
                // Nobody listens when the benchmark is being ended.
                let _ = shared.idle.send(Idle { at, done });
            }
            event
        };
        match event {
            Some(event) => break event,
            None => shared.handed.notified().await,
        }
    };
    let deadline = SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default() + TIMEOUT;
    let response = Response::builder()
        .header("Content-Type", "application/json")
        .header(
            "Lambda-Runtime-Aws-Request-Id",
            "8476a536-e9f4-11e8-9739-2dfe598c3fcd",
        )
        .header(
            "Lambda-Runtime-Deadline-Ms",
            deadline.as_millis().to_string(),
        )
        .header("Lambda-Runtime-Invoked-Function-Arn", ARN)
        .header(
            "Lambda-Runtime-Trace-Id",
            "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Parent=9a9197af755a6419;Sampled=0",
        )
        .body(Full::new(event))
        .ok();
    shared.lock().began = Some(Instant::now());
    response
}
