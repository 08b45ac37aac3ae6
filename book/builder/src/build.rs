//! Builds the pages.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use mdbook_driver::MDBook;
use mdbook_driver::config::Config;
use mdbook_driver::errors::Error;

use crate::expand::{Expanded, expand};
use crate::preprocess::Proven;
use crate::source::{Page, Source};

/// Loads the book of the repository in `root`, with the preprocessor built in.
///
/// # Errors
/// If `book.toml`, the table of contents or a page cannot be read.
pub fn load(root: &Path) -> Result<MDBook, Error> {
    let folder = root.join("book");
    let text = std::fs::read_to_string(folder.join("book.toml"))?;
    let mut config: toml_edit::DocumentMut = text.parse()?;
    // What `mdbook` itself would start as a program.
    config.remove("preprocessor");
    let config = Config::from_str(&config.to_string())?;
    let mut book = MDBook::load_with_config(folder, config)?;
    book.with_preprocessor(Proven);
    Ok(book)
}

/// Builds all pages and returns their folder.
///
/// # Errors
/// If something is wrong in the book, or a file cannot be written.
pub fn build(root: &Path) -> Result<PathBuf, Error> {
    let book = load(root)?;
    book.build()?;
    Ok(book.build_dir_for("html"))
}

/// The pages as they are before mdBook makes HTML of them, and what they are made from.
///
/// # Errors
/// If something cannot be read.
pub fn expanded(root: &Path) -> Result<(Source, Expanded), Error> {
    let book = load(root)?;
    let source = Source::read(root).map_err(|problem| Error::msg(problem.to_string()))?;
    let expanded = expand(&source, &Page::all(&book.book));
    Ok((source, expanded))
}
