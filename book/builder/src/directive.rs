//! Finds the directives of a page: fenced blocks that ask for something to be shown.

use std::ops::Range;

use pulldown_cmark::{CodeBlockKind, Event, Parser, Tag, TagEnd};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::source::Page;

/// What is asked for, with its options.
#[derive(Debug)]
pub enum Wanted {
    /// Code of a step or of a proof.
    Listing(Listing),
    /// A console session.
    Session(Session),
    /// The way of a request, from a stage snapshot.
    Trail(Trail),
    /// The picture of a step's stack.
    Architecture(Architecture),
    /// Everything that a step changes.
    Changes(Changes),
    /// Minutes of a plan or of the whole book.
    Schedule(Schedule),
}

/// A directive on a page.
#[derive(Debug)]
pub struct Directive {
    /// Bytes of the page that it stands in for.
    pub range: Range<usize>,
    /// Line of its fence, from 1.
    pub line: usize,
    /// What it asks for.
    pub wanted: Wanted,
}

/// Options of `listing`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Listing {
    /// Relative to the step; with a `/` in front, to the repository.
    pub file: String,
    /// Names of what is shown; empty for the whole file.
    #[serde(default)]
    pub show: OneOrMore,
    /// A text of the first line to show.
    pub from: Option<String>,
    /// A text of the last line to show.
    pub to: Option<String>,
    /// Fragment of its address.
    pub id: String,
    /// What to see in it.
    pub caption: String,
    /// Whether what is different in the step before is marked.
    #[serde(default = "yes")]
    pub diff: bool,
    /// Whether the code is wrong on purpose.
    #[serde(default)]
    pub wrong: bool,
    /// Another step than the chapter's.
    pub step: Option<String>,
}

/// Options of `session`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Session {
    /// Name of its file in `book/sessions`, without the ending; also the fragment of its address.
    pub name: String,
    /// What to see in it.
    pub caption: String,
}

/// Options of `trail`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trail {
    /// Name of the snapshot without `all__` and the ending.
    pub snapshot: String,
    /// Fragment of its address.
    pub id: String,
    /// What to see in it.
    pub caption: String,
    /// Hops whose payloads are shown too.
    #[serde(default)]
    pub payloads: Vec<usize>,
    /// Another step than the chapter's.
    pub step: Option<String>,
}

/// Options of `architecture`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Architecture {
    /// Fragment of its address.
    pub id: String,
    /// What to see in it.
    pub caption: String,
    /// Another step than the chapter's.
    pub step: Option<String>,
}

/// Options of `changes`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Changes {}

/// Options of `schedule`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Schedule {
    /// A plan of `plans.toml`; left out, the whole book by chapter.
    pub plan: Option<String>,
}

/// A text, or a list of them.
#[derive(Debug, Default, Deserialize)]
#[serde(untagged)]
pub enum OneOrMore {
    /// Nothing.
    #[default]
    None,
    /// One.
    One(String),
    /// Several.
    More(Vec<String>),
}

impl OneOrMore {
    /// All of them.
    #[must_use]
    pub fn as_slice(&self) -> &[String] {
        match self {
            Self::None => &[],
            Self::One(text) => std::slice::from_ref(text),
            Self::More(texts) => texts,
        }
    }
}

fn yes() -> bool {
    true
}

/// The directives of a page, or what is wrong with them, in their order.
pub fn find(page: &Page) -> Vec<Result<Directive, crate::problem::Problem>> {
    let blocks = fenced(&page.text);
    let found = blocks.into_iter().filter_map(|block| {
        let wanted = wanted(block.info.split_whitespace().next()?, &block.body)?;
        let line = line_at(&page.text, block.range.start);
        Some(match wanted {
            Ok(wanted) => Ok(Directive {
                range: block.range,
                line,
                wanted,
            }),
            Err(error) => {
                Err(page.problem(line, format!("this {} cannot be read: {error}", block.info)))
            }
        })
    });
    found.collect()
}

fn wanted(word: &str, body: &str) -> Option<Result<Wanted, String>> {
    fn read<T: DeserializeOwned>(body: &str, make: fn(T) -> Wanted) -> Result<Wanted, String> {
        let options = toml_edit::de::from_str(body).map(make);
        options.map_err(|error| error.message().to_owned())
    }
    Some(match word {
        "listing" => read(body, Wanted::Listing),
        "session" => read(body, Wanted::Session),
        "trail" => read(body, Wanted::Trail),
        "architecture" => read(body, Wanted::Architecture),
        "changes" => read(body, Wanted::Changes),
        "schedule" => read(body, Wanted::Schedule),
        _ => return None,
    })
}

/// A fenced code block of a page.
#[derive(Debug)]
pub struct Fenced {
    /// Bytes of the page, fences included.
    pub range: Range<usize>,
    /// What stands after the opening fence.
    pub info: String,
    /// The lines between the fences.
    pub body: String,
}

/// All fenced code blocks of a Markdown text.
#[must_use]
pub fn fenced(text: &str) -> Vec<Fenced> {
    let mut blocks: Vec<Fenced> = Vec::new();
    let mut inside = false;
    for (event, range) in Parser::new(text).into_offset_iter() {
        match event {
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(info))) => {
                inside = true;
                blocks.push(Fenced {
                    range,
                    info: info.into_string(),
                    body: String::new(),
                });
            }
            Event::Text(part) if inside => {
                if let Some(block) = blocks.last_mut() {
                    block.body.push_str(&part);
                }
            }
            Event::End(TagEnd::CodeBlock) => inside = false,
            _ => {}
        }
    }
    blocks
}

/// Line of a byte of `text`, from 1.
#[must_use]
pub fn line_at(text: &str, byte: usize) -> usize {
    text.as_bytes()[..byte]
        .iter()
        .filter(|byte| **byte == b'\n')
        .count()
        + 1
}
