//! Metrics: one line of the log for each event, in CloudWatch's embedded metric
//! format. CloudWatch makes the numbers from the line, and no call is needed.
//!
//! CloudWatch bills each metric once for each combination of dimensions. So the
//! function's name is the only dimension; what else one may want to know is in
//! the log line beside, where it costs nothing more.
//!
//! See docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html

use std::io::{self, Write};

use aws_sdk_sns::primitives::{DateTime, DateTimeFormat};
use lambda_runtime::Context;
use serde_json::{Value, json};
use tracing::{Level, enabled};

/// Where the metrics of this service are, in CloudWatch.
const NAMESPACE: &str = "PaymentsOnLambda";

/// Takes lines.
pub type Sink = fn(&str);

/// A number with its name and its unit, as CloudWatch calls them.
#[derive(Debug, Clone, Copy)]
pub struct Metric {
    name: &'static str,
    unit: &'static str,
    value: u64,
}

/// So many of something. Zeros count too: a sum of nothing is no data, and an
/// alarm can judge only data.
pub fn count(name: &'static str, value: impl TryInto<u64>) -> Metric {
    let unit = "Count";
    let value = value.try_into().unwrap_or(u64::MAX);
    Metric { name, unit, value }
}

/// A time in milliseconds.
pub fn milliseconds(name: &'static str, value: u128) -> Metric {
    let unit = "Milliseconds";
    let value = value.try_into().unwrap_or(u64::MAX);
    Metric { name, unit, value }
}

/// The metrics of one event as a line. `now` is the time in whole seconds since
/// 1970; CloudWatch adds up minutes. It cannot fail: an event that was handled
/// must not be sent again for the sake of its metrics.
pub fn line(context: &Context, now: i64, metrics: &[Metric]) -> String {
    let definitions: Vec<Value> = metrics
        .iter()
        .map(|metric| json!({ "Name": metric.name, "Unit": metric.unit }))
        .collect();
    let time = DateTime::from_secs(now).fmt(DateTimeFormat::DateTime);
    let time = time.unwrap_or_default();
    let mut line = json!({
        "_aws": {
            "Timestamp": now.saturating_mul(1000),
            "CloudWatchMetrics": [{
                "Namespace": NAMESPACE,
                "Dimensions": [["FunctionName"]],
                "Metrics": definitions,
            }],
        },
        "FunctionName": context.env_config.function_name,
        // As in telemetry.rs: Lambda's own filter reads these.
        "timestamp": time,
        "level": level(),
        "requestId": context.request_id,
    });
    for metric in metrics {
        line[metric.name] = json!(metric.value);
    }
    line.to_string()
}

/// A level that Lambda's filter lets through whatever is set: metrics are not
/// for reading, and must not end when somebody wants a shorter log.
fn level() -> &'static str {
    if enabled!(Level::INFO) {
        "INFO"
    } else if enabled!(Level::WARN) {
        "WARN"
    } else {
        "ERROR"
    }
}

/// Writes a line to standard output, where CloudWatch finds it.
pub fn print(line: &str) {
    // In one piece, so that no other line can come between. There is nowhere
    // to complain if the log is gone.
    let _ = io::stdout().write_all(format!("{line}\n").as_bytes());
}
