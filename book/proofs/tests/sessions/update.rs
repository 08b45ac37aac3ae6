//! Writes what was printed into a session's file.

use std::ops::Range;

use book_proofs::session::{ELLIPSIS, Session, normal};
use similar::{Algorithm, DiffTag, capture_diff_slices};
use toml_edit::{DocumentMut, Item, Table, Value};

use crate::compare::{Wanted, compare};
use crate::replay::Got;

/// The text of a session's file with what was printed. Comments and the form of the rest stay.
pub fn updated(text: &str, session: &Session, got: &[Got]) -> String {
    let mut document: DocumentMut = text.parse().unwrap();
    let runs = document["run"].as_array_of_tables_mut().unwrap();
    for ((table, run), got) in runs.iter_mut().zip(&session.runs).zip(got) {
        let wanted = Wanted::of(run);
        let gaps = with_gaps(&run.output, &got.output);
        let output = match compare(&gaps, &got.output, wanted) {
            Ok(()) => gaps,
            Err(_) => got.output.clone(),
        };
        replace(table, "output", literal(&output));
        match got.exit {
            0 => drop(table.remove("exit")),
            code => replace(table, "exit", i64::from(code).into()),
        }
    }
    document.to_string()
}

fn replace(table: &mut Table, key: &str, mut value: Value) {
    if let Some(old) = table.get(key).and_then(Item::as_value) {
        *value.decor_mut() = old.decor().clone();
    }
    table.insert(key, Item::Value(value));
}

/// A text as TOML writes it between three single quotes, where that can be.
fn literal(text: &str) -> Value {
    let written = format!("'''\n{text}'''");
    written.parse().unwrap_or_else(|_| text.into())
}

/// What was printed, with the gaps that the author left where some of the lines between them are
/// still there.
fn with_gaps(shown: &str, got: &str) -> String {
    let got: Vec<&str> = got.lines().collect();
    let lines: Vec<&str> = shown.lines().collect();
    let blocks: Vec<&[&str]> = lines.split(|line| *line == ELLIPSIS).collect();
    let places = places(&blocks, &got);
    let mut text = String::new();
    let mut end = 0;
    for (index, place) in places.iter().enumerate() {
        if index > 0 && place.is_some() && places[index - 1].is_some() {
            push(&mut text, &[ELLIPSIS]);
        }
        // A block of which nothing is left: all that was printed instead.
        let next = places[index..].iter().flatten().next();
        let place = place
            .clone()
            .unwrap_or_else(|| end..next.map_or(got.len(), |next| next.start));
        end = place.end;
        push(&mut text, &got[place]);
    }
    text
}

/// Where each block stands among the lines that were printed: as it is, or from the first to the
/// last of its lines that are still there.
fn places(blocks: &[&[&str]], got: &[&str]) -> Vec<Option<Range<usize>>> {
    let mut places = Vec::new();
    let mut from = 0;
    for (index, block) in blocks.iter().enumerate() {
        let place = match block {
            // Beside the gap at an end.
            [] if index == 0 => Some(0..0),
            [] => Some(got.len()..got.len()),
            block => find(block, got, from),
        };
        from = place.as_ref().map_or(from, |place| place.end);
        places.push(place);
    }
    let mut index = 0;
    let mut end = 0;
    while index < blocks.len() {
        if let Some(place) = &places[index] {
            (index, end) = (index + 1, place.end);
            continue;
        }
        let changed = places[index..]
            .iter()
            .take_while(|place| place.is_none())
            .count();
        let next = places.get(index + changed).and_then(Option::as_ref);
        let until = next.map_or(got.len(), |next| next.start);
        let found = rests(&blocks[index..index + changed], &got[end..until]);
        for (number, found) in (index..).zip(found) {
            places[number] = found.map(|found| {
                // Without a gap, a block begins or ends with the output.
                let first = number == 0;
                let last = number + 1 == blocks.len();
                let start = if first { 0 } else { found.start + end };
                start..if last { got.len() } else { found.end + end }
            });
        }
        index += changed;
    }
    places
}

fn find(block: &[&str], got: &[&str], from: usize) -> Option<Range<usize>> {
    let last = got.len().checked_sub(block.len())?;
    let same = |start: &usize| {
        let mut pairs = block.iter().zip(&got[*start..]);
        pairs.all(|(one, other)| normal(one) == normal(other))
    };
    let start = (from..=last).find(same)?;
    Some(start..start + block.len())
}

/// The lines of each block that are left, from the first to the last.
fn rests(blocks: &[&[&str]], got: &[&str]) -> Vec<Option<Range<usize>>> {
    let normal_all = |lines: &[&str]| lines.iter().map(|line| normal(line)).collect::<Vec<_>>();
    let shown = blocks.concat();
    let operations = capture_diff_slices(Algorithm::Myers, &normal_all(&shown), &normal_all(got));
    let mut start = 0;
    let rests = blocks.iter().map(|block| {
        let lines = start..start + block.len();
        start = lines.end;
        // An empty line is left everywhere.
        let equal = operations.iter().filter(|one| one.tag() == DiffTag::Equal);
        let pairs = equal.flat_map(|one| one.old_range().zip(one.new_range()));
        let left = pairs.filter(|(old, _)| lines.contains(old) && !shown[*old].is_empty());
        let left: Vec<usize> = left.map(|(_, new)| new).collect();
        Some(*left.first()?..left.last()? + 1)
    });
    rests.collect()
}

fn push(text: &mut String, lines: &[&str]) {
    for line in lines {
        text.push_str(line);
        text.push('\n');
    }
}

#[test]
fn gaps_stay_where_their_neighbours_do() {
    let got = "a\nb 2.0 ms\nc\nd\ne\nf\n";
    let cases = [
        ("…\nb 1.0 ms\n…\ne\n…\n", "…\nb 2.0 ms\n…\ne\n…\n"),
        ("…\nx\n…\ne\n…\n", "a\nb 2.0 ms\nc\nd\ne\n…\n"),
        ("…\nb 1.0 ms\n…\nx\n…\n", "…\nb 2.0 ms\nc\nd\ne\nf\n"),
        ("…\nc\nx\ne\n…\n", "…\nc\nd\ne\n…\n"),
        ("…\nx\nb 1.0 ms\n…\ny\nf\n", "…\nb 2.0 ms\n…\nf\n"),
        ("a\nx\n", got),
        ("…\nx\n", got),
    ];
    for (shown, wanted) in cases {
        assert_eq!(with_gaps(shown, got), wanted, "{shown:?}");
    }
}

#[test]
fn the_form_of_a_file_stays() {
    let text = "# Why.\nshell = true\n\n[[run]]\nterminal = \"2\"\ncommand = 'a' # what\n\
                exit = 1\noutput = '''\nold 'x'\n'''\n\n[[run]]\ncommand = \"b\"\noutput = ''\n";
    let session = Session::parse("a", text).unwrap();
    let got = |output: &str, exit| Got {
        output: output.to_owned(),
        exit,
    };
    let new = updated(text, &session, &[got("new \\ 'y'\n", 0), got("é\n", 2)]);
    assert_eq!(
        new,
        "# Why.\nshell = true\n\n[[run]]\nterminal = \"2\"\ncommand = 'a' # what\n\
         output = '''\nnew \\ 'y'\n'''\n\n[[run]]\ncommand = \"b\"\noutput = '''\né\n'''\nexit = 2\n"
    );
    let quotes = "'''\n";
    let new = updated(text, &session, &[got(quotes, 0), got("", 0)]);
    assert_eq!(Session::parse("a", &new).unwrap().runs[0].output, quotes);
}
