//! Prints what the sandbox tells, on a thread of its own: a slow terminal must
//! not slow the service down.

use std::io::{ErrorKind, Write};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use sandbox::console::{Console, Event, LogLine};
use serde::Serialize;
use serde_json::json;
use tokio::sync::Notify;

use super::render;
use crate::output::{DIM, WARN, painted};

/// How many events may wait. Beyond, they are counted and left out: under a
/// load run nobody reads every trail, and memory stays as it is.
const WAITING: usize = 4096;
/// How much text may wait, in bytes: one log line can have 256 KB.
const WAITING_BYTES: usize = 16 * 1024 * 1024;
/// How often left out messages are owned up to while nothing else happens.
const IDLE: Duration = Duration::from_millis(500);
/// How long events are still printed at the end.
const REST: Duration = Duration::from_millis(500);
/// How long the end waits for the thread: nobody may be reading what it writes.
const END: Duration = Duration::from_secs(1);

/// Prints to standard error for people, or to standard output as JSON lines.
/// None of its methods waits for the output.
pub struct Printer {
    sender: Sender<Message>,
    shared: Arc<Shared>,
    /// Disconnected when the thread has ended.
    done: Receiver<()>,
}

#[derive(Default)]
struct Shared {
    /// Events that wait, and their bytes.
    events: AtomicUsize,
    bytes: AtomicUsize,
    left_out: AtomicU64,
    /// From when on waiting events are left out; set at the end.
    until: OnceLock<Instant>,
    reader_gone: Notify,
}

impl Shared {
    /// Whether an event of this size may wait too.
    fn take_in(&self, size: usize) -> bool {
        // Two that come at once may both be let in; it is a limit, not a promise.
        // One that is larger than all the room is let in if nothing else waits:
        // a broadcast to thousands is what one wants to see.
        let bytes = self.bytes.load(Ordering::Relaxed);
        let room = self.events.load(Ordering::Relaxed) < WAITING
            && (bytes == 0 || bytes.saturating_add(size) <= WAITING_BYTES);
        if room {
            self.events.fetch_add(1, Ordering::Relaxed);
            self.bytes.fetch_add(size, Ordering::Relaxed);
        } else {
            self.leave_out();
        }
        room
    }

    fn take_out(&self, size: usize) {
        self.events.fetch_sub(1, Ordering::Relaxed);
        self.bytes.fetch_sub(size, Ordering::Relaxed);
    }

    fn leave_out(&self) {
        self.left_out.fetch_add(1, Ordering::Relaxed);
    }

    fn ending(&self) -> bool {
        self.until.get().is_some()
    }

    fn late(&self) -> bool {
        self.until
            .get()
            .is_some_and(|until| Instant::now() >= *until)
    }
}

enum Message {
    /// With its size, as counted when it was taken in.
    Event(Box<Event>, usize),
    /// For people: to standard error, with `--json` too.
    Text(String),
    /// A line for machines.
    Json(String),
    /// Wakes the thread at the end.
    End,
}

impl Printer {
    /// Starts printing, JSON lines if `json`.
    #[must_use]
    pub fn start(json: bool) -> Self {
        let (sender, receiver) = channel();
        let (end, done) = channel();
        let shared = Arc::new(Shared::default());
        let of_thread = shared.clone();
        std::thread::spawn(move || {
            let _end: Sender<()> = end;
            print_all(&receiver, &of_thread, |message| write(json, message));
        });
        Self {
            sender,
            shared,
            done,
        }
    }

    /// The console to give to the sandbox.
    #[must_use]
    pub fn console(&self) -> Console {
        let (sender, shared) = (self.sender.clone(), self.shared.clone());
        Arc::new(move |event| {
            let size = size(&event);
            if shared.take_in(size) {
                // Fails if the thread has gone with the reader.
                let _ = sender.send(Message::Event(Box::new(event), size));
            }
        })
    }

    /// Prints text for people. There is little of it, so it is never left out.
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
        let _ = self.shared.until.set(Instant::now() + REST);
        let _ = self.sender.send(Message::End);
        // A thread that is stuck in writing ends with the process.
        let _ = self.done.recv_timeout(END);
    }
}

/// How much memory an event takes while it waits, about, in bytes.
fn size(event: &Event) -> usize {
    match event {
        Event::Trail(trail) => {
            let payloads = trail.hops.iter().flat_map(|hop| [&hop.input, &hop.output]);
            // A long payload is kept in part only.
            let kept = payloads.flatten().map(|one| one.length().min(8 * 1024));
            kept.sum::<usize>() + 512 * trail.hops.len()
        }
        Event::Log(log) => log.line.len(),
        Event::Notice(text) => text.len(),
    }
}

/// What there is to print.
enum Output {
    Event(Box<Event>),
    Text(String),
    Json(String),
    LeftOut(u64),
}

/// Prints until the end, or until the reader has gone.
fn print_all(
    messages: &Receiver<Message>,
    shared: &Shared,
    print: impl Fn(&Output) -> std::io::Result<()>,
) {
    loop {
        let message = match messages.recv_timeout(IDLE) {
            Ok(message) => message,
            Err(RecvTimeoutError::Timeout) if !shared.ending() => Message::End,
            Err(_) => return,
        };
        let output = match message {
            Message::Event(event, size) => {
                shared.take_out(size);
                if shared.late() {
                    shared.leave_out();
                    continue;
                }
                Some(Output::Event(event))
            }
            Message::Text(text) => Some(Output::Text(text)),
            Message::Json(text) => Some(Output::Json(text)),
            Message::End => None,
        };
        let left_out = match shared.left_out.swap(0, Ordering::Relaxed) {
            0 => None,
            count => Some(Output::LeftOut(count)),
        };
        if output
            .iter()
            .chain(&left_out)
            .any(|one| print(one).is_err())
        {
            shared.reader_gone.notify_one();
            return;
        }
        if output.is_none() && shared.ending() {
            return;
        }
    }
}

fn write(json: bool, output: &Output) -> std::io::Result<()> {
    match output {
        Output::Text(text) => people(text),
        Output::Json(text) => line(text),
        Output::Event(event) if json => line(&event_json(event)),
        Output::Event(event) => people(&event_text(event)),
        Output::LeftOut(count) if json => line(&json!({"left_out": count}).to_string()),
        Output::LeftOut(count) => {
            let text = format!("… {count} more trails and log lines, too many to show\n");
            people(&painted(DIM, &text))
        }
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
        Event::Trail(trail) => {
            let terminal = terminal_size::terminal_size_of(std::io::stderr());
            let columns = terminal.map(|(width, _)| usize::from(width.0));
            render::trail(trail, columns)
        }
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

    /// A printer whose thread the test plays itself.
    fn printer() -> (Printer, Receiver<Message>) {
        let (sender, messages) = channel();
        let (_, done) = channel();
        let shared = Arc::new(Shared::default());
        let printer = Printer {
            sender,
            shared,
            done,
        };
        (printer, messages)
    }

    fn log(length: usize) -> Event {
        Event::Log(LogLine {
            function: "F".into(),
            environment: 1,
            line: "x".repeat(length),
        })
    }

    fn left_out(printer: &Printer) -> u64 {
        printer.shared.left_out.load(Ordering::Relaxed)
    }

    #[test]
    fn what_does_not_fit_is_counted_and_nobody_waits() {
        let (printer, messages) = printer();
        let console = printer.console();
        for _ in 0..WAITING + 2 {
            console(log(1));
        }
        assert_eq!(left_out(&printer), 2);
        assert_eq!(messages.try_iter().count(), WAITING);
    }

    #[test]
    fn long_lines_fill_the_room_before_many_do() {
        let (printer, messages) = printer();
        let console = printer.console();
        for _ in 0..3 {
            console(log(WAITING_BYTES / 2));
        }
        assert_eq!(left_out(&printer), 1);
        // Whatever waits: what the command itself says is said.
        printer.text("Stopped.".into());
        assert_eq!(messages.try_iter().count(), 3);
    }

    #[test]
    fn one_that_is_larger_than_all_the_room_is_printed_by_itself() {
        let (printer, messages) = printer();
        let console = printer.console();
        console(log(WAITING_BYTES + 1));
        console(log(1));
        assert_eq!(left_out(&printer), 1);
        assert_eq!(messages.try_iter().count(), 1);
    }

    #[test]
    fn at_the_end_waiting_events_are_left_out_and_the_last_words_said() {
        let (printer, messages) = printer();
        let console = printer.console();
        let shared = printer.shared.clone();
        for _ in 0..3 {
            console(log(10));
        }
        printer.text("Stopped.".into());
        // Its time is over already.
        shared.until.set(Instant::now()).unwrap();
        drop(printer);
        let printed = std::cell::RefCell::new(Vec::new());
        print_all(&messages, &shared, |output| {
            printed.borrow_mut().push(match output {
                Output::Text(text) | Output::Json(text) => text.clone(),
                Output::Event(_) => "event".into(),
                Output::LeftOut(count) => format!("{count} left out"),
            });
            Ok(())
        });
        assert_eq!(printed.into_inner(), ["Stopped.", "3 left out"]);
        assert_eq!(shared.events.load(Ordering::Relaxed), 0);
        assert_eq!(shared.bytes.load(Ordering::Relaxed), 0);
    }

    #[test]
    fn a_reader_that_is_gone_ends_the_printing() {
        let (printer, messages) = printer();
        printer.json("{}".into());
        print_all(&messages, &printer.shared, |_| {
            Err(ErrorKind::BrokenPipe.into())
        });
    }
}
