//! A step's files beside those of the step before.

use workbook::step::{Content, Step};

use super::compare::{Row, compare, mark_words, unchanged};
use super::markup::Sides;
use crate::highlight;
use crate::source::Taught;

/// A file of a step and what it was before.
#[derive(Clone, Copy, Debug)]
pub struct History<'a> {
    taught: &'a Taught,
    /// Path in the step.
    pub path: &'a str,
    /// What it was; nothing if the file is new or the step is the first one.
    pub old: Option<&'a str>,
    /// What it is; nothing if the file is gone.
    pub new: Option<&'a str>,
}

impl<'a> History<'a> {
    /// The file of a step at `path`; a file that is not text has no lines.
    #[must_use]
    pub fn of(taught: &'a Taught, path: &'a str) -> Self {
        let text = |step: &'a Step| match step.files.get(path)? {
            Content::Text(text) => Some(text.as_str()),
            Content::Binary(_) => Some(""),
        };
        Self {
            taught,
            path,
            old: taught.before.as_ref().and_then(text),
            new: text(&taught.step),
        }
    }

    /// Every file that this step or the one before has.
    pub fn all(taught: &'a Taught) -> impl Iterator<Item = Self> {
        let before = taught.before.iter().flat_map(|before| before.files.keys());
        let paths: std::collections::BTreeSet<&String> =
            taught.step.files.keys().chain(before).collect();
        paths.into_iter().map(|path| Self::of(taught, path))
    }

    /// Whether the file is not in the step before, and there is one.
    #[must_use]
    pub fn is_new(&self) -> bool {
        self.taught.before.is_some() && self.old.is_none()
    }

    /// All lines with what happened to them. Lines that differ only in the step's own names are the same.
    #[must_use]
    pub fn rows(&self) -> Vec<Row> {
        let (old, new) = (self.old.unwrap_or_default(), self.new.unwrap_or_default());
        if old == new {
            return unchanged(new.lines().count());
        }
        let neutral = |text: &str| {
            let text = self.taught.step.identity.neutral(text);
            match &self.taught.before {
                Some(before) => before.identity.neutral(&text),
                None => text,
            }
        };
        let (old, new) = (neutral(old), neutral(new));
        let mut rows = compare(
            &old.lines().collect::<Vec<_>>(),
            &new.lines().collect::<Vec<_>>(),
        );
        let (old, new) = self.lines();
        mark_words(&mut rows, &old, &new);
        rows
    }

    /// Lines of both states.
    fn lines(&self) -> (Vec<&'a str>, Vec<&'a str>) {
        (
            self.old.unwrap_or_default().lines().collect(),
            self.new.unwrap_or_default().lines().collect(),
        )
    }

    /// Whether a line, gone or not, has nothing to show; in a file that is not text none is blank.
    #[must_use]
    pub fn is_blank(&self, (gone, line): (bool, usize)) -> bool {
        let text = if gone { self.old } else { self.new };
        let line = text.and_then(|text| text.lines().nth(line));
        line.is_some_and(|line| line.trim().is_empty())
    }

    /// Both states with their colors.
    #[must_use]
    pub fn sides(&self) -> Sides<'a> {
        let language = language(self.path);
        let (old, new) = self.lines();
        Sides {
            new,
            old,
            new_colors: highlight::lines(language, self.new.unwrap_or_default()),
            old_colors: highlight::lines(language, self.old.unwrap_or_default()),
        }
    }
}

/// What a file is written in, by the ending of its name.
#[must_use]
pub fn language(path: &str) -> &str {
    path.rsplit_once('.').map_or("", |(_, ending)| ending)
}
