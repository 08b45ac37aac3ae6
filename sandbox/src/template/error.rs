//! What is wrong with a template, where, and what to do about it.

use std::fmt;
use std::path::{Path, PathBuf};

/// A place in the template's text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
}

/// A template that cannot be run, with the place and the way out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemplateError {
    /// The template file, as it was given.
    pub file: PathBuf,
    /// Where in the file, if the mistake has a place there.
    pub position: Option<Position>,
    /// Logical id of the resource, if the mistake is in one.
    pub resource: Option<String>,
    /// What is wrong. Never holds the value of a `NoEcho` parameter.
    pub message: String,
    /// What to do next.
    pub help: Option<String>,
}

impl fmt::Display for TemplateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.file.display())?;
        if let Some(Position { line, column }) = self.position {
            write!(f, ":{line}:{column}")?;
        }
        f.write_str(": ")?;
        if let Some(resource) = &self.resource {
            write!(f, "resource {resource}: ")?;
        }
        f.write_str(&self.message)?;
        if let Some(help) = &self.help {
            write!(f, "\n  help: {help}")?;
        }
        Ok(())
    }
}

impl std::error::Error for TemplateError {}

/// A mistake on its way up, before the file's name is known.
#[derive(Clone, Debug)]
pub(super) struct Problem {
    position: Option<Position>,
    resource: Option<String>,
    message: String,
    help: Option<String>,
}

impl Problem {
    /// A mistake without a place in the text.
    pub(super) fn new(message: impl Into<String>) -> Self {
        Self {
            position: None,
            resource: None,
            message: message.into(),
            help: None,
        }
    }

    /// A mistake at a place.
    pub(super) fn at(position: Position, message: impl Into<String>) -> Self {
        Self {
            position: Some(position),
            ..Self::new(message)
        }
    }

    /// Says what to do next.
    pub(super) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Says what to do next if there is something to say.
    pub(super) fn maybe_help(mut self, help: Option<String>) -> Self {
        self.help = help.or(self.help);
        self
    }

    /// Names the resource, unless an inner one is named already.
    pub(super) fn in_resource(mut self, id: &str) -> Self {
        self.resource.get_or_insert_with(|| id.to_owned());
        self
    }

    /// Names the part of the template, e.g. `event Post`, before the message.
    pub(super) fn within(mut self, what: impl fmt::Display) -> Self {
        self.message = format!("{what}: {}", self.message);
        self
    }

    /// The finished error.
    pub(super) fn in_file(self, file: &Path) -> TemplateError {
        TemplateError {
            file: file.to_path_buf(),
            position: self.position,
            resource: self.resource,
            message: self.message,
            help: self.help,
        }
    }
}

/// How many names an error lists before it only counts the rest.
const LISTED: usize = 24;

/// `A, B and C`; `none` for no names at all.
pub(super) fn listed<S: AsRef<str>>(names: impl IntoIterator<Item = S>) -> String {
    let mut names: Vec<String> = names
        .into_iter()
        .map(|name| name.as_ref().to_owned())
        .collect();
    let count = names.len();
    if count > LISTED + 1 {
        names.truncate(LISTED);
        names.push(format!("{} more", count - LISTED));
    }
    match names.pop() {
        None => "none".to_owned(),
        Some(last) if names.is_empty() => last,
        Some(last) => format!("{} and {last}", names.join(", ")),
    }
}

/// `did you mean X?` for the name that a typing mistake most likely meant.
pub(super) fn near<S: AsRef<str>>(
    written: &str,
    names: impl IntoIterator<Item = S>,
) -> Option<String> {
    names
        .into_iter()
        .map(|name| {
            let name = name.as_ref().to_owned();
            let distance =
                strsim::damerau_levenshtein(&written.to_lowercase(), &name.to_lowercase());
            (distance, name)
        })
        .filter(|(distance, name)| *distance <= name.chars().count().max(3) / 3)
        .min()
        .map(|(_, name)| format!("did you mean {name}?"))
}
