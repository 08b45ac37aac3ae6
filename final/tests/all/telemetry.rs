//! Lines of the log: what is in them, and which ones there are.

use std::fmt;

use lambda_runtime::Context;
use lambda_runtime::layers::trace::request_span;
use lambda_runtime::tracing::subscriber::filter::LevelFilter;
use lambda_runtime::tracing::subscriber::fmt::format::Writer;
use lambda_runtime::tracing::subscriber::fmt::time::FormatTime;
use payments::telemetry;
use serde_json::{Value, json};

use crate::logs::Lines;

struct Noon;

impl FormatTime for Noon {
    fn format_time(&self, writer: &mut Writer<'_>) -> fmt::Result {
        writer.write_str("2026-11-25T12:00:00.000000Z")
    }
}

/// What the work writes to a log of this level.
fn logged(level: LevelFilter, work: impl FnOnce()) -> Vec<Value> {
    let lines = Lines::default();
    let writer = lines.clone();
    let log = telemetry::log(level, Noon, move || writer.clone());
    tracing::subscriber::with_default(log, work);
    let text = lines.text();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn context() -> Context {
    let mut context = Context::default();
    context.request_id = "8f0c5b1e-6f2d-4f7e-9d53-0c1a2b3c4d5e".to_owned();
    context.xray_trace_id = Some("Root=1-66f1a2b3-0123456789abcdef01234567".to_owned());
    context
}

/// An event at every level, as this service writes them.
fn every_level() {
    tracing::error!(target: "payments::webhook", "error");
    tracing::warn!(target: "payments::webhook", "warn");
    tracing::info!(target: "payments::webhook", "info");
    tracing::debug!(target: "payments::webhook", "debug");
    tracing::trace!(target: "payments::webhook", "trace");
}

#[test]
fn a_line_says_when_how_grave_for_which_request_and_what() {
    let lines = logged(LevelFilter::INFO, || {
        let id: Option<&str> = None;
        let scheme = "stripe";
        let text = "two\nlines, \"quoted\", Zoë";
        request_span(&context()).in_scope(|| {
            tracing::info!(
                target: "payments::webhook",
                %scheme, id, bytes = 7, good = true, text, "published {}", 1
            );
        });
    });
    let expected = json!({
        "timestamp": "2026-11-25T12:00:00.000000Z",
        "level": "INFO",
        "requestId": "8f0c5b1e-6f2d-4f7e-9d53-0c1a2b3c4d5e",
        "xrayTraceId": "Root=1-66f1a2b3-0123456789abcdef01234567",
        "target": "payments::webhook",
        "message": "published 1",
        "scheme": "stripe",
        "bytes": 7,
        "good": true,
        "text": "two\nlines, \"quoted\", Zoë",
    });
    assert_eq!(lines, [expected]);
}

/// The runtime's span is of level INFO, and would be off.
#[test]
fn the_request_is_named_at_every_level() {
    for (level, count) in [
        (LevelFilter::ERROR, 1),
        (LevelFilter::WARN, 2),
        (LevelFilter::INFO, 3),
        (LevelFilter::DEBUG, 4),
        (LevelFilter::TRACE, 5),
    ] {
        let lines = logged(level, || request_span(&context()).in_scope(every_level));
        assert_eq!(lines.len(), count, "{level}");
        for line in lines {
            assert_eq!(line["requestId"], context().request_id, "{line}");
        }
    }
}

#[test]
fn without_a_request_there_is_no_request_id() {
    let lines = logged(LevelFilter::ERROR, every_level);
    assert_eq!(lines[0].get("requestId"), None);
    assert_eq!(lines[0].get("xrayTraceId"), None);
}

/// The SDK and the runtime log whole requests at DEBUG and TRACE.
#[test]
fn others_are_not_heard_below_info() {
    let lines = logged(LevelFilter::TRACE, || {
        tracing::debug!(target: "aws_smithy_runtime", "x-amz-security-token");
        tracing::trace!(target: "lambda_runtime::layers::api_response", "body");
        tracing::trace!(target: "lambda_runtime::layers::trace", "body");
        tracing::info!(target: "aws_config", "heard");
    });
    let messages: Vec<_> = lines.iter().map(|line| &line["message"]).collect();
    assert_eq!(messages, ["heard"]);
}
