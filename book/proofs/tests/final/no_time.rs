//! What Lambda's filter makes of lines without a time.

use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use lambda_runtime::tracing::subscriber::filter::LevelFilter;
use lambda_runtime::tracing::subscriber::fmt as lines;
use serde_json::Value;
use tracing::Subscriber;

use crate::lines::{Lines, logged};

/// JSON, as one gets it in three calls.
fn naive_log<W>(writer: W) -> impl Subscriber + Send + Sync
where
    W: Fn() -> Lines + Send + Sync + 'static,
{
    lines().json().without_time().with_writer(writer).finish()
}

/// Lambda's filter, as "Log-level filtering" in its Developer Guide describes
/// it: a line without a level, or without a valid time, is taken for INFO.
fn kept(line: &str, set: &str) -> bool {
    let order = ["ERROR", "WARN", "INFO", "DEBUG", "TRACE"];
    let rank = |level: &str| order.iter().position(|known| *known == level);
    let line: Value = serde_json::from_str(line).unwrap();
    let time = line["timestamp"].as_str();
    let valid = time.is_some_and(|time| DateTime::from_str(time, Format::DateTime).is_ok());
    let level = line["level"].as_str().filter(|_| valid);
    rank(level.unwrap_or("INFO")) <= rank(set)
}

fn failure() {
    tracing::error!(target: "payments::refusal", "not published");
}

#[test]
fn an_error_without_a_time_is_dropped_where_only_warnings_are_wanted() {
    let written = Lines::new();
    let writer = written.clone();
    tracing::subscriber::with_default(naive_log(move || writer.clone()), failure);
    let line = written.text();
    assert!(
        line.contains("ERROR") && line.contains("not published"),
        "{line}"
    );
    assert!(kept(&line, "INFO"));
    assert!(!kept(&line, "WARN"));
    assert!(!kept(&line, "ERROR"));
}

#[test]
fn an_error_of_the_service_is_kept_at_every_level() {
    let line = logged(LevelFilter::ERROR, failure);
    for set in ["DEBUG", "INFO", "WARN", "ERROR"] {
        assert!(kept(&line, set), "{set}: {line}");
    }
}
