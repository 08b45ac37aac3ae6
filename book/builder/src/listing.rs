//! Code, as it stands in a step or a proof.

pub mod changes;
pub mod compare;
pub mod history;
pub mod markup;
pub mod select;

use std::ops::Range;

use crate::directive;
use crate::expand::{Context, Lines, Shown};
use crate::highlight;
use crate::html::{self, escape};
use crate::source::{Source, Taught};

use compare::{Mark, Row, unchanged};
use history::{History, language};
use markup::{Group, Sides};
use select::{Choice, Selected, select};

/// A listing.
///
/// # Errors
/// If the file or what shall be shown of it is not there.
pub fn render(options: &directive::Listing, context: &mut Context<'_>) -> Result<String, String> {
    let place = Place::of(options, context)?;
    let choice = Choice {
        show: options.show.as_slice(),
        from: options.from.as_deref(),
        to: options.to.as_deref(),
    };
    let text = place.text(context.source)?;
    let selected = select(&place.path, &text, choice)?;
    let history = place.taught.map(|taught| History::of(taught, &place.path));
    let marked = history.filter(|_| options.diff && place.is_own);
    let is_new = marked.is_some_and(|history| history.is_new());
    let (rows, sides) = match marked.filter(|history| history.old.is_some()) {
        Some(history) => (history.rows(), history.sides()),
        None => (unchanged(text.lines().count()), sides(&place.path, &text)),
    };
    let gone = marked.and_then(|history| select(&place.path, history.old?, choice).ok());
    let groups = rows_of(&rows, &selected, gone.as_ref());

    let code = markup::code_block(&sides.code(&groups));
    let source = place.header(
        context.source,
        groups.first().and_then(|group| group.within),
        is_new,
        options.wrong,
    );
    context.shown.push(Shown {
        page: context.page.path.clone(),
        line: context.line,
        id: options.id.clone(),
        label: context.label.to_owned(),
        content: content(&groups, &sides),
        of: place.of_what(choice),
        lines: place.lines(&groups),
    });
    let class = if options.wrong {
        "listing wrong"
    } else {
        "listing"
    };
    let content = format!("<div class=\"shown\">{source}{code}</div>");
    Ok(html::figure(
        class,
        &options.id,
        context.label,
        &options.caption,
        &content,
    )
    .replace('\n', " "))
}

/// The file of a listing.
struct Place<'a> {
    /// The step that it is in, if it is in one.
    taught: Option<&'a Taught>,
    /// Whether that is the step of the chapter.
    is_own: bool,
    /// Path in the step or in the repository.
    path: String,
}

impl<'a> Place<'a> {
    fn of(options: &directive::Listing, context: &Context<'a>) -> Result<Self, String> {
        if let Some(path) = options.file.strip_prefix('/') {
            return Ok(Self {
                taught: None,
                is_own: false,
                path: path.to_owned(),
            });
        }
        let own = context.page.step(context.source);
        let taught = context.step(options.step.as_deref())?;
        Ok(Self {
            taught: Some(taught),
            is_own: own.is_some_and(|own| own.name == taught.name),
            path: options.file.clone(),
        })
    }

    fn text(&self, source: &Source) -> Result<String, String> {
        let Some(taught) = self.taught else {
            let text = std::fs::read_to_string(source.root.join(&self.path));
            let text = text.map_err(|error| format!("{} cannot be read: {error}", self.path))?;
            return Ok(text.replace("\r\n", "\n"));
        };
        match History::of(taught, &self.path).new {
            Some(text) => Ok(text.to_owned()),
            None => {
                let paths = taught.step.files.keys();
                let near = paths.max_by(|one, other| {
                    let likeness = |path: &str| strsim::jaro_winkler(path, &self.path);
                    likeness(one).total_cmp(&likeness(other))
                });
                let near = near.map(|near| format!("; the nearest is {near}"));
                let near = near.unwrap_or_default();
                Err(format!(
                    "there is no {} in {}{near}",
                    self.path, taught.folder
                ))
            }
        }
    }

    /// Path in the repository.
    fn full(&self) -> String {
        match self.taught {
            Some(taught) => format!("{}/{}", taught.folder, self.path),
            None => self.path.clone(),
        }
    }

    /// What it is of, for a person.
    fn of_what(&self, choice: Choice<'_>) -> String {
        let mut of = self.full();
        for name in choice.show {
            of.push_str(&format!(", {name}"));
        }
        of
    }

    /// The line above the code: where it is from, and signs.
    fn header(&self, source: &Source, within: Option<&str>, is_new: bool, wrong: bool) -> String {
        let full = self.full();
        // A reader who follows in a folder of their own has the step's paths.
        let path = escape(if self.is_own { &self.path } else { &full });
        let mut header = match &source.address {
            Some(address) => {
                let address = escape(&format!("{address}/blob/HEAD/{full}"));
                format!("<a class=\"file\" href=\"{address}\">{path}</a>")
            }
            None => format!(
                "<span class=\"file\" title=\"{}\">{path}</span>",
                escape(&full)
            ),
        };
        if let Some(within) = within {
            header.push_str(&format!(
                " <span class=\"within\">in <code class=\"nohighlight\">{}</code></span>",
                escape(within)
            ));
        }
        if is_new {
            header.push_str(" <span class=\"state\">new file</span>");
        }
        if wrong {
            header.push_str(
                " <span class=\"wrong-sign\"><span aria-hidden=\"true\">✗</span> wrong on purpose</span>",
            );
        }
        format!("<div class=\"source\">{header}</div>")
    }

    /// The lines that the reader sees.
    fn lines(&self, groups: &[Group<'_>]) -> Vec<Lines> {
        let Some(taught) = self.taught else {
            return Vec::new();
        };
        let mut lines: Vec<Lines> = Vec::new();
        for row in groups.iter().flat_map(|group| group.rows) {
            let gone = row.mark == Mark::Removed;
            let Some(number) = (if gone { row.old } else { row.new }) else {
                continue;
            };
            let number = number + 1;
            match lines.last_mut() {
                Some(last) if last.gone == gone && *last.lines.end() + 1 == number => {
                    last.lines = *last.lines.start()..=number;
                }
                _ => lines.push(Lines {
                    step: taught.name.clone(),
                    file: self.path.clone(),
                    gone,
                    lines: number..=number,
                }),
            }
        }
        lines
    }
}

/// A text in one state only.
fn sides<'a>(path: &str, text: &'a str) -> Sides<'a> {
    Sides {
        new: text.lines().collect(),
        old: Vec::new(),
        new_colors: highlight::lines(language(path), text),
        old_colors: highlight::lines("", ""),
    }
}

/// The rows of what is selected. Lines that are gone from its edges belong to it if they belonged to what
/// had the same names before, or if its own first line is new and so replaces them.
#[must_use]
pub fn rows_of<'a>(
    rows: &'a [Row],
    selected: &'a Selected,
    gone: Option<&Selected>,
) -> Vec<Group<'a>> {
    let was_in = |row: &Row| {
        row.mark == Mark::Removed
            && row.old.is_some_and(|line| {
                gone.is_some_and(|gone| gone.ranges.iter().any(|range| range.contains(&line)))
            })
    };
    let ranges = selected.ranges.iter().zip(&selected.within);
    let groups = ranges.filter_map(|(Range { start, end }, within)| {
        let mut first = rows.iter().position(|row| row.new == Some(*start))?;
        let mut last = rows.iter().position(|row| row.new == Some(end - 1))?;
        let replaces = rows[first].mark == Mark::Added;
        while first > 0
            && rows[first - 1].mark == Mark::Removed
            && (replaces || was_in(&rows[first - 1]))
        {
            first -= 1;
        }
        while rows.get(last + 1).is_some_and(was_in) {
            last += 1;
        }
        Some(Group {
            rows: &rows[first..=last],
            within: within.as_deref(),
        })
    });
    groups.collect()
}

/// What is digested for `reviewed.txt`: the lines with their marks.
fn content(groups: &[Group<'_>], sides: &Sides<'_>) -> String {
    let mut content = String::new();
    for (index, group) in groups.iter().enumerate() {
        if index > 0 {
            content.push_str("⋯\n");
        }
        for row in group.rows {
            let sign = match row.mark {
                Mark::Same => ' ',
                Mark::Added => '+',
                Mark::Removed => '-',
            };
            content.push_str(&format!("{sign}{}\n", sides.text(row)));
        }
    }
    content
}
