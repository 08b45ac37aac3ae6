//! Which of the lines that a step changes its chapter shows.

use std::collections::BTreeSet;
use std::fmt;
use std::ops::RangeInclusive;

use glob::{MatchOptions, Pattern};
use serde::Deserialize;

use crate::directive::line_at;
use crate::expand::{Lines, Shown};
use crate::listing::compare::{Mark, Row};
use crate::listing::history::History;
use crate::listing::rows_of;
use crate::listing::select::{Choice, select};
use crate::problem::Problem;
use crate::source::{Source, Taught};

/// A changed line: whether it is gone, and its number in the state that it is in, from 0.
type Changed = (bool, usize);

/// How the lines that a step changes are told.
#[derive(Debug, PartialEq, Eq)]
pub struct Chapter {
    /// Name of the step.
    pub step: String,
    /// Changed lines that are not blank.
    pub changed: usize,
    /// Those in a listing of the chapter.
    pub shown: usize,
    /// Others that are declared mechanical.
    pub mechanical: usize,
    /// The rest.
    pub open: Vec<Open>,
}

/// Lines of one file that a chapter does not tell.
#[derive(Debug, PartialEq, Eq)]
pub struct Open {
    /// Path in the step.
    pub file: String,
    /// Whether they are gone, and counted in the step before.
    pub gone: bool,
    /// First and last lines, from 1; blank lines between do not part them.
    pub lines: Vec<RangeInclusive<usize>>,
}

impl fmt::Display for Chapter {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            step,
            changed,
            shown,
            mechanical,
            ..
        } = self;
        let open = changed - shown - mechanical;
        write!(
            formatter,
            "{step:<24}{changed:>6} lines changed: {shown:>5} shown, {mechanical:>5} mechanical, {open:>5} neither"
        )
    }
}

/// What `book/mechanical/<step>.toml` declares.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mechanical {
    /// Its entries.
    #[serde(default, rename = "mechanical")]
    pub entries: Vec<Entry>,
    #[serde(skip)]
    file: String,
}

/// Lines that are not worth showing.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    #[serde(deserialize_with = "glob")]
    files: Pattern,
    show: Option<String>,
    /// Why.
    pub reason: String,
}

fn glob<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Pattern, D::Error> {
    let text = String::deserialize(deserializer)?;
    Pattern::new(&text).map_err(serde::de::Error::custom)
}

impl Mechanical {
    /// Reads what is declared for a step; nothing if there is no such file.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn read(source: &Source, taught: &Taught) -> Result<Self, Problem> {
        let file = format!("book/mechanical/{}.toml", taught.name);
        let path = source.root.join(&file);
        if !path.exists() {
            return Ok(Self {
                file,
                ..Self::default()
            });
        }
        let wrong = |line: usize, message: &str| Problem {
            file: file.clone(),
            line,
            message: message.to_owned(),
        };
        let text = std::fs::read_to_string(&path);
        let text = text.map_err(|error| wrong(0, &error.to_string()))?;
        let read: Self = toml_edit::de::from_str(&text).map_err(|error| {
            let line = error.span().map_or(0, |span| line_at(&text, span.start));
            wrong(line, error.message())
        })?;
        Ok(Self { file, ..read })
    }
}

impl Entry {
    /// Whether a file of the step is one of its files.
    #[must_use]
    pub fn has(&self, path: &str) -> bool {
        let options = MatchOptions {
            // `*` stays in its folder, `**` does not.
            require_literal_separator: true,
            ..MatchOptions::new()
        };
        self.files.matches_with(path, options)
    }

    /// The lines of a file that it declares.
    fn lines(&self, history: &History<'_>, rows: &[Row]) -> BTreeSet<Changed> {
        if !self.has(history.path) {
            return BTreeSet::new();
        }
        let Some(name) = &self.show else {
            return changed(rows);
        };
        let choice = Choice {
            show: std::slice::from_ref(name),
            ..Choice::default()
        };
        let part = |text: Option<&str>| select(history.path, text?, choice).ok();
        match (part(history.new), part(history.old)) {
            (Some(new), old) => {
                let groups = rows_of(rows, &new, old.as_ref());
                let lines = groups.iter().flat_map(|group| changed(group.rows));
                lines.collect()
            }
            // It is gone as a whole.
            (None, Some(old)) => {
                let in_it = |line: usize| old.ranges.iter().any(|range| range.contains(&line));
                let lines = changed(rows).into_iter();
                lines.filter(|(gone, line)| *gone && in_it(*line)).collect()
            }
            (None, None) => BTreeSet::new(),
        }
    }
}

fn changed(rows: &[Row]) -> BTreeSet<Changed> {
    let lines = rows.iter().filter_map(|row| match row.mark {
        Mark::Same => None,
        Mark::Added => Some((false, row.new?)),
        Mark::Removed => Some((true, row.old?)),
    });
    lines.collect()
}

/// Counts for each step whose name begins with `step` the changed lines that its chapter shows.
#[must_use]
pub fn coverage(source: &Source, shown: &[Shown], step: &str) -> (Vec<Chapter>, Vec<Problem>) {
    let (mut chapters, mut problems) = (Vec::new(), Vec::new());
    let steps = source.steps.iter();
    for taught in steps.filter(|taught| taught.name.starts_with(step)) {
        let mechanical = Mechanical::read(source, taught).unwrap_or_else(|problem| {
            problems.push(problem);
            Mechanical::default()
        });
        let (chapter, idle) = of_step(taught, shown, &mechanical);
        let open = chapter.open.iter();
        problems.extend(open.map(|open| untold(source, taught, open)));
        problems.extend(idle.into_iter().map(|entry| {
            let Entry { files, show, .. } = entry;
            let show = show.as_ref().map(|show| format!(", show = {show:?}"));
            let message = format!(
                "files = {:?}{} declares nothing that is not shown in a listing; remove it",
                files.as_str(),
                show.unwrap_or_default()
            );
            Problem::of_file(&mechanical.file, message)
        }));
        chapters.push(chapter);
    }
    problems.extend(strays(source));
    (chapters, problems)
}

/// Declarations for steps that do not exist.
fn strays(source: &Source) -> Vec<Problem> {
    let Ok(entries) = std::fs::read_dir(source.root.join("book/mechanical")) else {
        return Vec::new();
    };
    let names = entries.flatten().map(|entry| entry.file_name());
    let names = names.map(|name| name.to_string_lossy().into_owned());
    let strays = names.filter(|name| {
        let step = name.strip_suffix(".toml");
        step.is_none_or(|step| source.step(step).is_none())
    });
    strays
        .map(|name| {
            let file = format!("book/mechanical/{name}");
            Problem::of_file(file, "there is no step of this name")
        })
        .collect()
}

fn of_step<'a>(
    taught: &Taught,
    shown: &[Shown],
    mechanical: &'a Mechanical,
) -> (Chapter, Vec<&'a Entry>) {
    let mut chapter = Chapter {
        step: taught.name.clone(),
        changed: 0,
        shown: 0,
        mechanical: 0,
        open: Vec::new(),
    };
    let mut idle: Vec<&Entry> = mechanical.entries.iter().collect();
    let own = shown.iter().filter(|shown| {
        let folder = shown.page.split_once('/').map(|(folder, _)| folder);
        folder == Some(taught.name.as_str())
    });
    let own: Vec<&Lines> = own.flat_map(|shown| &shown.lines).collect();
    for history in History::all(taught) {
        let rows = history.rows();
        let mut rest = changed(&rows);
        rest.retain(|line| !history.is_blank(*line));
        chapter.changed += rest.len();
        let before = rest.len();
        for lines in &own {
            if lines.step == taught.name && lines.file == history.path {
                rest.retain(|(gone, line)| {
                    *gone != lines.gone || !lines.lines.contains(&(line + 1))
                });
            }
        }
        chapter.shown += before - rest.len();
        let mut declared = BTreeSet::new();
        for entry in &mechanical.entries {
            let lines = entry.lines(&history, &rows);
            if !lines.is_disjoint(&rest) {
                idle.retain(|idle| !std::ptr::eq(*idle, entry));
            }
            declared.extend(lines);
        }
        let before = rest.len();
        rest.retain(|line| !declared.contains(line));
        chapter.mechanical += before - rest.len();
        chapter.open.extend(open(&history, &rest));
    }
    (chapter, idle)
}

/// Lines of a file that nothing tells: those that are gone, and those that are new.
fn open(history: &History<'_>, lines: &BTreeSet<Changed>) -> Vec<Open> {
    let sides = [true, false].map(|gone| {
        let own = lines.iter().filter(|line| line.0 == gone);
        let mut ranges: Vec<RangeInclusive<usize>> = Vec::new();
        for (_, line) in own {
            match ranges.last_mut() {
                Some(last) if (*last.end()..*line).all(|line| history.is_blank((gone, line))) => {
                    *last = *last.start()..=line + 1;
                }
                _ => ranges.push(line + 1..=line + 1),
            }
        }
        Open {
            file: history.path.to_owned(),
            gone,
            lines: ranges,
        }
    });
    let open = sides.into_iter().filter(|open| !open.lines.is_empty());
    open.collect()
}

/// What to do about lines that the chapter does not tell.
fn untold(source: &Source, taught: &Taught, open: &Open) -> Problem {
    let steps = source.steps.iter();
    let before = steps.take_while(|step| step.name != taught.name).last();
    let (folder, what) = match before {
        Some(before) if open.gone => (&before.folder, "gone"),
        _ => (&taught.folder, "new"),
    };
    let ranges = open
        .lines
        .iter()
        .map(|range| match (range.start(), range.end()) {
            (first, last) if first == last => first.to_string(),
            (first, last) => format!("{first}-{last}"),
        });
    let ranges: Vec<String> = ranges.collect();
    Problem {
        file: format!("{folder}/{}", open.file),
        line: open.lines.first().map_or(0, |range| *range.start()),
        message: format!(
            "{what} in {name} and not shown in its chapter: {} (show it, or declare it in \
             book/mechanical/{name}.toml)",
            ranges.join(", "),
            name = taught.name,
        ),
    }
}
