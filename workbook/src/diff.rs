//! `diff`: what changes from one step to another.

use std::fmt::Write;
use std::process::ExitCode;

use similar::{ChangeTag, TextDiff};

use crate::cli;
use crate::error::{Result, failed, io};
use crate::new::manifest;
use crate::output::{BAD, BOLD, GOOD, NAME, counted, painted, print};
use crate::project::{Project, Target, current_dir};
use crate::step::{Change, Content, Step};

/// Unchanged lines around a change.
const CONTEXT: usize = 3;

/// Prints the difference. The exit code is 0 whether there is one or not.
///
/// # Errors
/// If a step does not exist or cannot be read.
pub fn run(options: &cli::Diff) -> Result<ExitCode> {
    let current = current_dir()?;
    let project = Project::find(&current)?;
    let [from, to] = [&options.from, &options.to].map(|text| project.resolve(text, &current));
    let (from, to) = (from?, to?);
    let (mut before, mut after) = (Step::read(&from.dir)?, Step::read(&to.dir)?);
    // A crate made by `new` has its versions written out: so that they do not
    // show as changes, the other side's are written out too.
    if is_alone(&before) != is_alone(&after) {
        let inherits = if is_alone(&before) {
            &mut after
        } else {
            &mut before
        };
        write_out(inherits, &project)?;
    }
    if before.identity.corresponds_to(&after.identity) {
        before = before.as_in(&after);
    } else {
        (before, after) = (before.neutral(), after.neutral());
    }
    let text = if options.stat {
        stat(&before, &after)
    } else {
        unified((&from, &before), (&to, &after))
    };
    if text.is_empty() {
        anstream::eprintln!(
            "{} and {} do not differ but in their names.",
            from.name,
            to.name
        );
    }
    print(&text)?;
    Ok(ExitCode::SUCCESS)
}

fn is_alone(step: &Step) -> bool {
    matches!(step.files.get("Cargo.toml"), Some(Content::Text(text)) if manifest::is_alone(text))
}

fn write_out(step: &mut Step, project: &Project) -> Result<()> {
    let root = project.root().join("Cargo.toml");
    let root_text = std::fs::read_to_string(&root).map_err(io("read", &root))?;
    if let Some(Content::Text(text)) = step.files.get_mut("Cargo.toml") {
        *text = manifest::alone(text, &root_text)
            .map_err(|error| failed(format!("Cargo.toml: {error}")))?;
    }
    Ok(())
}

/// Both sides of each file that is not the same.
fn changed<'a>(
    before: &'a Step,
    after: &'a Step,
) -> impl Iterator<Item = (String, Change, Option<&'a Content>, Option<&'a Content>)> {
    let changes = before.changes_to(after).into_iter();
    changes
        .filter(|(_, change)| *change != Change::Same)
        .map(|(path, change)| {
            let sides = (before.files.get(&path), after.files.get(&path));
            (path, change, sides.0, sides.1)
        })
}

fn text(content: Option<&Content>) -> Option<&str> {
    match content {
        None => Some(""),
        Some(Content::Text(text)) => Some(text),
        Some(Content::Binary(_)) => None,
    }
}

/// The unified diff of all changed files, as `patch` reads it.
fn unified((from, before): (&Target, &Step), (to, after): (&Target, &Step)) -> String {
    let mut all = String::new();
    for (path, change, old, new) in changed(before, after) {
        let old_name = match change {
            Change::Added => "/dev/null".to_owned(),
            _ => format!("{}/{path}", from.name),
        };
        let new_name = match change {
            Change::Removed => "/dev/null".to_owned(),
            _ => format!("{}/{path}", to.name),
        };
        let (Some(old), Some(new)) = (text(old), text(new)) else {
            all.push_str(&format!("Binary files {old_name} and {new_name} differ\n"));
            continue;
        };
        let diff = TextDiff::from_lines(old, new);
        let mut shown = diff.unified_diff();
        let shown = shown
            .context_radius(CONTEXT)
            .header(&old_name, &new_name)
            .to_string();
        if shown.is_empty() {
            // An empty file that comes or goes has no hunk.
            all.push_str(&painted(BOLD, &format!("--- {old_name}\n+++ {new_name}\n")));
        }
        for (number, line) in shown.lines().enumerate() {
            let style = match line.as_bytes().first() {
                _ if number < 2 => Some(BOLD),
                Some(b'+') => Some(GOOD),
                Some(b'-') => Some(BAD),
                Some(b'@') => Some(NAME),
                _ => None,
            };
            all.push_str(&style.map_or_else(|| line.to_owned(), |style| painted(style, line)));
            all.push('\n');
        }
    }
    all
}

/// One line per changed file, and a sum.
fn stat(before: &Step, after: &Step) -> String {
    let mut rows = Vec::new();
    let (mut files, mut added, mut removed) = (0, 0, 0);
    for (path, change, old, new) in changed(before, after) {
        files += 1;
        let letter = match change {
            Change::Added => 'A',
            Change::Removed => 'D',
            Change::Changed | Change::Same => 'M',
        };
        let (Some(old), Some(new)) = (text(old), text(new)) else {
            rows.push((letter, path, "binary".to_owned()));
            continue;
        };
        let diff = TextDiff::from_lines(old, new);
        let count = |tag| {
            diff.iter_all_changes()
                .filter(|line| line.tag() == tag)
                .count()
        };
        let (plus, minus) = (count(ChangeTag::Insert), count(ChangeTag::Delete));
        added += plus;
        removed += minus;
        let plus = painted(GOOD, &format!("+{plus:<4}"));
        let minus = painted(BAD, &format!("-{minus}"));
        rows.push((letter, path, format!("{plus} {minus}")));
    }
    if files == 0 {
        return String::new();
    }
    let width = rows
        .iter()
        .map(|(_, path, _)| path.len())
        .max()
        .unwrap_or(0);
    let mut all = String::new();
    for (letter, path, counts) in rows {
        // Writing to a string does not fail.
        let _ = writeln!(all, "{letter} {path:width$}  {counts}");
    }
    let _ = writeln!(all, "{}, +{added} -{removed}", counted(files, "file"));
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::step::Identity;
    use std::path::PathBuf;

    fn side(package: &str, files: &[(&str, &[u8])]) -> (Target, Step) {
        let files = files.iter().map(|(path, bytes)| {
            let content = match str::from_utf8(bytes) {
                Ok(text) => Content::Text(text.to_owned()),
                Err(_) => Content::Binary(bytes.to_vec()),
            };
            ((*path).to_owned(), content)
        });
        let identity = Identity::of_package(package);
        let step = Step {
            identity,
            files: files.collect(),
        };
        let target = Target {
            name: package.to_owned(),
            dir: PathBuf::new(),
        };
        (target, step)
    }

    fn sides() -> [(Target, Step); 2] {
        [
            side(
                "a",
                &[
                    ("gone.rs", b"x\n"),
                    ("image.png", &[0xff, 0]),
                    ("lib.rs", b"1\n2\n3\n4\n5\n6\n7\n8\n"),
                    ("same.rs", b"same\n"),
                ],
            ),
            side(
                "b",
                &[
                    ("empty.rs", b""),
                    ("image.png", &[0xff, 1]),
                    ("lib.rs", b"1\n2\n3\n4\n5\nsix\n7\n8"),
                    ("new.rs", b"y\n"),
                    ("same.rs", b"same\n"),
                ],
            ),
        ]
    }

    #[test]
    fn a_unified_diff_names_what_came_went_and_changed() {
        let [(from, before), (to, after)] = sides();
        let text = unified((&from, &before), (&to, &after));
        insta::assert_snapshot!(anstream::adapter::strip_str(&text));
    }

    #[test]
    fn stat_counts_lines() {
        let [(_, before), (_, after)] = sides();
        insta::assert_snapshot!(anstream::adapter::strip_str(&stat(&before, &after)));
        assert_eq!(stat(&before, &before), "");
    }
}
