//! `cargo workbook` lines, read by the command's own parser.

use clap::Parser;
use clap::error::ErrorKind;
use workbook::cli::Cli;

use super::Found;

const COMMAND: &str = "cargo workbook ";

/// Checks the lines of a block.
pub fn lint_block(body: &str, start: usize, found: &mut Found) {
    for line in body.lines() {
        check(line.trim(), start, found);
    }
}

/// Checks a command within a sentence, unless it names a place for what the reader puts in.
pub fn lint_inline(code: &str, start: usize, found: &mut Found) {
    if !code.contains(['…', '<', '[']) {
        check(code, start, found);
    }
}

fn check(line: &str, start: usize, found: &mut Found) {
    let Some(arguments) = line.strip_prefix(COMMAND) else {
        return;
    };
    // Of a pipe or after a substitution, the shell has the word.
    let arguments = arguments.split([';', '|', '#', '&']).next().unwrap_or("");
    if arguments.contains("$(") {
        return;
    }
    let words = arguments
        .split_whitespace()
        .map(|word| word.trim_matches(['\'', '"']));
    let Err(error) = Cli::try_parse_from(std::iter::once("cargo workbook").chain(words)) else {
        return;
    };
    if matches!(
        error.kind(),
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion
    ) {
        return;
    }
    let reason = error.to_string();
    let reason = reason.lines().next().unwrap_or_default();
    found.push(
        start,
        format!("the command does not understand {line:?}: {reason}"),
    );
}
