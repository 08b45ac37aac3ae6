//! What the functions write while the stage is in use, line by line.

use std::sync::Arc;

use sandbox::Sandbox;
use sandbox::console::Event;
use serde_json::Value;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use crate::listener::{listeners, received};
use crate::metrics::check;
use crate::sandboxed::{options, post};
use crate::sign::{self, SIGNING_SECRET, STRIPE_SECRET};

const BODY: &[u8] = br#"{"id":"evt_1","type":"payment.test","card":"4242"}"#;

/// The lines of a function, as they come.
struct Log(UnboundedReceiver<(String, String)>);

impl Log {
    /// Starts the stage with a log of this level.
    async fn start(level: &str) -> (Sandbox, Log) {
        let (lines, log) = unbounded_channel();
        let mut options = options();
        let parameters = &mut options.parameters;
        parameters.insert("LogLevel".to_owned(), level.to_owned());
        options.console = Arc::new(move |event| {
            if let Event::Log(log) = event {
                // Nobody listens any more when the test is over.
                let _ = lines.send((log.function, log.line));
            }
        });
        (Sandbox::start(options).await.unwrap(), Log(log))
    }

    /// The lines up to so many of metrics, the last of each event.
    async fn until_metrics(&mut self, mut count: usize) -> Vec<(String, String)> {
        let mut lines = Vec::new();
        while count > 0 {
            let (function, line) = self.0.recv().await.unwrap();
            if line.contains("CloudWatchMetrics") {
                count -= 1;
            }
            lines.push((function, line));
        }
        lines
    }
}

/// One event that is passed on, one that is not trusted and one that SNS does
/// not take.
async fn three_webhooks(sandbox: &Sandbox) {
    let signature = sign::generic(SIGNING_SECRET, BODY);
    let good = [("X-Signature", signature.as_str())];
    let forged = [("X-Signature", "0000")];
    let mut statuses = vec![
        post(sandbox, "/webhook", &good, BODY).await.status,
        post(sandbox, "/webhook", &forged, BODY).await.status,
    ];
    // The SDK tries three times.
    sandbox.faults().add("sns-refuse*3".parse().unwrap());
    statuses.push(post(sandbox, "/webhook", &good, BODY).await.status);
    assert_eq!(statuses, [200, 401, 500]);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_line_at_every_level_is_one_that_cloudwatch_can_read() {
    let mut seen = String::new();
    for level in ["DEBUG", "INFO", "WARN", "ERROR"] {
        let (sandbox, mut log) = Log::start(level).await;
        let clients = listeners(&sandbox, 1).await;
        three_webhooks(&sandbox).await;
        assert_eq!(received(clients).await.concat().len(), 1);
        // A client came and went, and got one of three webhooks.
        let lines = log.until_metrics(6).await;
        sandbox.shutdown().await;

        let mut summary: Vec<String> = lines.iter().map(|line| judge(level, line)).collect();
        summary.sort();
        seen += &format!("{level}\n  {}\n", summary.join("\n  "));
    }
    insta::assert_snapshot!(seen);
}

/// Checks a line, and says what it is.
fn judge(set: &str, (function, line): &(String, String)) -> String {
    let signature = sign::generic(SIGNING_SECRET, BODY);
    for secret in [STRIPE_SECRET, SIGNING_SECRET, &signature, "4242"] {
        assert!(!line.contains(secret), "{secret} is in the log: {line}");
    }
    let parsed: Value = serde_json::from_str(line).unwrap_or_else(|_| panic!("no JSON: {line}"));
    let time = parsed["timestamp"].as_str().unwrap();
    assert!(time.parse::<jiff::Timestamp>().is_ok(), "{time}");
    let level = parsed["level"].as_str().unwrap();
    assert!(rank(level) <= rank(set), "Lambda would drop it: {line}");

    let what = if let Some(metrics) = parsed.get("_aws") {
        check(line);
        let names = metrics["CloudWatchMetrics"][0]["Metrics"].as_array();
        let values = names.unwrap().iter().map(|metric| {
            let name = metric["Name"].as_str().unwrap();
            match name.ends_with("Milliseconds") {
                true => format!("{name}=[time]"),
                false => format!("{name}={}", parsed[name]),
            }
        });
        values.collect::<Vec<_>>().join(" ")
    } else {
        let message = parsed["message"].as_str().unwrap();
        message.chars().take(40).collect()
    };
    let request = if parsed["requestId"].is_string() {
        "request"
    } else {
        "no request"
    };
    format!("{function} {level:5} {request}: {what}")
}

fn rank(level: &str) -> Option<usize> {
    let all = ["ERROR", "WARN", "INFO", "DEBUG"];
    all.iter().position(|known| *known == level)
}
