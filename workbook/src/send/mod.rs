//! `send`: signs webhooks and posts them.

pub mod body;
pub mod connection;
pub mod endpoint;
mod plan;
pub mod rate;
pub mod summary;

use std::io::IsTerminal;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};
use tokio::task::JoinSet;
use tokio::time::Instant;

use self::body::Body;
use self::connection::{Answer, Connection};
use self::plan::Plan;
use self::rate::Rate;
use self::summary::{Tally, millis};
use crate::cli;
use crate::error::{Result, failed};
use crate::net;
use crate::output::{BAD, DIM, GOOD, one_line, painted, print};
use crate::project::{Project, current_dir};
use crate::up::state;

/// Up to this many sends, each answer has its line.
const LINES: u64 = 20;
/// Longest part of an answer's body that is shown, in characters.
const BODY_SHOWN: usize = 2000;

/// Sends what the options ask for. The exit code is 0 if every answer is a 2xx.
///
/// # Errors
/// If it is unclear what to send where, or nothing answers there.
pub fn run(options: &cli::Send) -> Result<ExitCode> {
    let current = current_dir()?;
    let body = Body::find(&options.event, &current)?;
    let secret = std::env::var("WORKBOOK_SECRET")
        .ok()
        .filter(|secret| !secret.is_empty());
    // A deployed stack can be sent to from anywhere.
    let mut running = match Project::find(&current) {
        Ok(project) => state::find(&project.target_dir(), &current),
        Err(error) if options.url.is_none() => return Err(error),
        Err(_) => state::Found::default(),
    };
    if options.url.is_none() {
        running.tell();
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| failed(format!("cannot start: {error}")))?;
    runtime.block_on(async {
        if let Some(running) = &mut running.running {
            running.read_secret().await?;
        }
        let plan = Plan::new(options, body, running.running.as_ref(), secret)?;
        anstream::eprintln!("{}", painted(DIM, &format!("POST {}", plan.endpoint.url())));
        send_all(options, plan).await
    })
}

/// What all senders share.
struct Work {
    plan: Plan,
    count: u64,
    rate: Option<Rate>,
    /// Index of the next send.
    next: AtomicU64,
    done: AtomicU64,
    started: Instant,
    shown: Shown,
}

/// How each answer is shown.
#[derive(Clone, Copy)]
enum Shown {
    Json,
    Line,
    No,
}

async fn send_all(options: &cli::Send, plan: Plan) -> Result<ExitCode> {
    let tls = if plan.endpoint.tls {
        Some(net::tls()?)
    } else {
        None
    };
    let endpoint = Arc::new(plan.endpoint.clone());
    let shown = match (options.json, options.count) {
        (true, _) => Shown::Json,
        (false, count) if count <= LINES => Shown::Line,
        (false, _) => Shown::No,
    };
    let work = Arc::new(Work {
        plan,
        count: options.count,
        rate: options.rate,
        next: AtomicU64::new(0),
        done: AtomicU64::new(0),
        started: Instant::now(),
        shown,
    });

    let mut senders = JoinSet::new();
    for _ in 0..u64::from(options.senders).min(options.count) {
        let connection = Connection::new(endpoint.clone(), tls.clone());
        senders.spawn(send_some(work.clone(), connection));
    }
    let progress = tokio::spawn(show_progress(work.clone()));
    let mut tally = Tally::default();
    while let Some(sender) = senders.join_next().await {
        let counted = sender.map_err(|error| failed(format!("a sender broke: {error}")))??;
        tally.add(counted);
    }
    let elapsed = work.started.elapsed();
    progress.abort();

    let summary = tally.summary(elapsed);
    let accepted = summary.all_accepted();
    if options.count > 1 {
        match shown {
            Shown::Json => print(&format!("{}\n", json!({"summary": summary})))?,
            Shown::Line | Shown::No => {
                let style = if accepted { GOOD } else { BAD };
                print(&format!("{}\n", painted(style, &summary.text())))?;
            }
        }
    }
    if !accepted {
        anstream::eprintln!(
            "{}",
            painted(DIM, "Not every answer is a 2xx, so the exit code is 1.")
        );
    }
    Ok(ExitCode::from(u8::from(!accepted)))
}

/// One sender: takes the next send until there is none left.
async fn send_some(work: Arc<Work>, mut connection: Connection) -> Result<Tally> {
    let mut tally = Tally::default();
    let mut reached = false;
    loop {
        let index = work.next.fetch_add(1, Ordering::Relaxed);
        if index >= work.count {
            return Ok(tally);
        }
        if let Some(rate) = work.rate {
            tokio::time::sleep_until(work.started + rate.due(index)).await;
        }
        let request = work.plan.request(unix_seconds())?;
        let began = Instant::now();
        let answer = connection.send(request).await;
        let took = began.elapsed();
        work.done.fetch_add(1, Ordering::Relaxed);
        match answer {
            Ok(answer) => {
                reached = true;
                show(work.shown, &answer, took)?;
                tally.answered(answer.status.as_u16(), took);
            }
            // With nobody there, the rest would fail as well.
            Err(error) if !reached => return Err(error),
            Err(error) => {
                show_failure(work.shown, &error.to_string())?;
                tally.unanswered(error.to_string());
            }
        }
    }
}

fn unix_seconds() -> i64 {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    i64::try_from(now.as_secs()).unwrap_or(i64::MAX)
}

fn show(shown: Shown, answer: &Answer, took: Duration) -> Result<()> {
    match shown {
        Shown::No => Ok(()),
        Shown::Json => print(&format!("{}\n", answer_json(answer, took))),
        Shown::Line => print(&format!("{}\n", answer_line(answer, took))),
    }
}

fn show_failure(shown: Shown, reason: &str) -> Result<()> {
    match shown {
        Shown::No => Ok(()),
        Shown::Json => print(&format!("{}\n", json!({"error": reason}))),
        Shown::Line => print(&format!("{}  {reason}\n", painted(BAD, "---"))),
    }
}

fn answer_json(answer: &Answer, took: Duration) -> Value {
    let body = serde_json::from_slice(&answer.body)
        .unwrap_or_else(|_| Value::String(String::from_utf8_lossy(&answer.body).into_owned()));
    json!({
        "status": answer.status.as_u16(),
        "milliseconds": millis(took),
        "body": body,
    })
}

fn answer_line(answer: &Answer, took: Duration) -> String {
    let style = if answer.status.is_success() {
        GOOD
    } else {
        BAD
    };
    let status = painted(style, answer.status.as_str());
    let took = painted(DIM, &format!("{:>8.1} ms", took.as_secs_f64() * 1000.0));
    let body = one_line(&String::from_utf8_lossy(&answer.body), BODY_SHOWN);
    format!("{status} {took}  {body}")
}

/// Says every second how far a long run is, on a terminal.
async fn show_progress(work: Arc<Work>) {
    if matches!(work.shown, Shown::Line) || !std::io::stderr().is_terminal() {
        return;
    }
    let mut ticks = tokio::time::interval(Duration::from_secs(1));
    ticks.tick().await;
    loop {
        ticks.tick().await;
        let done = work.done.load(Ordering::Relaxed);
        anstream::eprintln!(
            "{}",
            painted(DIM, &format!("{done} of {} sent", work.count))
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use http::StatusCode;

    fn answer(status: u16, body: &'static [u8]) -> Answer {
        Answer {
            status: StatusCode::from_u16(status).unwrap(),
            headers: http::HeaderMap::new(),
            body: Bytes::from_static(body),
        }
    }

    #[test]
    fn an_answer_is_one_line_whatever_it_holds() {
        let took = Duration::from_micros(3250);
        let line = |answer| anstream::adapter::strip_str(&answer_line(&answer, took)).to_string();
        assert_eq!(
            line(answer(200, b"{\"received\":true}")),
            "200      3.2 ms  {\"received\":true}"
        );
        assert_eq!(line(answer(502, b"a\n\x1b[31mb")), "502      3.2 ms  a b");
    }

    #[test]
    fn a_json_answer_stays_json() {
        let took = Duration::from_micros(3250);
        assert_eq!(
            answer_json(&answer(200, b"{\"received\":true}"), took),
            json!({"status": 200, "milliseconds": 3.25, "body": {"received": true}})
        );
        assert_eq!(answer_json(&answer(403, b"no"), took)["body"], "no");
    }
}
