//! Prints what the sandbox tells, on a thread of its own: a slow terminal must
//! not slow the service down.

use std::io::{ErrorKind, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;

use sandbox::console::{Console, Event, LogLine};
use serde::Serialize;
use serde_json::json;
use tokio::sync::Notify;

use super::render;
use crate::output::{DIM, WARN, painted};

/// How many messages may wait. Beyond, they are counted and left out: under a
/// load run nobody reads every trail, and memory stays as it is.
const WAITING: usize = 4096;
/// How often left out messages are owned up to while nothing else happens.
const IDLE: Duration = Duration::from_millis(500);

/// Prints to standard error for people, or to standard output as JSON lines.
pub struct Printer {
    sender: SyncSender<Message>,
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Shared {
    left_out: AtomicU64,
    reader_gone: Notify,
}

enum Message {
    Event(Box<Event>),
    /// For people: to standard error, with `--json` too.
    Text(String),
    /// A line for machines.
    Json(String),
    End,
}

impl Printer {
    /// Starts printing, JSON lines if `json`.
    #[must_use]
    pub fn start(json: bool) -> Self {
        let (sender, receiver) = sync_channel(WAITING);
        let shared = Arc::new(Shared::default());
        let of_thread = shared.clone();
        let thread = std::thread::spawn(move || print_all(json, &receiver, &of_thread));
        Self {
            sender,
            shared,
            thread: Some(thread),
        }
    }

    /// The console to give to the sandbox.
    #[must_use]
    pub fn console(&self) -> Console {
        let (sender, shared) = (self.sender.clone(), self.shared.clone());
        Arc::new(move |event| {
            if sender.try_send(Message::Event(Box::new(event))).is_err() {
                shared.left_out.fetch_add(1, Ordering::Relaxed);
            }
        })
    }

    /// Prints text for people.
    pub fn text(&self, text: String) {
        // The thread has gone with the reader; nobody is left to tell.
        let _ = self.sender.send(Message::Text(text));
    }

    /// Prints a line for machines.
    pub fn json(&self, line: String) {
        let _ = self.sender.send(Message::Json(line));
    }

    /// Waits until the reader of standard output has gone away.
    pub async fn reader_gone(&self) {
        self.shared.reader_gone.notified().await;
    }
}

impl Drop for Printer {
    fn drop(&mut self) {
        let _ = self.sender.send(Message::End);
        if let Some(thread) = self.thread.take() {
            // It has printed its panic itself.
            let _ = thread.join();
        }
    }
}

fn print_all(json: bool, messages: &Receiver<Message>, shared: &Shared) {
    loop {
        let message = match messages.recv_timeout(IDLE) {
            Ok(Message::End) | Err(RecvTimeoutError::Disconnected) => None,
            Ok(message) => Some(message),
            Err(RecvTimeoutError::Timeout) => {
                if write_left_out(json, shared).is_err() {
                    break;
                }
                continue;
            }
        };
        let written = message
            .as_ref()
            .map_or(Ok(()), |message| write(json, message));
        if written.and_then(|()| write_left_out(json, shared)).is_err() {
            break;
        }
        if message.is_none() {
            return;
        }
    }
    shared.reader_gone.notify_one();
}

fn write_left_out(json: bool, shared: &Shared) -> std::io::Result<()> {
    match shared.left_out.swap(0, Ordering::Relaxed) {
        0 => Ok(()),
        count if json => line(&json!({"left_out": count}).to_string()),
        count => {
            let text = format!("… {count} more trails and log lines, too many to show\n");
            people(&painted(DIM, &text))
        }
    }
}

fn write(json: bool, message: &Message) -> std::io::Result<()> {
    match message {
        Message::Text(text) => people(text),
        Message::Json(text) => line(text),
        Message::Event(event) if json => line(&event_json(event)),
        Message::Event(event) => people(&event_text(event)),
        Message::End => Ok(()),
    }
}

#[derive(Serialize)]
struct LogJson<'a> {
    log: &'a LogLine,
}

fn event_json(event: &Event) -> String {
    let text = match event {
        // Its first field is `trail`, the id.
        Event::Trail(trail) => serde_json::to_string(trail),
        Event::Log(log) => serde_json::to_string(&LogJson { log }),
        Event::Notice(text) => serde_json::to_string(&json!({"notice": text})),
    };
    text.unwrap_or_default()
}

fn event_text(event: &Event) -> String {
    match event {
        Event::Trail(trail) => render::trail(trail),
        Event::Log(log) => render::log(log),
        Event::Notice(text) => format!("{} {text}\n", painted(WARN, "!")),
    }
}

fn line(text: &str) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{text}")?;
    out.flush()
}

/// Standard error may be closed or full; that is no reason to stop.
fn people(text: &str) -> std::io::Result<()> {
    match anstream::stderr().lock().write_all(text.as_bytes()) {
        Err(error) if error.kind() == ErrorKind::Interrupted => people(text),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sandbox::trail::Trail;

    #[test]
    fn each_kind_of_event_has_its_key() {
        let trail = Trail {
            id: "7f".into(),
            started: 1,
            settled: true,
            hops: Vec::new(),
        };
        let log = LogLine {
            function: "F".into(),
            environment: 1,
            line: "x".into(),
        };
        let lines = [
            Event::Trail(trail),
            Event::Log(log),
            Event::Notice("n".into()),
        ];
        insta::assert_snapshot!(lines.map(|event| event_json(&event)).join("\n"));
    }

    #[test]
    fn what_does_not_fit_is_counted_and_nobody_waits() {
        // Nobody reads: the thread is replaced by a channel that stays full.
        let (sender, _receiver) = sync_channel(1);
        let shared = Arc::new(Shared::default());
        let printer = Printer {
            sender,
            shared: shared.clone(),
            thread: None,
        };
        let console = printer.console();
        for _ in 0..3 {
            console(Event::Notice("n".into()));
        }
        assert_eq!(shared.left_out.load(Ordering::Relaxed), 2);
        drop(_receiver);
    }
}
