//! Checks what was written and what was built: links, pages, addresses, prose.

pub mod addresses;
mod document;
mod links;
mod pages;
pub mod prose;

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use mdbook_driver::MDBook;
use mdbook_driver::errors::Error;

use self::document::Document;
use crate::build;
use crate::problem::Problem;
use crate::source::Page;

/// All pages in one.
const PRINT: &str = "print.html";

/// What was checked, and what is wrong.
#[derive(Debug, Default)]
pub struct Checked {
    /// Built pages.
    pub pages: usize,
    /// Links within the book, those to images, styles and scripts included.
    pub inner: usize,
    /// Links to other places.
    pub outer: usize,
    /// Addresses that were ever published.
    pub addresses: usize,
    /// What is wrong.
    pub problems: Vec<Problem>,
}

impl fmt::Display for Checked {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            pages,
            inner,
            outer,
            addresses,
            ..
        } = self;
        write!(
            formatter,
            "{pages} pages, {inner} links within the book, {outer} to other places, {addresses} addresses"
        )
    }
}

/// Checks the book of the repository in `root`, whose pages have been built into target/book.
///
/// # Errors
/// If a file cannot be read.
pub fn check(root: &Path) -> Result<Checked, Error> {
    let book = build::load(root)?;
    let written = Page::all(&book.book);
    let built = Built::read(&book.build_dir_for("html"))?;
    let published = addresses::Published::read(root)?;
    let now = addresses::of(&written);
    let mut checked = Checked {
        pages: built.pages.len(),
        addresses: published.len(),
        ..Checked::default()
    };
    let redirects = redirects(&book);
    checked.problems.extend(orphans(&book, &written)?);
    for page in &written {
        checked.problems.extend(prose::lint(page));
    }
    for (path, page) in &built.pages {
        checked.problems.extend(pages::problems(path, page));
        let links = links::check(path, page, &built);
        checked.inner += links.inner;
        checked.outer += links.outer;
        // All pages in one: what is wrong there has been told of the page that it comes from.
        if path != PRINT || checked.problems.is_empty() {
            checked.problems.extend(links.problems);
        }
    }
    checked
        .problems
        .extend(published.problems(&now, &built, &redirects));
    Ok(checked)
}

/// Files that were built, by path: `01-webhook-echo/index.html`.
#[derive(Debug, Default)]
struct Built {
    pages: BTreeMap<String, Document>,
    /// Everything that is no page.
    files: Vec<String>,
}

impl Built {
    fn read(folder: &Path) -> Result<Self, Error> {
        let mut built = Self::default();
        built.add(folder, "")?;
        Ok(built)
    }

    fn add(&mut self, folder: &Path, prefix: &str) -> Result<(), Error> {
        for entry in std::fs::read_dir(folder)? {
            let entry = entry?;
            let path = format!("{prefix}{}", entry.file_name().to_string_lossy());
            if entry.file_type()?.is_dir() {
                self.add(&entry.path(), &format!("{path}/"))?;
            } else if path.ends_with(".html") {
                let html = std::fs::read_to_string(entry.path())?;
                self.pages.insert(path, Document::parse(&html));
            } else {
                self.files.push(path);
            }
        }
        Ok(())
    }
}

/// A built page as its author knows it.
fn written_as(path: &str) -> String {
    match path {
        "404.html" | PRINT | "toc.html" | "index.html" => format!("target/book/{path}"),
        page => format!("book/src/{}md", page.trim_end_matches("html")),
    }
}

/// Old addresses with new ones, from `[output.html.redirect]`.
fn redirects(book: &MDBook) -> Vec<String> {
    let html = book.config.html_config().unwrap_or_default();
    let paths = html.redirect.into_keys();
    paths
        .map(|path| path.trim_start_matches('/').to_owned())
        .collect()
}

/// Pages that the table of contents leaves out.
fn orphans(book: &MDBook, written: &[Page]) -> Result<Vec<Problem>, Error> {
    fn find(folder: &Path, prefix: &str, found: &mut Vec<String>) -> std::io::Result<()> {
        for entry in std::fs::read_dir(folder)? {
            let entry = entry?;
            let path = format!("{prefix}{}", entry.file_name().to_string_lossy());
            if entry.file_type()?.is_dir() {
                find(&entry.path(), &format!("{path}/"), found)?;
            } else if path.ends_with(".md") && path != "SUMMARY.md" && path != "404.md" {
                found.push(path);
            }
        }
        Ok(())
    }
    let mut found = Vec::new();
    find(&book.root.join(&book.config.book.src), "", &mut found)?;
    let listed = |path: &String| written.iter().any(|page| page.path == *path);
    let orphans = found.iter().filter(|path| !listed(path)).map(|path| {
        Problem::of_file(
            format!("book/src/{path}"),
            "SUMMARY.md does not list this page, so nobody finds it",
        )
    });
    Ok(orphans.collect())
}
