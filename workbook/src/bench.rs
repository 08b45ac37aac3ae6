//! `bench`: measures the functions.

use std::path::Path;
use std::process::ExitCode;

use tokio::process::Command;

use crate::error::Result;
use crate::project::{Project, current_dir};
use crate::{cli, tool};

/// Measures until everything is measured, or Ctrl-C.
///
/// # Errors
/// If the repository is not found or cargo cannot be run. What could not be measured, or is not as
/// it should be, is shown by the benchmark itself, whose exit code is handed on.
pub fn run(options: &cli::Bench) -> Result<ExitCode> {
    let project = Project::find(&current_dir()?)?;
    tool::check(&project, "bench", "benchmark")?;
    let says = "The benchmark and the functions are compiled first, with optimisations; that takes \
                some minutes the first time.";
    tool::run(command(project.root(), options), says)
}

fn command(root: &Path, options: &cli::Bench) -> Command {
    // Nothing is timed for the sizes, and then optimisations of its own are not worth a wait.
    let optimised: &[&str] = if options.sizes { &[] } else { &["--release"] };
    let mut command = tool::command(root, "bench", optimised);
    if options.peers {
        command.arg("--peers");
    }
    if options.sizes {
        command.arg("--sizes");
    }
    if let Some(file) = &options.json {
        command.arg("--json").arg(file);
    }
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arguments(options: &cli::Bench) -> String {
        let command = command(Path::new("root"), options);
        let arguments = command.as_std().get_args();
        let arguments: Vec<String> = arguments
            .map(|argument| argument.to_string_lossy().replace('\\', "/"))
            .collect();
        arguments.join(" ")
    }

    #[test]
    fn the_benchmark_gets_the_options_and_optimisations_where_it_takes_times() {
        let options = cli::Bench {
            peers: true,
            json: Some("figures.json".into()),
            sizes: false,
        };
        assert_eq!(
            arguments(&options),
            "run --manifest-path root/Cargo.toml --release --package bench -- --peers --json figures.json"
        );
        let options = cli::Bench {
            peers: false,
            json: None,
            sizes: true,
        };
        assert_eq!(
            arguments(&options),
            "run --manifest-path root/Cargo.toml --package bench -- --sizes"
        );
    }
}
