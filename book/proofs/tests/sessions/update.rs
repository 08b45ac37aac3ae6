//! Writes what was printed into a session's file.

use book_proofs::session::{ELLIPSIS, Session, normal};
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

/// What was printed, with the gaps that the author left where the lines around them are still
/// there.
fn with_gaps(shown: &str, got: &str) -> String {
    let got: Vec<&str> = got.lines().collect();
    let lines: Vec<&str> = shown.lines().collect();
    let blocks: Vec<&[&str]> = lines.split(|line| *line == ELLIPSIS).collect();
    let mut places = Vec::new();
    let mut from = 0;
    for (index, block) in blocks.iter().enumerate() {
        let place = match block {
            // Beside the gap at an end.
            [] if index == 0 => Some(0),
            [] => Some(got.len()),
            block => find(block, &got, from),
        };
        from = place.map_or(from, |start| start + block.len());
        places.push(place);
    }
    let mut text = String::new();
    let mut end = 0;
    for (index, (block, place)) in blocks.iter().zip(&places).enumerate() {
        let next = places[index..].iter().flatten().next();
        match place {
            Some(start) => {
                let gap = index > 0 && places[index - 1].is_some();
                if gap {
                    push(&mut text, &[ELLIPSIS]);
                }
                end = start + block.len();
                push(&mut text, &got[*start..end]);
            }
            // All lines up to those that are known again.
            None => {
                let until = next.map_or(got.len(), |start| *start);
                push(&mut text, &got[end..until]);
                end = until;
            }
        }
    }
    text
}

fn find(block: &[&str], got: &[&str], from: usize) -> Option<usize> {
    let last = got.len().checked_sub(block.len())?;
    let same = |start: &usize| {
        let pairs = block.iter().zip(&got[*start..]);
        pairs
            .into_iter()
            .all(|(one, other)| normal(one) == normal(other))
    };
    (from..=last).find(same)
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
