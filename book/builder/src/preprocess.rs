//! The builder as a preprocessor of mdBook.

use std::collections::BTreeMap;
use std::io::{Read, Write};

use mdbook_driver::errors::Error;
use mdbook_preprocessor::book::Book;
use mdbook_preprocessor::{Preprocessor, PreprocessorContext};

use crate::expand::{Expanded, expand};
use crate::problem::Problems;
use crate::source::{Page, Source, path_of};

/// Shows on each page what its directives ask for.
pub struct Proven;

impl Preprocessor for Proven {
    fn name(&self) -> &str {
        "proven"
    }

    fn run(&self, context: &PreprocessorContext, mut book: Book) -> Result<Book, Error> {
        let source =
            Source::read(&context.root).map_err(|problem| Error::msg(problem.to_string()))?;
        let pages = Page::all(&book);
        let Expanded {
            texts, problems, ..
        } = expand(&source, &pages);
        Problems::none_of(problems)?;
        replace(&mut book, &pages, texts);
        Ok(book)
    }
}

/// Gives each page its text, by path: mdBook changes a chapter after those within it, but lists it before.
fn replace(book: &mut Book, pages: &[Page], texts: Vec<String>) {
    let paths = pages.iter().map(|page| page.path.clone());
    let mut texts: BTreeMap<String, String> = paths.zip(texts).collect();
    book.for_each_chapter_mut(|chapter| {
        let path = chapter.source_path.as_deref().map(path_of);
        if let Some(text) = path.and_then(|path| texts.remove(&path)) {
            chapter.content = text;
        }
    });
}

/// Answers as mdBook asks a preprocessor: a context and a book in JSON come in, a book goes out.
///
/// # Errors
/// If they cannot be read or written, or something is wrong in the book.
pub fn answer(input: impl Read, output: impl Write) -> Result<(), Error> {
    let (context, book) = mdbook_preprocessor::parse_input(input)?;
    let book = Proven.run(&context, book)?;
    serde_json::to_writer(output, &book)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use mdbook_preprocessor::book::{BookItem, Chapter};

    #[test]
    fn every_page_gets_its_own_text() {
        let mut outer = Chapter::new("Outer", "old".to_owned(), "1/index.md", Vec::new());
        let inner = Chapter::new("Inner", "old".to_owned(), "1/run.md", Vec::new());
        outer.sub_items.push(BookItem::Chapter(inner));
        let mut book = Book::new_with_items(vec![BookItem::Chapter(outer)]);
        let pages = Page::all(&book);
        let texts = pages.iter().map(|page| format!("of {}", page.path));
        replace(&mut book, &pages, texts.collect());
        let texts: Vec<String> = Page::all(&book).into_iter().map(|page| page.text).collect();
        assert_eq!(texts, ["of 1/index.md", "of 1/run.md"]);
    }
}
