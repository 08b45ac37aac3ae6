//! Chooses lines of a file by the names of what stands in them.

mod rust;
#[cfg(test)]
mod tests;
mod toml;
mod yaml;

use std::ops::Range;

/// Something in a file that has a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// What it can be called; the first is what messages call it.
    names: Vec<String>,
    /// How it is announced when lines of it are shown: `impl Verifier`.
    title: String,
    /// Its lines from 0, with what belongs to it directly above.
    lines: Range<usize>,
}

/// Chosen lines of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Selected {
    /// Lines from 0, in the order of the file; something is left out between two ranges.
    pub ranges: Vec<Range<usize>>,
    /// What each of them is a part of: `impl Verifier`.
    pub within: Vec<Option<String>>,
}

/// What of a file is to be shown.
#[derive(Clone, Copy, Debug, Default)]
pub struct Choice<'a> {
    /// Names of parts; the whole file if there is none.
    pub show: &'a [String],
    /// A text of the first line.
    pub from: Option<&'a str>,
    /// A text of the last line.
    pub to: Option<&'a str>,
}

/// The chosen lines of `text`, which is the file at `path`.
///
/// # Errors
/// If a part or a text is not there, or there more than once.
pub fn select(path: &str, text: &str, choice: Choice<'_>) -> Result<Selected, String> {
    let lines: Vec<&str> = text.lines().collect();
    let parts = parts(path, text);
    let mut ranges = Vec::new();
    if choice.show.is_empty() {
        ranges.push(0..lines.len());
    } else {
        let parts = parts.as_deref().map_err(Clone::clone)?;
        for name in choice.show {
            ranges.extend(find(path, parts, name)?);
        }
    }
    let ranges = cut(joined(ranges, &lines), &lines, choice)?;
    let parts = parts.as_deref().unwrap_or_default();
    let within = ranges
        .iter()
        .map(|range| within(parts, range).map(str::to_owned));
    Ok(Selected {
        within: within.collect(),
        ranges,
    })
}

/// Everything in the file at `path` that has a name.
///
/// # Errors
/// If it cannot be read, or is of a kind that has no names.
pub fn parts(path: &str, text: &str) -> Result<Vec<Part>, String> {
    let read = match path.rsplit('.').next() {
        Some("rs") => rust::parts(text),
        Some("yaml" | "yml") => Ok(yaml::parts(text)),
        Some("toml") => toml::parts(text),
        _ => {
            return Err(format!(
                "{path} is no Rust, YAML or TOML: it has no names to `show`, only `from` and `to`"
            ));
        }
    };
    read.map_err(|error| format!("{path} cannot be read: {error}"))
}

/// The lines of the part called `name`; imports may stand in several places.
fn find(path: &str, parts: &[Part], name: &str) -> Result<Vec<Range<usize>>, String> {
    let found: Vec<&Part> = parts
        .iter()
        .filter(|part| part.names.iter().any(|own| own == name))
        .collect();
    match found[..] {
        [] => Err(missing(path, parts, name)),
        [_, _, ..] if name != "use" => Err(ambiguous(path, &found, name)),
        _ => Ok(found.iter().map(|part| part.lines.clone()).collect()),
    }
}

fn ambiguous(path: &str, found: &[&Part], name: &str) -> String {
    let lines: Vec<String> = found
        .iter()
        .map(|part| (part.lines.start + 1).to_string())
        .collect();
    let lines = lines.join(" and ");
    format!(
        "{path} has `{name}` more than once, in lines {lines}: show what it is in, with `from` and `to`"
    )
}

/// How many names a message lists.
const LISTED: usize = 24;

fn missing(path: &str, parts: &[Part], name: &str) -> String {
    let all = parts.iter().filter_map(|part| part.names.first());
    // What stands beside it: children of the longest path that exists.
    let mut parents = name.rmatch_indices(['.', ':']).map(|(at, _)| &name[..=at]);
    let parent = parents.find(|parent| all.clone().any(|own| own.starts_with(parent)));
    let parent = parent.unwrap_or_default();
    let wanted = &name[parent.len()..];
    let below = all.filter_map(|own| Some((own.as_str(), own.strip_prefix(parent)?)));
    let near = below
        .clone()
        .map(|(own, rest)| {
            let last = rest.rsplit(['.', ':']).next().unwrap_or_default();
            let likeness = |text: &str| strsim::jaro_winkler(text, wanted);
            (likeness(rest).max(likeness(last)), own)
        })
        .filter(|(likeness, _)| *likeness > 0.85)
        .min_by(|one, other| other.0.total_cmp(&one.0));
    let near = near.map(|(_, near)| format!(" (is it `{near}`?)"));
    let mut beside: Vec<&str> = below
        .filter(|(_, rest)| rest.starts_with("impl ") || !rest.contains(['.', ':']))
        .map(|(own, _)| own)
        .collect();
    beside.dedup();
    let more = if beside.len() > LISTED { ", …" } else { "" };
    beside.truncate(LISTED);
    format!(
        "there is no `{name}` in {path}{}; it has: {}{more}",
        near.unwrap_or_default(),
        beside.join(", ")
    )
}

/// Ranges in the order of the file; what has only blank lines between is one range.
fn joined(mut ranges: Vec<Range<usize>>, lines: &[&str]) -> Vec<Range<usize>> {
    ranges.sort_by_key(|range| (range.start, range.end));
    let mut joined: Vec<Range<usize>> = Vec::new();
    for range in ranges {
        match joined.last_mut() {
            Some(last) if blank(lines, last.end..range.start) => {
                last.end = last.end.max(range.end);
            }
            _ => joined.push(range),
        }
    }
    joined
}

fn blank(lines: &[&str], range: Range<usize>) -> bool {
    range.start >= range.end || lines[range].iter().all(|line| line.trim().is_empty())
}

/// What is left from the line with `from` to the line with `to`.
fn cut(
    mut ranges: Vec<Range<usize>>,
    lines: &[&str],
    choice: Choice<'_>,
) -> Result<Vec<Range<usize>>, String> {
    let only = |ranges: &[Range<usize>], option: &str, text: &str| {
        let all = ranges.iter().cloned().flatten();
        let found: Vec<usize> = all.filter(|line| lines[*line].contains(text)).collect();
        match found[..] {
            [line] => Ok(line),
            [] => Err(format!("no line has {option} = {text:?}")),
            _ => {
                let found: Vec<String> = found.iter().map(|line| (line + 1).to_string()).collect();
                let found = found.join(", ");
                Err(format!(
                    "{option} = {text:?} must stand in one line, but it does in {found}"
                ))
            }
        }
    };
    let from = choice.from.map(|text| only(&ranges, "from", text));
    let to = choice.to.map(|text| only(&ranges, "to", text));
    let (from, to) = (from.transpose()?, to.transpose()?);
    if let (Some(from), Some(to)) = (from, to)
        && from > to
    {
        return Err(format!(
            "`to` (line {}) is above `from` (line {})",
            to + 1,
            from + 1
        ));
    }
    for range in &mut ranges {
        range.start = range.start.max(from.unwrap_or(0));
        range.end = range.end.min(to.map_or(usize::MAX, |to| to + 1));
    }
    ranges.retain(|range| range.start < range.end);
    Ok(ranges)
}

/// Title of the smallest part that has all these lines and more.
#[must_use]
pub fn within<'a>(parts: &'a [Part], range: &Range<usize>) -> Option<&'a str> {
    let around = parts.iter().filter(|part| {
        let lines = &part.lines;
        lines.start <= range.start && range.end <= lines.end && lines.len() > range.len()
    });
    // Of parts with the same lines the later one is further inside.
    let smallest = around.rev().min_by_key(|part| part.lines.len());
    smallest.map(|part| part.title.as_str())
}

/// First of the comment lines directly above a line.
fn with_comments(lines: &[&str], start: usize, is_comment: impl Fn(&str) -> bool) -> usize {
    let above = lines[..start].iter().rev();
    start
        - above
            .take_while(|line| is_comment(line.trim_start()))
            .count()
}
