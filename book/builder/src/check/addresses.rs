//! Addresses that were ever published lead somewhere for ever.

use std::collections::BTreeSet;
use std::path::Path;

use mdbook_driver::errors::Error;
use pulldown_cmark::{Event, Tag};

use super::Built;
use super::prose::parser;
use crate::build;
use crate::problem::Problem;
use crate::source::Page;

const FILE: &str = "book/addresses.txt";

/// The lines of `addresses.txt`.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Published(BTreeSet<String>);

impl Published {
    /// Reads the file; none is an empty one.
    ///
    /// # Errors
    /// If it is there and cannot be read.
    pub fn read(root: &Path) -> Result<Self, Error> {
        let file = root.join(FILE);
        if !file.exists() {
            return Ok(Self::default());
        }
        let text = std::fs::read_to_string(file)?;
        let lines = text.lines().filter(|line| !line.is_empty());
        Ok(Self(lines.map(str::to_owned).collect()))
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn problems(
        &self,
        now: &BTreeSet<String>,
        built: &Built,
        redirects: &[String],
    ) -> Vec<Problem> {
        let lost = self.0.iter().filter(|address| {
            let (path, id) = address.split_once('#').unwrap_or((address, ""));
            let there = built
                .pages
                .get(path)
                .is_some_and(|page| id.is_empty() || page.ids.iter().any(|known| known == id));
            !there && !redirects.contains(address)
        });
        let lost = lost.map(|address| {
            format!(
                "{address} was published and is gone: give the page or heading its address back, or say \
                 in book.toml, under [output.html.redirect], what \"/{address}\" has become"
            )
        });
        let new: Vec<&str> = now.difference(&self.0).map(String::as_str).collect();
        let new = new.first().map(|first| {
            format!(
                "{} addresses are new, {first} the first of them: \
                 `cargo run -p book-builder -- check --accept-addresses` writes them down, to be kept for ever",
                new.len()
            )
        });
        lost.chain(new)
            .map(|message| Problem::of_file(FILE, message))
            .collect()
    }
}

/// Addresses of pages and of headings that were given an id.
#[must_use]
pub fn of(pages: &[Page]) -> BTreeSet<String> {
    let mut addresses = BTreeSet::from(["index.html".to_owned()]);
    for page in pages {
        let path = format!("{}html", page.path.trim_end_matches("md"));
        for event in parser(&page.text) {
            if let Event::Start(Tag::Heading { id: Some(id), .. }) = event {
                addresses.insert(format!("{path}#{id}"));
            }
        }
        addresses.insert(path);
    }
    addresses
}

/// Adds the addresses that are new and returns how many there are of them.
///
/// # Errors
/// If the book cannot be read or the file cannot be written.
pub fn accept(root: &Path) -> Result<usize, Error> {
    let now = of(&Page::all(&build::load(root)?.book));
    let Published(mut published) = Published::read(root)?;
    let before = published.len();
    published.extend(now);
    let lines: String = published
        .iter()
        .map(|address| format!("{address}\n"))
        .collect();
    std::fs::write(root.join(FILE), lines)?;
    Ok(published.len() - before)
}

#[cfg(test)]
mod tests {
    use super::super::document::Document;
    use super::*;

    fn page(path: &str, text: &str) -> Page {
        Page {
            path: path.to_owned(),
            title: String::new(),
            chapter: None,
            text: text.to_owned(),
        }
    }

    #[test]
    fn a_page_and_its_named_headings_have_addresses() {
        let page = page(
            "01/run.md",
            "# Run it\n\n## Break it {#break-it minutes=10}\n\n## Other\n",
        );
        let addresses: Vec<String> = of(&[page]).into_iter().collect();
        assert_eq!(
            addresses,
            ["01/run.html", "01/run.html#break-it", "index.html"]
        );
    }

    #[test]
    fn a_lost_address_and_a_new_one_are_told_and_a_redirect_is_enough() {
        let old = ["gone.html", "run.html", "run.html#gone", "run.html#here"];
        let published = Published(old.map(str::to_owned).into());
        let built = Built {
            pages: [(
                "run.html".to_owned(),
                Document::parse("<main><h2 id=here>H</h2></main>"),
            )]
            .into(),
            files: Vec::new(),
        };
        let told = |redirects: &[String]| -> Vec<String> {
            let now = BTreeSet::from(["run.html".to_owned(), "new.html".to_owned()]);
            let problems = published.problems(&now, &built, redirects);
            let messages = problems.into_iter().map(|problem| problem.message);
            messages
                .map(|message| {
                    message
                        .split_whitespace()
                        .take(3)
                        .collect::<Vec<_>>()
                        .join(" ")
                })
                .collect()
        };
        assert_eq!(
            told(&[]),
            [
                "gone.html was published",
                "run.html#gone was published",
                "1 addresses are"
            ]
        );
        let redirects = ["gone.html".to_owned(), "run.html#gone".to_owned()];
        assert_eq!(told(&redirects), ["1 addresses are"]);
    }
}
