//! `cargo run -p book-builder -- …`; readers use `cargo workbook book`.

use std::path::Path;
use std::process::ExitCode;

use book_builder::problem::Problems;
use book_builder::{build, coverage, preprocess, reviewed};
use clap::{Parser, Subcommand};
use mdbook_driver::errors::Error;

/// Builds and checks the book.
#[derive(Debug, Parser)]
#[command(name = "book-builder")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Build the pages into target/book
    Build,
    /// Tell which of the lines that each step changes are shown in its chapter
    Coverage {
        /// Only the step whose name begins so: 02
        #[arg(default_value = "")]
        step: String,
    },
    /// Write into book/reviewed.txt that the text around every listing and figure was read
    Accept,
    /// Answer mdBook as its preprocessor
    Preprocess {
        #[command(subcommand)]
        question: Option<Question>,
    },
}

#[derive(Debug, Subcommand)]
enum Question {
    /// Whether pages can be made for a renderer: for all of them
    Supports { renderer: String },
}

fn main() -> ExitCode {
    match run(&Cli::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: &Command) -> Result<(), Error> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    match *command {
        Command::Build => println!("{}", build::build(&root)?.display()),
        Command::Coverage { ref step } => {
            let (source, expanded) = build::expanded(&root)?;
            let (chapters, problems) = coverage::coverage(&source, &expanded.shown, step);
            for chapter in chapters {
                println!("{chapter}");
            }
            Problems::none_of(problems)?;
        }
        Command::Accept => {
            let (_, expanded) = build::expanded(&root)?;
            Problems::none_of(expanded.problems)?;
            reviewed::accept(&root, &expanded.shown)?;
        }
        Command::Preprocess {
            question: Some(Question::Supports { .. }),
        } => {}
        Command::Preprocess { question: None } => {
            preprocess::answer(std::io::stdin(), std::io::stdout())?;
        }
    }
    Ok(())
}
