//! The builder as a preprocessor of mdBook.

use std::io::{Read, Write};

use mdbook_driver::errors::Error;
use mdbook_preprocessor::book::{Book, BookItem};
use mdbook_preprocessor::{Preprocessor, PreprocessorContext};

use crate::expand::{Expanded, expand};
use crate::problem::Problems;
use crate::source::{Page, Source};

/// Shows on each page what its directives ask for.
pub struct Proven;

impl Preprocessor for Proven {
    fn name(&self) -> &str {
        "proven"
    }

    fn run(&self, context: &PreprocessorContext, mut book: Book) -> Result<Book, Error> {
        let source =
            Source::read(&context.root).map_err(|problem| Error::msg(problem.to_string()))?;
        let Expanded {
            texts, problems, ..
        } = expand(&source, &Page::all(&book));
        Problems::none_of(problems)?;
        let mut texts = texts.into_iter();
        book.for_each_mut(|item| {
            if let BookItem::Chapter(chapter) = item
                && chapter.source_path.is_some()
                && let Some(text) = texts.next()
            {
                chapter.content = text;
            }
        });
        Ok(book)
    }
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
