//! Metrics, and the rules that CloudWatch has for them.

use std::sync::Arc;

use lambda_runtime::tracing::subscriber::filter::LevelFilter;
use lambda_runtime::tracing::subscriber::fmt::time::SystemTime;
use lambda_runtime::{Config, Context};
use payments::metrics::{self, count, milliseconds};
use payments::telemetry;
use serde_json::{Value, json};
use tracing::subscriber::with_default;

use crate::sign::NOW;

fn context() -> Context {
    let mut context = Context::default();
    context.request_id = "8f0c5b1e-6f2d-4f7e-9d53-0c1a2b3c4d5e".to_owned();
    context.env_config = Arc::new(Config {
        function_name: "payments-PaymentWebhookHandler-AB12".to_owned(),
        ..Config::default()
    });
    context
}

#[test]
fn a_line_holds_the_numbers_and_what_they_are() {
    let metrics = [count("Sent", 3_usize), milliseconds("Milliseconds", 12)];
    let line = metrics::line(&context(), NOW, &metrics);
    check(&line);
    let line: Value = serde_json::from_str(&line).unwrap();
    let expected = json!({
        "_aws": {
            "Timestamp": 1_700_000_000_000_i64,
            "CloudWatchMetrics": [{
                "Namespace": "PaymentsOnLambda",
                "Dimensions": [["FunctionName"]],
                "Metrics": [
                    { "Name": "Sent", "Unit": "Count" },
                    { "Name": "Milliseconds", "Unit": "Milliseconds" },
                ],
            }],
        },
        "FunctionName": "payments-PaymentWebhookHandler-AB12",
        "timestamp": "2023-11-14T22:13:20Z",
        "level": "ERROR",
        "requestId": "8f0c5b1e-6f2d-4f7e-9d53-0c1a2b3c4d5e",
        "Sent": 3,
        "Milliseconds": 12,
    });
    assert_eq!(line, expected);
}

/// Lambda drops lines below the level that is set for the function. Metrics
/// have no level of their own, and take one that stays.
#[test]
fn a_line_has_a_level_that_passes() {
    let table = [
        (LevelFilter::ERROR, "ERROR"),
        (LevelFilter::WARN, "WARN"),
        (LevelFilter::INFO, "INFO"),
        (LevelFilter::DEBUG, "INFO"),
    ];
    for (set, level) in table {
        let log = telemetry::log(set, SystemTime, std::io::sink);
        let line = with_default(log, || metrics::line(&context(), NOW, &[]));
        let line: Value = serde_json::from_str(&line).unwrap();
        assert_eq!(line["level"], level);
    }
}

#[test]
fn numbers_beyond_all_bounds_are_cut() {
    let metrics = [
        count("Sent", u128::MAX),
        milliseconds("Milliseconds", u128::MAX),
    ];
    let line = metrics::line(&context(), NOW, &metrics);
    check(&line);
    assert!(line.contains("\"Sent\":18446744073709551615"), "{line}");
}

#[test]
fn a_time_that_no_calendar_has_does_no_harm() {
    assert!(metrics::line(&context(), i64::MAX, &[]).contains("_aws"));
}

/// An alarm on a metric that nobody writes would be silent for ever.
#[test]
fn the_alarms_watch_metrics_that_are_written() {
    let written = [
        include_str!("../../src/webhook.rs"),
        include_str!("../../src/connections.rs"),
        include_str!("../../src/broadcaster.rs"),
    ]
    .concat();
    let template = include_str!("../../template.yaml");
    let after_namespace = template.split("Namespace: PaymentsOnLambda\n").skip(1);
    let names: Vec<&str> = after_namespace
        .map(|text| text.lines().next().unwrap().trim())
        .map(|line| line.strip_prefix("MetricName: ").unwrap())
        .collect();
    for name in &names {
        assert!(written.contains(&format!("count(\"{name}\"")), "{name}");
    }
    assert_eq!(
        names,
        [
            "RejectedSignatures",
            "SecretReadFailures",
            "Refused",
            "Unreached"
        ]
    );
}

/// The rules of "Specification: Embedded metric format" that a line can break.
pub fn check(line: &str) {
    assert!(line.len() < 256 * 1024);
    assert!(!line.contains('\n'), "{line}");
    let line: Value = serde_json::from_str(line).unwrap();

    let about = &line["_aws"];
    // Milliseconds: seconds would be a day in January 1970.
    assert!(about["Timestamp"].as_i64().unwrap() > 1_600_000_000_000);
    let directives = about["CloudWatchMetrics"].as_array().unwrap();
    assert!(!directives.is_empty());
    for directive in directives {
        let namespace = directive["Namespace"].as_str().unwrap();
        assert!((1..=1024).contains(&namespace.len()));
        assert!(!namespace.starts_with("AWS/"));

        for dimensions in directive["Dimensions"].as_array().unwrap() {
            let dimensions = dimensions.as_array().unwrap();
            assert!(dimensions.len() <= 30);
            for dimension in dimensions {
                let value = line[dimension.as_str().unwrap()].as_str().unwrap();
                assert!((1..=1024).contains(&value.len()) && value.is_ascii());
            }
        }

        let metrics = directive["Metrics"].as_array().unwrap();
        assert!((1..=100).contains(&metrics.len()));
        for metric in metrics {
            let name = metric["Name"].as_str().unwrap();
            assert!((1..=1024).contains(&name.len()));
            assert!(["Count", "Milliseconds"].contains(&metric["Unit"].as_str().unwrap()));
            assert!(line[name].is_number(), "{name}: {line}");
        }
    }
}
