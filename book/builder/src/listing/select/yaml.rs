//! Keys of a YAML file, found by their indentation: what a template looks like is what is shown.

use std::sync::LazyLock;

use regex::Regex;

use super::{Part, with_comments};

/// A key or an item of a list whose lines are still being read.
struct Open {
    indent: usize,
    is_item: bool,
    /// The keys to it; nothing if one of them cannot be named.
    path: Option<String>,
    start: usize,
}

/// Keys that an item of a list is called by.
const NAMING: [&str; 3] = ["Name", "Id", "Sid"];

/// A key with what follows it. A regular expression that cannot be read would fail every test.
static KEY: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r#"^("[^"]+"|'[^']+'|[^\s#\[{].*?)\s*:(?:\s+(.*))?$"#).ok());
/// A text in lines of its own, below its key.
static BLOCK: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(?:^|\s)[|>][+-]?\d?[+-]?\s*(?:#.*)?$").ok());

/// The parts of a file: all keys by their path.
pub(super) fn parts(text: &str) -> Vec<Part> {
    let mut reader = Reader {
        lines: text.lines().collect(),
        open: Vec::new(),
        parts: Vec::new(),
        last: 0,
    };
    let mut block: Option<usize> = None;
    for number in 0..reader.lines.len() {
        let line = reader.lines[number];
        let rest = line.trim_start();
        let indent = line.len() - rest.len();
        if rest.is_empty() {
            continue;
        }
        if let Some(of) = block {
            if indent > of {
                reader.last = number;
                continue;
            }
            block = None;
        }
        if rest.starts_with('#') || rest == "---" {
            continue;
        }
        block = reader.line(number, indent, rest);
        reader.last = number;
    }
    reader.close(0, false);
    reader
        .parts
        .sort_by_key(|part| (part.lines.start, usize::MAX - part.lines.end));
    reader.parts
}

struct Reader<'a> {
    lines: Vec<&'a str>,
    open: Vec<Open>,
    parts: Vec<Part>,
    /// The last line that is part of anything.
    last: usize,
}

impl Reader<'_> {
    /// Reads a line; answers the indentation that a text below it is deeper than.
    fn line(&mut self, number: usize, indent: usize, rest: &str) -> Option<usize> {
        if let Some(item) = rest.strip_prefix("- ") {
            self.close(indent, true);
            let text = item.trim_start();
            let within = indent + rest.len() - text.len();
            let named = key(text).filter(|(key, _)| NAMING.contains(key));
            let path = self.below(named.map(|(_, name)| name));
            self.open.push(Open {
                indent,
                is_item: true,
                path,
                start: number,
            });
            return match key(text) {
                Some((_, value)) => is_block(value).then_some(within),
                None => is_block(text).then_some(indent),
            };
        }
        self.close(indent, false);
        let (key, value) = key(rest)?;
        let path = self.below(Some(key));
        self.open.push(Open {
            indent,
            is_item: false,
            path,
            start: number,
        });
        is_block(value).then_some(indent)
    }

    fn below(&self, name: Option<&str>) -> Option<String> {
        let name = name?;
        match self.open.last() {
            Some(parent) => Some(format!("{}.{name}", parent.path.as_ref()?)),
            None => Some(name.to_owned()),
        }
    }

    /// Ends what a line with this indentation is not inside of. An item of a list
    /// may stand as far left as the list's key.
    fn close(&mut self, indent: usize, by_item: bool) {
        while let Some(open) = self.open.pop_if(|open| {
            open.indent > indent || (open.indent == indent && (open.is_item || !by_item))
        }) {
            let Some(path) = open.path else { continue };
            let start = with_comments(&self.lines, open.start, |line| line.starts_with('#'));
            self.parts.push(Part {
                title: path.clone(),
                names: vec![path],
                lines: start..self.last + 1,
            });
        }
    }
}

fn key(text: &str) -> Option<(&str, &str)> {
    let found = KEY.as_ref()?.captures(text)?;
    let key = found.get(1)?.as_str().trim_matches(['"', '\'']);
    Some((key, found.get(2).map_or("", |value| value.as_str())))
}

fn is_block(value: &str) -> bool {
    BLOCK.as_ref().is_some_and(|block| block.is_match(value))
}
