//! Tables and keys of a TOML file.

use std::ops::Range;

use toml_edit::{Document, Item, Table};

use super::{Part, with_comments};
use crate::directive::line_at;

/// The parts of a file: tables and keys by their path.
pub(super) fn parts(text: &str) -> Result<Vec<Part>, String> {
    let document = Document::parse(text).map_err(|error| error.message().to_owned())?;
    let mut found = Found {
        text,
        lines: text.lines().collect(),
        parts: Vec::new(),
    };
    found.table(document.as_table(), "");
    found
        .parts
        .sort_by_key(|part| (part.lines.start, usize::MAX - part.lines.end));
    Ok(found.parts)
}

struct Found<'a> {
    text: &'a str,
    lines: Vec<&'a str>,
    parts: Vec<Part>,
}

impl Found<'_> {
    /// Adds what a table has, and answers the lines of it.
    fn table(&mut self, table: &Table, path: &str) -> Option<Range<usize>> {
        let header = table.span().map(|span| self.lines_of(span));
        let mut all = header.filter(|_| !path.is_empty() && !table.is_dotted());
        for (name, item) in table {
            let path = match path {
                "" => name.to_owned(),
                path => format!("{path}.{name}"),
            };
            let key = table.key(name).and_then(toml_edit::Key::span);
            let key = key.map(|span| self.lines_of(span));
            let own = match item {
                Item::Table(table) => {
                    let below = self.table(table, &path);
                    if !table.is_dotted() {
                        continue;
                    }
                    below
                }
                Item::ArrayOfTables(tables) => {
                    let mut together = None;
                    for table in tables {
                        let name = table.get("name").and_then(Item::as_str);
                        let lines = self.table(table, &format!("{path}.{}", name.unwrap_or("_")));
                        together = around(together, lines);
                    }
                    self.add(path, together);
                    continue;
                }
                Item::Value(value) => {
                    let value = value.span().map(|span| self.lines_of(span));
                    let own = around(key, value);
                    self.add(path, own.clone());
                    own
                }
                Item::None => None,
            };
            all = around(all, own);
        }
        if !path.is_empty() {
            self.add(path.to_owned(), all.clone());
        }
        all
    }

    fn add(&mut self, path: String, lines: Option<Range<usize>>) {
        let Some(lines) = lines else { return };
        let start = with_comments(&self.lines, lines.start, |line| line.starts_with('#'));
        self.parts.push(Part {
            title: path.clone(),
            names: vec![path],
            lines: start..lines.end,
        });
    }

    fn lines_of(&self, span: Range<usize>) -> Range<usize> {
        let last = span.end.saturating_sub(1).max(span.start);
        line_at(self.text, span.start) - 1..line_at(self.text, last)
    }
}

fn around(one: Option<Range<usize>>, other: Option<Range<usize>>) -> Option<Range<usize>> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.start.min(other.start)..one.end.max(other.end)),
        (one, other) => one.or(other),
    }
}
