//! How fast a webhook goes through the sandbox, and how many it carries:
//! `cargo bench --package workbook --bench webhook`.
//!
//! Starts step 03 with release binaries by the command that readers use,
//! sends with the command that readers use, and prints what came of it. Bounded:
//! 44,500 webhooks, about half a minute once everything is built.

use std::net::TcpStream;
use std::process::{Command, ExitCode, Stdio};

use serde_json::Value;

mod shared;

use shared::{Report, Up, WORKBOOK, megabytes, time_to_ready, up};

const STEP: &str = "03";
const PORT: u16 = 4700;

/// Starts the step as a reader does; returns when it takes connections.
fn start() -> Up {
    let mut command = up(STEP, PORT);
    let up = Up::spawn(command.stderr(Stdio::null()));
    while TcpStream::connect(("127.0.0.1", PORT)).is_err() {
        std::thread::yield_now();
    }
    up
}

fn send(arguments: &[&str]) -> Value {
    let url = format!("http://127.0.0.1:{PORT}/prod");
    let mut command = Command::new(WORKBOOK);
    command
        .args(["send", "--json", "--url", &url])
        .args(arguments);
    let output = command.stderr(Stdio::null()).output().expect("send runs");
    let text = String::from_utf8_lossy(&output.stdout);
    let last = text.lines().last().unwrap_or_default();
    let line: Value = serde_json::from_str(last)
        .unwrap_or_else(|error| panic!("no summary in {text:?}: {error}"));
    line["summary"].clone()
}

fn main() -> ExitCode {
    let mut report = Report::default();
    let start_of_up = time_to_ready(STEP, PORT);
    report.at_most(
        "start of `workbook up` to ready, median",
        start_of_up,
        "ms",
        500.0,
    );

    let up = start();
    send(&["--count", "500"]);
    let one = send(&["--count", "4000"]);
    let p50 = one["p50_ms"].as_f64().unwrap_or(f64::NAN);
    report.at_most("warm webhook, one sender, p50", p50, "ms", 1.0);

    let load = ["--senders", "16", "--rate", "2000", "--count"];
    let first = send(&[&load[..], &["20000"]].concat());
    let after_first = megabytes(up.id());
    let rate = first["per_second"].as_f64().unwrap_or(f64::NAN);
    // The last answers come a moment after the last send.
    report.row(
        "2,000 a second for 10 s from 16 senders, answered",
        rate,
        "/s",
        2000.0,
        rate >= 1980.0,
    );
    let accepted = first["statuses"]["200"].as_f64().unwrap_or(0.0);
    report.row(
        "of these accepted",
        accepted,
        "",
        20000.0,
        accepted >= 20000.0,
    );
    println!("    p50 {} ms, p99 {} ms", first["p50_ms"], first["p99_ms"]);

    let most = send(&["--senders", "16", "--count", "20000"]);
    println!(
        "as fast as they go, 16 senders: {} answered per second",
        most["per_second"]
    );
    if let (Some(before), Some(after)) = (after_first, megabytes(up.id())) {
        let growth = after / before;
        println!("memory of the sandbox: {before:.1} MB after 20,000 more webhooks {after:.1} MB");
        report.row("growth", growth, "x", 1.0, growth < 1.2);
    }
    report.end()
}
