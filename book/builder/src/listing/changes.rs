//! Everything that a step changes.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::coverage::Mechanical;
use crate::expand::{Context, Shown};
use crate::html::{self, escape};

use super::compare::{Mark, Row};
use super::history::History;
use super::markup::{self, Group};
use super::select::{self, Part};

/// Unchanged lines around a change.
const AROUND: usize = 3;

/// The files that the step of this chapter changes: where their lines are shown, what is mechanical, and
/// what is different in those that were there before. A new file is not shown here again.
///
/// # Errors
/// If the page belongs to no step, or what is declared mechanical cannot be read.
pub fn render(context: &mut Context<'_>) -> Result<String, String> {
    let taught = context.page.step(context.source);
    let taught = taught.ok_or("this page belongs to no step")?;
    let declared = Mechanical::read(context.source, taught);
    let declared = declared.map_err(|problem| problem.to_string())?;
    let mut table = "| File | Change | Shown in |\n|---|---|---|\n".to_owned();
    let mut mechanical: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    let mut details = String::new();
    for history in History::all(taught) {
        let rows = history.rows();
        if rows.iter().all(|row| row.mark == Mark::Same) {
            continue;
        }
        let path = history.path;
        let state = match (history.old, history.new) {
            (_, None) => "gone",
            (None, _) => "new",
            _ => "changed",
        };
        let places = links(context, path, &rows);
        let mut reasons = declared.entries.iter().filter(|entry| entry.has(path));
        match reasons.next() {
            Some(entry) if places.is_empty() => {
                let files = mechanical.entry(&entry.reason).or_default();
                files.push(format!("`{path}` ({state})"));
            }
            _ => table.push_str(&format!(
                "| `{path}` | {state} | {} |\n",
                places.join(" · ")
            )),
        }
        if state == "changed" {
            details.push_str(&difference(&history, &rows));
        }
    }
    let mechanical = mechanical.into_iter().map(|(reason, files)| {
        let (reason, files) = (html::inline(reason), html::inline(&files.join(", ")));
        format!(
            "<details class=\"mechanical\"><summary>Not shown: {reason}</summary><p>{files}</p></details>\n\n"
        )
    });
    let mechanical: String = mechanical.collect();
    Ok(format!("{table}\n{mechanical}{details}"))
}

/// Links to the listings of this chapter that show changed lines of a file.
fn links(context: &Context<'_>, path: &str, rows: &[Row]) -> Vec<String> {
    let chapter = context.page.path.split('/').next();
    let is_changed = |gone: bool, number: usize| {
        rows.iter().any(|row| match row.mark {
            Mark::Same => false,
            Mark::Added => !gone && row.new == Some(number - 1),
            Mark::Removed => gone && row.old == Some(number - 1),
        })
    };
    let shows = |shown: &&Shown| {
        shown.page.split('/').next() == chapter
            && shown.lines.iter().any(|lines| {
                Some(lines.step.as_str()) == chapter
                    && lines.file == path
                    && lines
                        .lines
                        .clone()
                        .any(|number| is_changed(lines.gone, number))
            })
    };
    let shown = context.shown.iter().filter(shows);
    shown
        .map(|shown| {
            let page = shown.page.rsplit('/').next().unwrap_or_default();
            format!("[{}]({page}#{})", shown.label, shown.id)
        })
        .collect()
}

/// What is different in a file, folded.
fn difference(history: &History<'_>, rows: &[Row]) -> String {
    let sides = history.sides();
    let path = escape(history.path);
    let (mut added, mut removed) = (0, 0);
    for row in rows {
        match row.mark {
            Mark::Same => {}
            Mark::Added => added += 1,
            Mark::Removed => removed += 1,
        }
    }
    let parts = select::parts(history.path, history.new.unwrap_or_default()).unwrap_or_default();
    let code = markup::code_block(&sides.code(&hunks(rows, &parts)));
    format!(
        "<details class=\"difference\"><summary><code class=\"nohighlight\">{path}</code> \
         <span class=\"counts\">lines: {added} added, {removed} removed</span></summary>{code}</details>\n\n"
    )
}

/// The changed rows with those around them, and what they are a part of.
fn hunks<'a>(rows: &'a [Row], parts: &'a [Part]) -> Vec<Group<'a>> {
    let mut hunks: Vec<Range<usize>> = Vec::new();
    for (at, row) in rows.iter().enumerate() {
        if row.mark == Mark::Same {
            continue;
        }
        let (start, end) = (at.saturating_sub(AROUND), (at + 1 + AROUND).min(rows.len()));
        match hunks.last_mut() {
            Some(last) if last.end >= start => last.end = end,
            _ => hunks.push(start..end),
        }
    }
    let groups = hunks.into_iter().map(|hunk| {
        let rows = &rows[hunk];
        let changed = rows.iter().find(|row| row.mark == Mark::Added);
        let line = changed.or(rows.first()).and_then(|row| row.new);
        let within = line.and_then(|line| select::within(parts, &(line..line + 1)));
        Group { rows, within }
    });
    groups.collect()
}
