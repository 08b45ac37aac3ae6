//! Tools of the repository that are crates of their own. Each is compiled at first use, so that
//! nobody waits for it who only runs a step.

use std::path::Path;
use std::process::{ExitCode, Stdio};

use tokio::process::Command;

use crate::error::{Result, failed};
use crate::output::{DIM, painted};
use crate::project::Project;
use crate::up::build::{Cargo, cargo_command};
use crate::up::stop::Stop;

/// Checks that the repository has the crate of `what` in `folder`.
pub fn check(project: &Project, folder: &str, what: &str) -> Result<()> {
    if project.root().join(folder).join("Cargo.toml").is_file() {
        return Ok(());
    }
    Err(failed(format!(
        "there is no {what} in {}: get the whole repository",
        project.root().display()
    )))
}

/// Cargo that runs the binary of a package; its arguments are still to come.
pub fn command(root: &Path, package: &str, options: &[&str]) -> Command {
    let mut command = cargo_command("run", &root.join("Cargo.toml"));
    command
        .args(options)
        .args(["--package", package, "--"])
        .stdout(Stdio::inherit());
    command
}

/// Runs it until it ends or until Ctrl-C. Says first what is compiled. The exit code is the tool's.
pub fn run(command: Command, says: &str) -> Result<ExitCode> {
    let runtime = tokio::runtime::Runtime::new()
        .map_err(|error| failed(format!("cannot start threads: {error}")))?;
    runtime.block_on(until_stopped(command, says))
}

async fn until_stopped(command: Command, says: &str) -> Result<ExitCode> {
    let mut stop = Stop::listen()?;
    anstream::eprintln!("{}", painted(DIM, says));
    let cannot = |error| failed(format!("cannot run cargo: {error}; is Rust installed?"));
    let mut cargo = Cargo::start(command).map_err(cannot)?;
    tokio::select! {
        status = cargo.wait() => {
            let code = status.map_err(cannot)?.code();
            Ok(code.and_then(|code| u8::try_from(code).ok()).map_or(ExitCode::FAILURE, ExitCode::from))
        }
        // Dropping it ends the tool, or the compiler.
        () = stop.asked() => Ok(ExitCode::SUCCESS),
    }
}
