//! Replays the console sessions of the book: starts the real programs, types the commands and
//! compares what is printed. `BOOK_SESSIONS=update` writes it into the files instead.

#![expect(
    clippy::unwrap_used,
    reason = "a test says \"this must hold\" with unwrap"
)]

// Where terminals are made for them.
#[cfg(unix)]
mod compare;
#[cfg(unix)]
mod console;
#[cfg(unix)]
mod ports;
#[cfg(unix)]
mod replay;
#[cfg(unix)]
mod replayer;
#[cfg(unix)]
mod update;

use clap::Parser;
use workbook::cli::{self, Cli};

/// Words of a command line, as a shell reads them; of one whose quotes do not end, none.
fn words(command: &str) -> Vec<String> {
    shlex::split(command).unwrap_or_default()
}

/// Reads the words of a `cargo workbook …` as the command does, for which nothing means `up`.
fn read(words: &[String]) -> Result<cli::Command, clap::Error> {
    let up = ["workbook".to_owned(), "up".to_owned()];
    let words = match words {
        [_cargo, _workbook] => &up,
        words => words.get(1..).unwrap_or_default(),
    };
    Cli::try_parse_from(words).map(|read| read.command)
}
