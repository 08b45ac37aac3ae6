//! `cargo run -p book-builder -- …`; readers use `cargo workbook book`.

use std::path::Path;
use std::process::ExitCode;

use book_builder::problem::Problems;
use book_builder::source::Page;
use book_builder::{build, check, coverage, preprocess, reviewed, schedule, serve};
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
    /// Build the pages, then check links, addresses, pages and prose, and whether each text was read
    /// since what it shows has changed
    Check {
        /// Write new addresses of pages and headings into book/addresses.txt, to be kept for ever
        #[arg(long)]
        accept_addresses: bool,
    },
    /// Serve the pages on 127.0.0.1, and build them again when a file is saved
    Serve {
        /// Port to listen on
        #[arg(long, default_value_t = 3000, value_parser = clap::value_parser!(u16).range(1..))]
        port: u16,
        /// Do not open a browser
        #[arg(long)]
        no_open: bool,
    },
    /// Tell which of the lines that each step changes are shown in its chapter
    Coverage {
        /// Only the step whose name begins so: 02
        #[arg(default_value = "")]
        step: String,
    },
    /// Write into book/reviewed.txt that the text around every listing and figure was read
    Accept,
    /// Print the minutes of the book and of each plan of a workshop
    Schedule,
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
        Command::Check { accept_addresses } => {
            build::build(&root)?;
            if accept_addresses {
                println!("{} new addresses", check::addresses::accept(&root)?);
            }
            let checked = check::check(&root)?;
            println!("{checked}");
            let shown = build::expanded(&root)?.1.shown;
            let stale = reviewed::problems(&root, &shown)?;
            Problems::none_of([checked.problems, stale].concat())?;
        }
        Command::Serve { port, no_open } => serve::serve(
            &root,
            serve::Options {
                port,
                open: !no_open,
            },
        )?,
        Command::Coverage { ref step } => {
            let (source, expanded) = build::expanded(&root)?;
            let (chapters, problems) = coverage::coverage(&source, &expanded.shown, step);
            for chapter in chapters {
                println!("{chapter}");
            }
            Problems::none_of(problems)?;
        }
        Command::Schedule => {
            let pages = Page::all(&build::load(&root)?.book);
            print!("{}", schedule::all(&root, &pages).map_err(Error::msg)?);
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
