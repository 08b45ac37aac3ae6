//! How fast a webhook goes through the sandbox, and how many it carries:
//! `cargo bench --package workbook`.
//!
//! Starts the latest step with release binaries by the command that readers use,
//! sends with the command that readers use, and prints what came of it. Bounded:
//! 44,500 webhooks, about half a minute once everything is built.

use std::io::{BufRead, BufReader};
use std::net::TcpStream;
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::Instant;

use serde_json::Value;

const WORKBOOK: &str = env!("CARGO_BIN_EXE_workbook");
const PORT: u16 = 4700;
/// How often the start is timed.
const STARTS: usize = 9;

struct Up(Child);

impl Up {
    /// Starts the step as a reader does; returns when it takes connections.
    fn start() -> Self {
        let mut command = up();
        let child = command.stderr(Stdio::null()).spawn().expect("up starts");
        let up = Self(child);
        while TcpStream::connect(("127.0.0.1", PORT)).is_err() {
            std::thread::yield_now();
        }
        up
    }

    /// Milliseconds from the start of the command to its word that everything
    /// answers.
    fn time_to_ready() -> f64 {
        let began = Instant::now();
        let mut command = up();
        command
            .arg("--json")
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit());
        let mut up = Self(command.spawn().expect("up starts"));
        let output = up.0.stdout.take().expect("its output is a pipe");
        let mut ready = String::new();
        BufReader::new(output)
            .read_line(&mut ready)
            .expect("its output can be read");
        assert!(ready.starts_with("{\"ready\":true"), "not ready: {ready}");
        began.elapsed().as_secs_f64() * 1000.0
    }

    /// Memory of the sandbox itself in megabytes, where the system tells.
    fn megabytes(&self) -> Option<f64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.0.id())).ok()?;
        let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
        let kilobytes: f64 = line.split_whitespace().nth(1)?.parse().ok()?;
        Some(kilobytes / 1024.0)
    }
}

impl Drop for Up {
    fn drop(&mut self) {
        // The reaper ends the functions.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn up() -> Command {
    let mut command = Command::new(WORKBOOK);
    command.args([
        "up",
        "03",
        "--release",
        "--no-watch",
        "--port",
        &PORT.to_string(),
    ]);
    command
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
    let mut failed = false;
    let mut row = |what: &str, figure: f64, unit: &str, goal: f64, reached: bool| {
        // Not reached either when there is no figure.
        failed |= !reached;
        let verdict = if reached { "" } else { "  MISSED" };
        println!("{what:52} {figure:9.2} {unit:4} (goal {goal:.0}){verdict}");
    };

    // The first start may have to build.
    Up::time_to_ready();
    let mut starts: Vec<f64> = (0..STARTS).map(|_| Up::time_to_ready()).collect();
    starts.sort_by(f64::total_cmp);
    let start = starts[STARTS / 2];
    row(
        "start of `workbook up` to ready, median",
        start,
        "ms",
        500.0,
        start <= 500.0,
    );

    let up = Up::start();
    send(&["--count", "500"]);
    let one = send(&["--count", "4000"]);
    let p50 = one["p50_ms"].as_f64().unwrap_or(f64::NAN);
    row("warm webhook, one sender, p50", p50, "ms", 1.0, p50 <= 1.0);

    let load = ["--senders", "16", "--rate", "2000", "--count"];
    let first = send(&[&load[..], &["20000"]].concat());
    let after_first = up.megabytes();
    let rate = first["per_second"].as_f64().unwrap_or(f64::NAN);
    // The last answers come a moment after the last send.
    row(
        "2,000 a second for 10 s from 16 senders, answered",
        rate,
        "/s",
        2000.0,
        rate >= 1980.0,
    );
    let accepted = first["statuses"]["200"].as_f64().unwrap_or(0.0);
    row(
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
    if let (Some(before), Some(after)) = (after_first, up.megabytes()) {
        let growth = after / before;
        println!("memory of the sandbox: {before:.1} MB after 20,000 more webhooks {after:.1} MB");
        row("growth", growth, "x", 1.0, growth < 1.2);
    }
    if failed {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    }
}
