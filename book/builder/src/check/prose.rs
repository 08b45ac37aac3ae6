//! The rules of `WRITING.md` that a program can tell.

mod commands;
mod fences;
mod folds;
mod words;

use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};

use crate::directive::line_at;
use crate::problem::Problem;
use crate::source::Page;

/// Markdown as mdBook reads it.
pub(super) fn parser(text: &str) -> Parser<'_> {
    Parser::new_ext(text, options())
}

fn options() -> Options {
    Options::ENABLE_TABLES
        | Options::ENABLE_FOOTNOTES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_HEADING_ATTRIBUTES
        | Options::ENABLE_DEFINITION_LIST
        | Options::ENABLE_GFM
}

/// What is wrong on a page as it was written.
#[must_use]
pub fn lint(page: &Page) -> Vec<Problem> {
    let mut found = Found::default();
    let text = &page.text;
    // Prose of one block, and where its parts come from.
    let mut prose = Prose::default();
    let mut fence: Option<Fence> = None;
    for (event, range) in parser(text).into_offset_iter() {
        match event {
            Event::Start(Tag::CodeBlock(kind)) => {
                let info = match kind {
                    CodeBlockKind::Fenced(info) => Some(info.into_string()),
                    CodeBlockKind::Indented => None,
                };
                fence = Some(Fence {
                    info,
                    start: range.start,
                    body: String::new(),
                });
            }
            Event::End(TagEnd::CodeBlock) => {
                if let Some(fence) = fence.take() {
                    fences::lint(&fence, &mut found);
                }
            }
            Event::Text(part) => match &mut fence {
                Some(fence) => fence.body.push_str(&part),
                None => prose.add(&part, range.start),
            },
            Event::Code(code) => {
                commands::lint_inline(&code, range.start, &mut found);
                // What stands around it is not one word.
                prose.add(" ` ", range.start);
            }
            Event::SoftBreak | Event::HardBreak => prose.add(" ", range.start),
            Event::Html(html) | Event::InlineHtml(html) => {
                prose.add(&words::without_tags(&html), range.start);
            }
            Event::Start(Tag::Heading { level, id, .. }) => {
                prose.end(&mut found);
                if is_of_a_chapter(page) && level as usize == 2 && id.is_none() {
                    found.push(
                        range.start,
                        "a ## heading of a chapter has an id of its own, for example {#break-it}: \
                         links to it shall outlive its words",
                    );
                }
            }
            Event::Start(tag) if is_block(&tag) => prose.end(&mut found),
            _ => {}
        }
    }
    prose.end(&mut found);
    folds::lint(text, &mut found);
    let problems = found.0.into_iter();
    problems
        .map(|(at, message)| page.problem(line_at(text, at), message))
        .collect()
}

fn is_block(tag: &Tag<'_>) -> bool {
    !matches!(
        tag,
        Tag::Emphasis | Tag::Strong | Tag::Strikethrough | Tag::Link { .. } | Tag::Image { .. }
    )
}

fn is_of_a_chapter(page: &Page) -> bool {
    let folder = page.path.split_once('/').map_or("", |(folder, _)| folder);
    folder.starts_with(|c: char| c.is_ascii_digit()) || ["final", "make-it-yours"].contains(&folder)
}

/// Bytes of the page and what is wrong there.
#[derive(Debug, Default)]
struct Found(Vec<(usize, String)>);

impl Found {
    fn push(&mut self, at: usize, message: impl Into<String>) {
        self.0.push((at, message.into()));
    }
}

/// A code block.
struct Fence {
    /// What stands after the fence; an indented block has none.
    info: Option<String>,
    /// Byte of the page.
    start: usize,
    body: String,
}

/// The prose of a paragraph, a heading, a cell.
#[derive(Default)]
struct Prose {
    text: String,
    /// Bytes of `text` and of the page where a part begins.
    parts: Vec<(usize, usize)>,
}

impl Prose {
    fn add(&mut self, part: &str, at: usize) {
        self.parts.push((self.text.len(), at));
        self.text.push_str(part);
    }

    fn end(&mut self, found: &mut Found) {
        for (at, message) in words::lint(&self.text) {
            let part = self.parts.iter().rev().find(|(start, _)| *start <= at);
            found.push(part.map_or(0, |(_, at)| *at), message);
        }
        self.text.clear();
        self.parts.clear();
    }
}

#[cfg(test)]
mod tests;
