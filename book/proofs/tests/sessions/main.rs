//! Replays the console sessions of the book: starts the real programs, types the commands and
//! compares what is printed. `BOOK_SESSIONS=update` writes it into the files instead.

#![expect(
    clippy::unwrap_used,
    reason = "a test says \"this must hold\" with unwrap"
)]

mod compare;
#[cfg(unix)]
mod console;
#[cfg(unix)]
mod ports;
mod reader;
#[cfg(unix)]
mod replay;
#[cfg(unix)]
mod replayer;
#[cfg(unix)]
mod update;

/// Words of a command line, as a shell reads them.
fn words(command: &str) -> Vec<String> {
    shlex::split(command).unwrap_or_else(|| panic!("a quote of {command:?} has no end"))
}
