//! `book`: builds the book and shows it in a browser.

use std::path::Path;
use std::process::ExitCode;

use tokio::process::Command;

use crate::error::Result;
use crate::project::{Project, current_dir};
use crate::{cli, tool};

/// Serves the book until Ctrl-C, or only builds it.
///
/// # Errors
/// If the repository is not found or cargo cannot be run. What is wrong in the book is shown
/// by the builder itself, whose exit code is handed on.
pub fn run(options: &cli::Book) -> Result<ExitCode> {
    let project = Project::find(&current_dir()?)?;
    tool::check(&project, "book/builder", "book")?;
    let says = "The book's builder is compiled first; that takes a while the first time.";
    tool::run(command(project.root(), options), says)
}

fn command(root: &Path, options: &cli::Book) -> Command {
    let mut command = tool::command(root, "book-builder", &[]);
    if options.build {
        command.arg("build");
    } else {
        command.args(["serve", "--port", &options.port.to_string()]);
        if options.no_open {
            command.arg("--no-open");
        }
    }
    command
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
