//! The step's template with parts of it changed.

use std::fs;
use std::path::{Path, PathBuf};

use book_proofs::root;

/// A line that begins an entry, what belongs to it, and the comments before it.
struct Entry<'s, 'a> {
    key: &'a str,
    comments: &'s [&'a str],
    /// The line of the key, and those below it.
    lines: &'s [&'a str],
}

/// The folder of this chapter's files.
pub fn folder() -> PathBuf {
    root().join("book/proofs/tests/05-waf-cloudfront")
}

/// The template of step 05.
pub fn of_the_step() -> String {
    fs::read_to_string(root().join("steps/05-waf-cloudfront/template.yaml")).unwrap()
}

/// The step's template with a file of this chapter worked in.
pub fn edited(change: &str) -> String {
    let change = fs::read_to_string(folder().join(change)).unwrap();
    edit(&of_the_step(), &change)
}

/// `template` with what `change` says put in its place. An entry with one child is the way
/// to that child; one with several, or with none, replaces what has its name, and is added
/// if nothing has.
pub fn edit(template: &str, change: &str) -> String {
    let template: Vec<&str> = template.lines().collect();
    let change: Vec<&str> = change.lines().collect();
    let mut merged = Vec::new();
    merge(&template, &change, 0, &mut merged);
    merged.join("\n") + "\n"
}

/// Writes a template where the sandbox can read it, which it does once.
pub fn saved(template: &str, folder: &Path) -> PathBuf {
    let path = folder.join("template.yaml");
    fs::write(&path, template).unwrap();
    path
}

fn merge<'a>(old: &[&'a str], new: &[&'a str], indent: usize, out: &mut Vec<&'a str>) {
    let news = entries(new, indent);
    let olds = entries(old, indent);
    for old in &olds {
        out.extend(old.comments);
        match news.iter().find(|new| new.key == old.key) {
            None => out.extend(old.lines),
            Some(new) => {
                let below = entries(&new.lines[1..], indent + 2);
                let is_way = below.len() == 1 || (indent == 0 && !below.is_empty());
                if is_way && below.iter().all(|entry| !entry.key.starts_with('-')) {
                    out.push(old.lines[0]);
                    merge(&old.lines[1..], &new.lines[1..], indent + 2, out);
                } else {
                    out.extend(new.lines);
                }
            }
        }
    }
    let added = |new: &&Entry| olds.iter().all(|old| old.key != new.key);
    for new in news.iter().filter(added) {
        out.extend(new.lines);
    }
}

/// The entries at this depth, in the order they stand.
fn entries<'s, 'a>(lines: &'s [&'a str], indent: usize) -> Vec<Entry<'s, 'a>> {
    let depth = |line: &str| line.len() - line.trim_start().len();
    let is_comment = |line: &str| line.trim().is_empty() || line.trim_start().starts_with('#');
    let begins = |line: &str| !is_comment(line) && depth(line) == indent;
    let starts: Vec<usize> = (0..lines.len()).filter(|at| begins(lines[*at])).collect();
    let mut entries = Vec::new();
    // Comments directly before an entry belong to it, not to the one before.
    let first_comment = |start: usize| {
        let before = lines[..start].iter().rev();
        start - before.take_while(|line| is_comment(line)).count()
    };
    for (nth, start) in starts.iter().enumerate() {
        let end = starts
            .get(nth + 1)
            .map_or(lines.len(), |next| first_comment(*next));
        entries.push(Entry {
            key: lines[*start]
                .trim()
                .split(": ")
                .next()
                .unwrap()
                .trim_end_matches(':'),
            comments: &lines[first_comment(*start)..*start],
            lines: &lines[*start..end],
        });
    }
    entries
}

#[test]
fn an_edit_changes_what_it_names_and_nothing_else() {
    let template = "A: 1\n\n# Two.\nB:\n  C:\n    D: 1\n    E: 2\n\n  # Six.\n  F:\n    - G\n";
    for (change, expected) in [
        ("A: 2\n", template.replace("A: 1", "A: 2")),
        ("B:\n  C:\n    D: 9\n", template.replace("D: 1", "D: 9")),
        (
            "B:\n  C:\n    D: 9\n    H: 8\n",
            template.replace("D: 1\n    E: 2", "D: 9\n    H: 8"),
        ),
        ("B:\n  F:\n    - H\n", template.replace("- G", "- H")),
        ("B:\n  H: 1\n", format!("{template}  H: 1\n")),
    ] {
        assert_eq!(edit(template, change), expected, "{change}");
    }
    let step = of_the_step();
    assert_eq!(edit(&step, &step), step);
}
