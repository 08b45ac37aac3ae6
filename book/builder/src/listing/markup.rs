//! Lines of code as HTML.
//!
//! A listing is one line of Markdown: line ends inside it are written as `&#10;`, so that it
//! may stand in a list, a quotation or a folded part, and no blank line of code ends it.
//! What must not land on the clipboard is marked with `data-nocopy`.

use std::ops::Range;

use crate::highlight::{self, Colored, Piece};
use crate::html::escape;

use super::compare::{Mark, Row};

/// Rows of a file with the texts and colors of both of its states.
pub struct Sides<'a> {
    /// Lines of the later state.
    pub new: Vec<&'a str>,
    /// Lines of the earlier state.
    pub old: Vec<&'a str>,
    /// Colors of the later state.
    pub new_colors: Colored,
    /// Colors of the earlier state.
    pub old_colors: Colored,
}

impl<'a> Sides<'a> {
    /// The text of a row.
    #[must_use]
    pub fn text(&self, row: &Row) -> &'a str {
        let (lines, number) = match row.mark {
            Mark::Removed => (&self.old, row.old),
            _ => (&self.new, row.new),
        };
        number
            .and_then(|number| lines.get(number))
            .copied()
            .unwrap_or_default()
    }

    fn colors(&self, row: &Row) -> &[Piece] {
        let (colors, number) = match row.mark {
            Mark::Removed => (&self.old_colors, row.old),
            _ => (&self.new_colors, row.new),
        };
        number
            .and_then(|number| colors.get(number))
            .map_or(&[], Vec::as_slice)
    }

    /// Groups of rows as the lines of a `code` element; between two of them stands what the
    /// second one is a part of.
    #[must_use]
    pub fn code(&self, groups: &[Group<'_>]) -> String {
        let mut html = String::new();
        for (index, group) in groups.iter().enumerate() {
            if index > 0 {
                html.push_str(&gap(group.within));
            }
            let mut before = Mark::Same;
            for row in group.rows {
                html.push_str(&self.line(row, before));
                before = row.mark;
            }
            if before != Mark::Same {
                html.push_str("<span class=\"said\" data-nocopy>end of change&#10;</span>");
            }
        }
        html
    }

    fn line(&self, row: &Row, before: Mark) -> String {
        let said = match (before, row.mark) {
            (before, mark) if before == mark => "",
            (_, Mark::Added) => "added: ",
            (_, Mark::Removed) => "removed: ",
            (_, Mark::Same) => "end of change: ",
        };
        let said = match said {
            "" => String::new(),
            said => format!("<span class=\"said\" data-nocopy>{said}</span>"),
        };
        let line = self.text(row);
        let text = pieces(line, self.colors(row), &row.words);
        match row.mark {
            Mark::Same => format!("<span class=\"line\">{said}{text}&#10;</span>"),
            Mark::Added => format!("<span class=\"line added\">{said}{text}&#10;</span>"),
            Mark::Removed => {
                // What a line is indented by has no color, and is not struck through.
                let (indent, text) = text.split_at(line.len() - line.trim_start().len());
                format!(
                    "<span class=\"line removed\" data-nocopy>{said}{indent}<del>{text}</del>&#10;</span>"
                )
            }
        }
    }
}

/// Rows that follow each other, and what they are a part of.
#[derive(Clone, Copy, Debug)]
pub struct Group<'a> {
    /// The rows.
    pub rows: &'a [Row],
    /// `impl Verifier`
    pub within: Option<&'a str>,
}

/// Stands where lines of the file are left out.
fn gap(within: Option<&str>) -> String {
    let within = within.map(|within| format!(" in {}", escape(within)));
    format!(
        "<span class=\"gap\" data-nocopy>⋯<span class=\"said\"> lines left out</span>{}&#10;</span>",
        within.unwrap_or_default()
    )
}

/// The colored text of a line; `words` are marked in it.
pub fn pieces(line: &str, colors: &[Piece], words: &[Range<usize>]) -> String {
    let mut html = String::new();
    for (range, class) in colors {
        let mut at = range.start;
        while at < range.end {
            let word = words.iter().find(|word| word.end > at);
            let (end, is_marked) = match word {
                Some(word) if word.start <= at => (word.end.min(range.end), true),
                Some(word) => (word.start.min(range.end), false),
                None => (range.end, false),
            };
            let text = escape(&line[at..end]);
            let text = match class {
                Some(class) => format!("<span class=\"{class}\">{text}</span>"),
                None => text,
            };
            html.push_str(&match is_marked {
                true => format!("<span class=\"word\">{text}</span>"),
                false => text,
            });
            at = end;
        }
    }
    html
}

/// A block that is nobody's listing; `kind` is why it is none: `account`.
#[must_use]
pub fn plain(language: &str, kind: Option<&str>, text: &str) -> String {
    let colors = highlight::lines(language, text);
    let lines = text.lines().zip(colors.iter());
    let code: String = lines
        .map(|(line, colors)| format!("{}&#10;", pieces(line, colors, &[])))
        .collect();
    let kind = kind.map(|kind| format!(" data-kind=\"{}\"", escape(kind)));
    // `language-rust` would ask mdBook for a button that runs it.
    let class = match language {
        "" | "rust" => String::new(),
        language => format!("language-{} ", escape(language)),
    };
    format!(
        "<pre{}><code class=\"{class}nohighlight\">{code}</code></pre>",
        kind.unwrap_or_default()
    )
}

/// A block of code.
#[must_use]
pub fn code_block(code: &str) -> String {
    format!("<pre class=\"code\"><code class=\"nohighlight\">{code}</code></pre>")
}
