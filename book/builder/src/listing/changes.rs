//! Everything that a step changes.

use std::collections::BTreeSet;

use crate::coverage::Mechanical;
use crate::expand::{Context, Shown};
use crate::html::escape;

use super::compare::{Mark, Row};
use super::history::History;
use super::markup::{self, Group};

/// Unchanged lines around a change.
const AROUND: usize = 3;

/// The files that the step of this chapter changes: where their lines are shown, and what is different
/// in those that were there before. A new file is not shown here again.
///
/// # Errors
/// If the page belongs to no step, or what is declared mechanical cannot be read.
pub fn render(context: &mut Context<'_>) -> Result<String, String> {
    let taught = context.page.step(context.source);
    let taught = taught.ok_or("this page belongs to no step")?;
    let mechanical = Mechanical::read(context.source, taught);
    let mechanical = mechanical.map_err(|problem| problem.to_string())?;
    let mut table = "| File | | Shown in |\n|---|---|---|\n".to_owned();
    let mut details = String::new();
    for history in History::all(taught) {
        let rows = history.rows();
        if rows.iter().all(|row| row.mark == Mark::Same) {
            continue;
        }
        let state = match (history.old, history.new) {
            (_, None) => "gone",
            (None, _) => "new",
            _ => "changed",
        };
        let mut places = links(context, history.path, &rows);
        let reasons = mechanical
            .entries
            .iter()
            .filter(|entry| entry.has(history.path));
        let reasons: BTreeSet<&str> = reasons.map(|entry| entry.reason.as_str()).collect();
        places.extend(
            reasons
                .into_iter()
                .map(|reason| format!("mechanical: {reason}")),
        );
        let path = history.path;
        table.push_str(&format!(
            "| `{path}` | {state} | {} |\n",
            places.join(" · ")
        ));
        if state == "changed" {
            details.push_str(&difference(&history, &rows));
        }
    }
    Ok(format!(
        "<div class=\"changes\">\n\n{table}\n</div>\n\n{details}"
    ))
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
    let code = markup::code_block(&sides.code(&hunks(rows)));
    format!(
        "<details class=\"difference\"><summary><code class=\"nohighlight\">{path}</code> \
         <span class=\"counts\">{added} lines added, {removed} removed</span></summary>{code}</details>\n\n"
    )
}

/// The changed rows with those around them.
fn hunks(rows: &[Row]) -> Vec<Group<'_>> {
    let mut hunks: Vec<(usize, usize)> = Vec::new();
    for (at, row) in rows.iter().enumerate() {
        if row.mark == Mark::Same {
            continue;
        }
        let (start, end) = (at.saturating_sub(AROUND), (at + 1 + AROUND).min(rows.len()));
        match hunks.last_mut() {
            Some(last) if last.1 >= start => last.1 = end,
            _ => hunks.push((start, end)),
        }
    }
    let groups = hunks.into_iter().map(|(start, end)| Group {
        rows: &rows[start..end],
        within: None,
    });
    groups.collect()
}
