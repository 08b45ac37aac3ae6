//! What the sandbox tells the one who runs it.

use std::sync::Arc;

use serde::Serialize;

use crate::trail::Trail;

/// Takes events as they happen, on whatever task they happen: it must be quick.
pub type Console = Arc<dyn Fn(Event) + Send + Sync>;

/// Something worth telling.
#[derive(Clone, Debug)]
pub enum Event {
    /// A request came as far as it could for now.
    Trail(Trail),
    /// A function wrote a line to its standard output or error.
    Log(LogLine),
    /// Something the person at the keyboard should know, in one sentence.
    Notice(String),
}

/// One line that a function wrote.
#[derive(Clone, Debug, Serialize)]
pub struct LogLine {
    /// Logical id of the function.
    pub function: String,
    /// Number of its execution environment, from 1.
    pub environment: u64,
    /// The line without its end.
    pub line: String,
}

/// A console that listens to nothing.
#[must_use]
pub fn silent() -> Console {
    Arc::new(|_| {})
}
