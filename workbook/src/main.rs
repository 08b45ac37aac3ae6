//! The `cargo workbook` command.

use std::process::ExitCode;

use workbook::cli::{Cli, Command};
use workbook::error::{Error, Result};
use workbook::output::{ERROR, painted};
use workbook::{bench, book, diff, doctor, leftovers, listen, new, redrive, send, steps, up};

fn main() -> ExitCode {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string);
        let what = panic
            .payload_as_str()
            .unwrap_or("no message")
            .replace('\n', " ");
        anstream::eprintln!(
            "{}: the command itself is broken at {}: {what}. Please report this line.",
            painted(ERROR, "error"),
            place.as_deref().unwrap_or("an unknown place"),
        );
    }));
    match run(Cli::read(std::env::args_os()).command) {
        Ok(code) => code,
        Err(error) => {
            anstream::eprintln!("{}: {error}", painted(ERROR, "error"));
            ExitCode::from(match error {
                Error::Usage(_) => 2,
                Error::Failed(_) => 1,
            })
        }
    }
}

fn run(command: Command) -> Result<ExitCode> {
    match command {
        Command::Up(options) => up::run(&options),
        Command::Send(options) => send::run(&options),
        Command::Listen(options) => listen::run(&options),
        Command::Redrive(options) => redrive::run(&options),
        Command::New(options) => new::run(&options),
        Command::Steps => steps::run(),
        Command::Diff(options) => diff::run(&options),
        Command::Leftovers(options) => leftovers::run(&options),
        Command::Bench(options) => bench::run(&options),
        Command::Book(options) => book::run(&options),
        Command::Doctor => doctor::run(),
        Command::Reaper => up::reaper::run(),
    }
}
