//! The repository that the book is about: its steps and its pages.

use std::path::{Path, PathBuf};

use mdbook_preprocessor::book::{Book, BookItem};
use workbook::project::Project;
use workbook::step::Step;

use crate::problem::Problem;

/// What the pages are made from.
#[derive(Debug)]
pub struct Source {
    /// The folder of the repository.
    pub root: PathBuf,
    /// The steps in the order of the book, `final` last.
    pub steps: Vec<Taught>,
    /// Address of the repository, without a `/` at its end, if `book.toml` has one.
    pub address: Option<String>,
}

/// A step as the book tells it.
#[derive(Debug)]
pub struct Taught {
    /// Name of its folder, which is also that of its chapter: `02-signature-checks`.
    pub name: String,
    /// Its folder relative to the repository, with `/`: `steps/02-signature-checks`.
    pub folder: String,
    /// Its files.
    pub step: Step,
    /// The files of the step before, under the names that they have in this one where both are numbered.
    pub before: Option<Step>,
}

/// A page of the book.
#[derive(Clone, Debug)]
pub struct Page {
    /// Path in `book/src`, with `/`: `02-signature-checks/change.md`.
    pub path: String,
    /// Title in the table of contents.
    pub title: String,
    /// Number of the chapter that the page belongs to; pages before the first one have none.
    pub chapter: Option<u32>,
    /// Markdown.
    pub text: String,
}

impl Source {
    /// Reads the steps of the repository in `root`.
    ///
    /// # Errors
    /// If a step cannot be read.
    pub fn read(root: &Path) -> Result<Self, Problem> {
        let wrong = |error: workbook::error::Error| Problem::of_file("steps", error.to_string());
        let project = Project::find(root).map_err(wrong)?;
        let mut steps: Vec<Taught> = Vec::new();
        for target in project.steps().map_err(wrong)? {
            let step = Step::read(&target.dir).map_err(wrong)?;
            let before = steps.last().map(|before| {
                // The names of `final` and of a numbered step do not correspond one to one.
                match before.step.identity.corresponds_to(&step.identity) {
                    true => before.step.as_in(&step),
                    false => before.step.clone(),
                }
            });
            let folder = match target.number() {
                Some(_) => format!("steps/{}", target.name),
                None => target.name.clone(),
            };
            steps.push(Taught {
                name: target.name,
                folder,
                step,
                before,
            });
        }
        Ok(Self {
            root: project.root().to_owned(),
            steps,
            address: address(project.root()),
        })
    }

    /// The step with this name.
    #[must_use]
    pub fn step(&self, name: &str) -> Option<&Taught> {
        self.steps.iter().find(|step| step.name == name)
    }
}

/// A path with `/` on every system.
#[must_use]
pub fn path_of(path: &Path) -> String {
    path.to_string_lossy().replace('\\', "/")
}

impl Page {
    /// The pages of a book in their order; drafts have none.
    #[must_use]
    pub fn all(book: &Book) -> Vec<Self> {
        let chapters = book.iter().filter_map(|item| match item {
            BookItem::Chapter(chapter) => Some(chapter),
            _ => None,
        });
        let pages = chapters.filter_map(|chapter| {
            let path = chapter.source_path.as_ref()?;
            Some(Self {
                path: path_of(path),
                title: chapter.name.clone(),
                chapter: chapter
                    .number
                    .as_ref()
                    .and_then(|number| number.first().copied()),
                text: chapter.content.clone(),
            })
        });
        pages.collect()
    }

    /// Name of the step that the page is about: that of its folder, if there is one.
    #[must_use]
    pub fn step<'source>(&self, source: &'source Source) -> Option<&'source Taught> {
        source.step(self.path.split_once('/')?.0)
    }

    /// The page as a file of the repository.
    #[must_use]
    pub fn file(&self) -> String {
        format!("book/src/{}", self.path)
    }

    /// A problem on this page.
    #[must_use]
    pub fn problem(&self, line: usize, message: impl Into<String>) -> Problem {
        Problem {
            file: self.file(),
            line,
            message: message.into(),
        }
    }
}

/// `git-repository-url` of `book.toml`.
fn address(root: &Path) -> Option<String> {
    let text = std::fs::read_to_string(root.join("book/book.toml")).ok()?;
    let book: toml_edit::DocumentMut = text.parse().ok()?;
    let html = book.get("output")?.get("html")?;
    let address = html.get("git-repository-url")?.as_str()?;
    Some(address.trim_end_matches('/').to_owned())
}
