//! Lines that look like metrics, and are none.

use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use lambda_runtime::Context;
use lambda_runtime::tracing::subscriber::filter::LevelFilter;
use payments::metrics::{self, count};
use serde_json::{Value, json};

use crate::lines::logged;

const NOW: i64 = 1_700_000_000;

/// What the specification asks for, built by hand.
fn numbers(now: i64, unreached: u64) -> Value {
    json!({
        "_aws": {
            "Timestamp": now,
            "CloudWatchMetrics": [{
                "Namespace": "PaymentsOnLambda",
                "Dimensions": [["FunctionName"]],
                "Metrics": [{ "Name": "Unreached", "Unit": "Count" }],
            }],
        },
        "FunctionName": "broadcaster",
        "Unreached": unreached,
    })
}

/// There is a log already, and it writes JSON.
fn through_the_log(unreached: u64) {
    let metrics = numbers(NOW * 1000, unreached);
    tracing::info!(target: "payments::broadcaster", %metrics, "broadcast");
}

/// All the rest of the program counts in seconds.
fn in_seconds(unreached: u64) -> Value {
    numbers(NOW, unreached)
}

#[test]
fn a_metric_inside_of_an_event_of_the_log_is_text() {
    let line = logged(LevelFilter::INFO, || through_the_log(1));
    let line: Value = serde_json::from_str(&line).unwrap();
    // CloudWatch looks for `_aws` at the root, and nowhere else.
    assert_eq!(line.get("_aws"), None);
    assert!(line["metrics"].as_str().unwrap().contains("_aws"));
}

#[test]
fn and_it_ends_when_somebody_wants_a_shorter_log() {
    assert_eq!(logged(LevelFilter::WARN, || through_the_log(1)), "");
}

#[test]
fn seconds_are_a_day_in_january_1970() {
    let time = |line: &Value| {
        let milliseconds = line["_aws"]["Timestamp"].as_i64().unwrap();
        let time = DateTime::from_millis(milliseconds);
        time.fmt(Format::DateTime).unwrap()
    };
    assert_eq!(time(&in_seconds(1)), "1970-01-20T16:13:20Z");

    let line = metrics::line(&Context::default(), NOW, &[count("Unreached", 1_u64)]);
    let line: Value = serde_json::from_str(&line).unwrap();
    assert_eq!(time(&line), "2023-11-14T22:13:20Z");
}

/// How many metrics CloudWatch makes from these lines: one for each name with
/// each combination of the dimensions' values.
fn metrics_made(lines: &[Value]) -> usize {
    let mut made = std::collections::BTreeSet::new();
    for line in lines {
        let about = &line["_aws"]["CloudWatchMetrics"][0];
        for metric in about["Metrics"].as_array().unwrap() {
            let names = about["Dimensions"][0].as_array().unwrap();
            let values = names
                .iter()
                .map(|name| line[name.as_str().unwrap()].as_str());
            made.insert(format!(
                "{} {:?}",
                metric["Name"],
                values.collect::<Vec<_>>()
            ));
        }
    }
    made.len()
}

/// One more dimension, to see which kinds of events there are.
fn by_event_type(event_type: &str) -> Value {
    let mut line = numbers(NOW * 1000, 0);
    line["_aws"]["CloudWatchMetrics"][0]["Dimensions"] = json!([["FunctionName", "EventType"]]);
    line["EventType"] = json!(event_type);
    line
}

#[test]
fn a_dimension_that_others_choose_is_billed_for_each_value() {
    let types: Vec<String> = (0..100).map(|number| format!("order.{number}")).collect();
    let lines: Vec<Value> = types.iter().map(|name| by_event_type(name)).collect();
    assert_eq!(metrics_made(&lines), 100);

    let line = metrics::line(&Context::default(), NOW, &[count("Unreached", 0_u64)]);
    let lines = vec![serde_json::from_str(&line).unwrap(); 100];
    assert_eq!(metrics_made(&lines), 1);
}
