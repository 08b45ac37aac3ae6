//! What is different between two states of a file, line by line and word by word.

use std::ops::Range;

use similar::{Algorithm, DiffTag, capture_diff_slices};

/// What happened to a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// Nothing.
    Same,
    /// It is new.
    Added,
    /// It is gone.
    Removed,
}

/// A line of the later state, or of the earlier one if it is gone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// What happened to it.
    pub mark: Mark,
    /// Its number in the earlier state, from 0.
    pub old: Option<usize>,
    /// Its number in the later state, from 0.
    pub new: Option<usize>,
    /// Bytes of it that differ from the line that it replaces or is replaced by.
    pub words: Vec<Range<usize>>,
}

impl Row {
    fn new(mark: Mark, old: Option<usize>, new: Option<usize>) -> Self {
        let words = Vec::new();
        Self {
            mark,
            old,
            new,
            words,
        }
    }
}

/// A file that is as it was.
#[must_use]
pub fn unchanged(lines: usize) -> Vec<Row> {
    (0..lines)
        .map(|line| Row::new(Mark::Same, Some(line), Some(line)))
        .collect()
}

/// All lines of both states in the order to read them: what is gone stands before what replaces it.
#[must_use]
pub fn compare(old: &[&str], new: &[&str]) -> Vec<Row> {
    let mut rows = Vec::new();
    for op in capture_diff_slices(Algorithm::Patience, old, new) {
        let (tag, old, new) = op.as_tag_tuple();
        if tag == DiffTag::Equal {
            let pairs = old.zip(new);
            rows.extend(pairs.map(|(old, new)| Row::new(Mark::Same, Some(old), Some(new))));
        } else {
            rows.extend(old.map(|old| Row::new(Mark::Removed, Some(old), None)));
            rows.extend(new.map(|new| Row::new(Mark::Added, None, Some(new))));
        }
    }
    slide(&mut rows, Mark::Added, new);
    slide(&mut rows, Mark::Removed, old);
    rows
}

/// Moves each run of lines that were only added, or only removed, to where a person would say
/// that it is: a function is added from its first line to the blank one behind it, not from
/// the closing brace of the one above.
fn slide(rows: &mut [Row], mark: Mark, lines: &[&str]) {
    let number = |row: &Row| {
        if mark == Mark::Added {
            row.new
        } else {
            row.old
        }
    };
    let text = |row: &Row| number(row).and_then(|number| lines.get(number)).copied();
    let mut start = 0;
    while start < rows.len() {
        if rows[start].mark != mark {
            start += 1;
            continue;
        }
        let run = start..end_of_run(rows, start);
        start = run.end;
        let is_same = |at: usize| rows.get(at).is_some_and(|row| row.mark == Mark::Same);
        let free_above = run.start == 0 || is_same(run.start - 1);
        if !free_above || (run.end < rows.len() && !is_same(run.end)) {
            continue;
        }
        let (mut up, mut down) = (0, 0);
        while up < run.start
            && is_same(run.start - up - 1)
            && text(&rows[run.start - up - 1]) == text(&rows[shifted(&run, up)])
        {
            up += 1;
        }
        while is_same(run.end + down)
            && text(&rows[run.end + down]) == text(&rows[run.start + down % run.len()])
        {
            down += 1;
        }
        // Whatever the shift, the lines of this side stay in their order.
        let first = number(&rows[run.start]).unwrap_or_default();
        let best = (first - up..=first + down).min_by_key(|at| awkwardness(lines, *at, run.len()));
        let best = best.unwrap_or(first);
        if best < first {
            let moved = run.start - (first - best)..run.end;
            rows[moved.clone()].rotate_right(run.len());
            renumber(&mut rows[moved], mark);
        } else if best > first {
            let moved = run.start..run.end + (best - first);
            start = moved.end;
            rows[moved.clone()].rotate_left(run.len());
            renumber(&mut rows[moved], mark);
        }
    }
}

fn end_of_run(rows: &[Row], start: usize) -> usize {
    let rest = rows[start..].iter();
    start + rest.take_while(|row| row.mark == rows[start].mark).count()
}

/// The line of the run that would fall out of its end after `up` steps upwards.
fn shifted(run: &Range<usize>, up: usize) -> usize {
    run.end - 1 - up % run.len()
}

/// Rows that changed places get the numbers of their new places.
fn renumber(rows: &mut [Row], mark: Mark) {
    let number = |row: &Row| {
        if mark == Mark::Added {
            row.new
        } else {
            row.old
        }
    };
    let first = rows.iter().filter_map(number).min().unwrap_or_default();
    for (row, number) in rows.iter_mut().zip(first..) {
        if mark == Mark::Added {
            row.new = Some(number);
        } else {
            row.old = Some(number);
        }
    }
}

/// How little a run of lines looks like a whole: how far the lines at its two edges are
/// indented, and whether a blank line is where none is expected.
fn awkwardness(lines: &[&str], start: usize, len: usize) -> (usize, bool, bool) {
    let indent = |from: usize| {
        let line = lines.iter().skip(from).find(|line| !line.trim().is_empty());
        line.map_or(0, |line| line.len() - line.trim_start().len())
    };
    let is_blank = |at: usize| lines.get(at).is_none_or(|line| line.trim().is_empty());
    let after_blank = start == 0 || is_blank(start - 1);
    (
        indent(start) + indent(start + len),
        !after_blank,
        is_blank(start) || !is_blank(start + len - 1),
    )
}

/// How much of two lines must be the same for their words to be compared.
const ALIKE: f64 = 0.6;
/// The same where words were only added or only removed, which is easier to see.
const ALIKE_ONE_SIDED: f64 = 0.4;
/// In how many places they may differ: with more marks nobody finds the difference.
const PLACES: usize = 3;

/// Marks the words that make the difference where a line was only changed.
pub fn mark_words(rows: &mut [Row], old: &[&str], new: &[&str]) {
    let mut at = 0;
    while at < rows.len() {
        let end = end_of_run(rows, at);
        if rows[at].mark == Mark::Removed
            && rows.get(end).is_some_and(|row| row.mark == Mark::Added)
        {
            let added = end..end_of_run(rows, end);
            let mut next = added.start;
            for removed in at..end {
                let Some(old) = rows[removed].old.map(|line| old[line]) else {
                    continue;
                };
                let found = (next..added.end).find_map(|row| {
                    let new = rows[row].new.map(|line| new[line])?;
                    Some((row, words(old, new)?))
                });
                if let Some((row, [gone, come])) = found {
                    rows[removed].words = gone;
                    rows[row].words = come;
                    next = row + 1;
                }
            }
        }
        at = end;
    }
}

/// The parts of two lines that are not in the other one, if the lines are alike.
fn words(old: &str, new: &str) -> Option<[Vec<Range<usize>>; 2]> {
    let (old_tokens, new_tokens) = (tokens(old), tokens(new));
    let texts = |tokens: &[Range<usize>], line: &str| -> Vec<String> {
        tokens
            .iter()
            .map(|range| line[range.clone()].to_owned())
            .collect()
    };
    let (old_texts, new_texts) = (texts(&old_tokens, old), texts(&new_tokens, new));
    let (mut gone, mut come, mut same) = (Vec::new(), Vec::new(), 0);
    for op in capture_diff_slices(Algorithm::Myers, &old_texts, &new_texts) {
        let (tag, old_range, new_range) = op.as_tag_tuple();
        if tag == DiffTag::Equal {
            same += old_texts[old_range]
                .iter()
                .map(|text| text.trim().len())
                .sum::<usize>();
        } else {
            gone.extend(whole(old, &old_tokens[old_range]));
            come.extend(whole(new, &new_tokens[new_range]));
        }
    }
    let inked = |line: &str| line.split_whitespace().map(str::len).sum::<usize>();
    #[expect(clippy::cast_precision_loss, reason = "lines are short")]
    let alike = 2.0 * same as f64 / (inked(old) + inked(new)).max(1) as f64;
    let one_sided = gone.is_empty() || come.is_empty();
    let enough = if one_sided { ALIKE_ONE_SIDED } else { ALIKE };
    let is_readable = alike >= enough && gone.len().max(come.len()) <= PLACES;
    is_readable.then_some([gone, come])
}

/// The bytes from the first to the last of some tokens; what a line is indented by is no difference.
fn whole(line: &str, tokens: &[Range<usize>]) -> Option<Range<usize>> {
    let indent = line.len() - line.trim_start().len();
    let range = tokens.first()?.start.max(indent)..tokens.last()?.end;
    (!range.is_empty()).then_some(range)
}

/// Words, blanks and single signs of a line.
fn tokens(line: &str) -> Vec<Range<usize>> {
    let kind = |char: char| match char {
        char if char.is_alphanumeric() || char == '_' => 1,
        char if char.is_whitespace() => 2,
        _ => 0,
    };
    let mut tokens: Vec<Range<usize>> = Vec::new();
    let mut last = 0;
    for (at, char) in line.char_indices() {
        let end = at + char.len_utf8();
        match tokens.last_mut() {
            Some(token) if kind(char) != 0 && kind(char) == last => token.end = end,
            _ => tokens.push(at..end),
        }
        last = kind(char);
    }
    tokens
}

#[cfg(test)]
mod tests;
