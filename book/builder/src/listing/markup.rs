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

    /// Groups of rows as the lines of a `code` element, with a sign where something is left out.
    #[must_use]
    pub fn code(&self, groups: &[&[Row]]) -> String {
        let mut html = String::new();
        for (index, group) in groups.iter().enumerate() {
            if index > 0 {
                html.push_str(GAP);
            }
            let mut before = Mark::Same;
            for row in *group {
                html.push_str(&self.line(row, before));
                before = row.mark;
            }
            if before != Mark::Same {
                // The last line is a marked one: its end is said by what follows.
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
        let text = pieces(self.text(row), self.colors(row), &row.words);
        let (class, nocopy) = match row.mark {
            Mark::Same => ("line", ""),
            Mark::Added => ("line added", ""),
            Mark::Removed => ("line removed", " data-nocopy"),
        };
        format!("<span class=\"{class}\"{nocopy}>{said}{text}&#10;</span>")
    }
}

/// Stands where lines of the file are left out.
const GAP: &str =
    "<span class=\"gap\" data-nocopy>⋯<span class=\"said\"> lines left out</span>&#10;</span>";

/// The colored text of a line; `words` are marked in it.
fn pieces(line: &str, colors: &[Piece], words: &[Range<usize>]) -> String {
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
        "<pre class=\"block\" tabindex=\"0\"{}><code class=\"{class}nohighlight\">{code}</code></pre>",
        kind.unwrap_or_default()
    )
}

/// A block of code in a box of its own that scrolls sideways and can be reached by keyboard.
#[must_use]
pub fn code_block(name: &str, code: &str) -> String {
    format!(
        "<pre class=\"code\" tabindex=\"0\" role=\"group\" aria-label=\"{}\"><code class=\"nohighlight\">{code}</code></pre>",
        escape(name)
    )
}
