//! What the benchmarks share: `up` as a reader starts it, and the rows of the
//! report.

use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStdout, Command, ExitCode, Stdio};
use std::time::Instant;

use serde_json::Value;

/// The command as it is called.
pub const WORKBOOK: &str = env!("CARGO_BIN_EXE_workbook");
/// How often the start is timed.
const STARTS: usize = 9;

/// `up` with release binaries.
pub fn up(step: &str, port: u16) -> Command {
    let mut command = Command::new(WORKBOOK);
    let port = port.to_string();
    command.args(["up", step, "--release", "--no-watch", "--port", &port]);
    command
}

/// A running `up`.
pub struct Up(Child);

impl Up {
    /// Runs the command.
    pub fn spawn(command: &mut Command) -> Self {
        Self(command.spawn().expect("up starts"))
    }

    /// Starts a step; returns when everything answers, with what it says of
    /// itself and with the rest of its output.
    pub fn ready(step: &str, port: u16) -> (Self, Value, BufReader<ChildStdout>) {
        let mut command = up(step, port);
        command.arg("--json").stdout(Stdio::piped());
        let mut up = Self::spawn(&mut command);
        let output = up.0.stdout.take().expect("its output is a pipe");
        let mut output = BufReader::new(output);
        let mut line = String::new();
        output.read_line(&mut line).expect("its output can be read");
        let ready: Value = serde_json::from_str(&line).unwrap_or_default();
        assert_eq!(ready["ready"], true, "not ready: {line}");
        (up, ready, output)
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.0.id()
    }
}

impl Drop for Up {
    fn drop(&mut self) {
        // The reaper ends the functions.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Median of the milliseconds from the start of the command to its word that
/// everything answers, once everything is built.
pub fn time_to_ready(step: &str, port: u16) -> f64 {
    // The first start may have to build.
    drop(Up::ready(step, port));
    let times = (0..STARTS).map(|_| {
        let began = Instant::now();
        let up = Up::ready(step, port);
        let took = began.elapsed();
        drop(up);
        took.as_secs_f64() * 1000.0
    });
    median(times.collect())
}

/// The middle one of these figures.
pub fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().unwrap_or(f64::NAN)
}

/// Resident memory of a process in megabytes, where the system tells.
pub fn megabytes(pid: u32) -> Option<f64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
    let kilobytes: f64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kilobytes / 1024.0)
}

/// Prints figures with their goals beside them.
#[derive(Default)]
pub struct Report {
    missed: bool,
}

impl Report {
    /// A figure that must not be above its goal.
    pub fn at_most(&mut self, what: &str, figure: f64, unit: &str, goal: f64) {
        self.row(what, figure, unit, goal, figure <= goal);
    }

    /// A figure and whether its goal is reached. It is not when there is no
    /// figure.
    pub fn row(&mut self, what: &str, figure: f64, unit: &str, goal: f64, reached: bool) {
        self.missed |= !reached;
        let verdict = if reached { "" } else { "  MISSED" };
        println!("{what:56} {figure:9.2} {unit:4} (goal {goal:.0}){verdict}");
    }

    /// Exit code of the benchmark.
    pub fn end(&self) -> ExitCode {
        ExitCode::from(u8::from(self.missed))
    }
}
