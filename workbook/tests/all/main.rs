//! Tests of the command as it is called, and of the steps as its code sees them.

#![expect(
    clippy::unwrap_used,
    reason = "a test says \"this must hold\" with unwrap"
)]

mod alone;
mod command;
mod leaving;
mod listening;
mod neighbours;
#[cfg(unix)]
mod reaper;
mod redriving;
mod sending;
mod server;
mod templates;
mod up;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use workbook::project::Project;

fn project() -> Project {
    Project::find(Path::new(env!("CARGO_MANIFEST_DIR"))).unwrap()
}

/// The command with these arguments, in the repository unless a test moves it.
/// Colours off whatever the terminal, state in a folder that is not there.
fn workbook(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_workbook"));
    command
        .args(arguments)
        .current_dir(project().root())
        .env("CARGO_TARGET_DIR", nowhere())
        .env_remove("WORKBOOK_SECRET")
        .env_remove("CLICOLOR_FORCE");
    command
}

fn nowhere() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("nowhere")
}

fn run(arguments: &[&str]) -> Output {
    workbook(arguments).output().unwrap()
}

fn stdout(output: &Output) -> &str {
    str::from_utf8(&output.stdout).unwrap()
}

fn stderr(output: &Output) -> &str {
    str::from_utf8(&output.stderr).unwrap()
}
