//! `book`: builds the book and shows it in a browser. What makes the pages is a crate of its own,
//! which is compiled at first use, so that nobody waits for it who only runs a step.

use std::path::Path;
use std::process::{ExitCode, Stdio};

use tokio::process::Command;

use crate::cli;
use crate::error::{Result, failed};
use crate::output::{DIM, painted};
use crate::project::{Project, current_dir};
use crate::up::build::{Cargo, cargo_command};
use crate::up::stop::Stop;

/// Serves the book until Ctrl-C, or only builds it.
///
/// # Errors
/// If the repository is not found or cargo cannot be run. What is wrong in the book is shown
/// by the builder itself, whose exit code is handed on.
pub fn run(options: &cli::Book) -> Result<ExitCode> {
    let project = Project::find(&current_dir()?)?;
    let builder = project.root().join("book").join("builder");
    if !builder.join("Cargo.toml").is_file() {
        return Err(failed(format!(
            "there is no book in {}: get the whole repository",
            project.root().display()
        )));
    }
    let runtime = tokio::runtime::Runtime::new()
        .map_err(|error| failed(format!("cannot start threads: {error}")))?;
    runtime.block_on(until_stopped(command(project.root(), options)))
}

fn command(root: &Path, options: &cli::Book) -> Command {
    let mut command = cargo_command("run", &root.join("Cargo.toml"));
    command.args(["--package", "book-builder", "--"]);
    if options.build {
        command.arg("build");
    } else {
        command.args(["serve", "--port", &options.port.to_string()]);
        if options.no_open {
            command.arg("--no-open");
        }
    }
    command.stdout(Stdio::inherit());
    command
}

async fn until_stopped(command: Command) -> Result<ExitCode> {
    let mut stop = Stop::listen()?;
    anstream::eprintln!(
        "{}",
        painted(
            DIM,
            "The book's builder is compiled first; that takes a while the first time."
        )
    );
    let cannot = |error| failed(format!("cannot run cargo: {error}; is Rust installed?"));
    let mut cargo = Cargo::start(command).map_err(cannot)?;
    tokio::select! {
        status = cargo.wait() => {
            let code = status.map_err(cannot)?.code();
            Ok(code.and_then(|code| u8::try_from(code).ok()).map_or(ExitCode::FAILURE, ExitCode::from))
        }
        // Dropping it ends the builder, or the compiler.
        () = stop.asked() => Ok(ExitCode::SUCCESS),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arguments(options: &cli::Book) -> Vec<String> {
        let command = command(Path::new("root"), options);
        let arguments = command.as_std().get_args();
        arguments
            .map(|argument| argument.to_string_lossy().replace('\\', "/"))
            .collect()
    }

    #[test]
    fn the_builder_is_run_from_the_repository_whatever_the_folder() {
        let options = cli::Book {
            port: 3001,
            no_open: true,
            build: false,
        };
        assert_eq!(
            arguments(&options).join(" "),
            "run --manifest-path root/Cargo.toml --package book-builder -- serve --port 3001 --no-open"
        );
        let options = cli::Book {
            build: true,
            ..options
        };
        assert!(arguments(&options).ends_with(&["--".to_owned(), "build".to_owned()]));
    }
}
