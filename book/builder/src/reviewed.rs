//! What the text around each listing and figure was last read with: `book/reviewed.txt`.

use std::collections::BTreeMap;
use std::path::Path;

use sha2::{Digest, Sha256};

use crate::expand::Shown;
use crate::problem::Problem;

/// The file, relative to the repository.
pub const FILE: &str = "book/reviewed.txt";

/// What to do when something has changed.
const WHAT_NEXT: &str = "read the text around it, then run cargo run -p book-builder -- accept";

/// The file as it should be: a line for each thing that is shown.
#[must_use]
pub fn lines(shown: &[Shown]) -> String {
    let lines = shown.iter().map(|shown| {
        let Shown { page, id, of, .. } = shown;
        format!("{page}#{id} {} {of}\n", digest(shown))
    });
    lines.collect()
}

/// A digest of what is shown, without its number.
fn digest(shown: &Shown) -> String {
    let mut digest = hex::encode(Sha256::digest(&shown.content));
    digest.truncate(16);
    digest
}

/// What is not as it was when the text around it was last read.
///
/// # Errors
/// If the file cannot be read.
pub fn problems(root: &Path, shown: &[Shown]) -> std::io::Result<Vec<Problem>> {
    let path = root.join(FILE);
    let text = match path.exists() {
        true => std::fs::read_to_string(path)?,
        false => String::new(),
    };
    let mut problems = Vec::new();
    let mut reviewed: BTreeMap<&str, (usize, &str)> = BTreeMap::new();
    for (index, line) in text.lines().enumerate() {
        if let Some((address, rest)) = line.split_once(' ') {
            reviewed.insert(address, (index + 1, rest));
        }
    }
    for shown in shown {
        let address = format!("{}#{}", shown.page, shown.id);
        let was = reviewed.remove(address.as_str());
        let was = was.and_then(|(_, rest)| rest.split(' ').next());
        let how = match was {
            Some(was) if was == digest(shown) => continue,
            Some(_) => "is not what it was when the text was last read",
            None => "is new",
        };
        problems.push(Problem {
            file: format!("book/src/{}", shown.page),
            line: shown.line,
            message: format!("{} ({}) {how}; {WHAT_NEXT}", shown.label, shown.of),
        });
    }
    for (address, (line, _)) in reviewed {
        problems.push(Problem {
            file: FILE.to_owned(),
            line,
            message: format!("{address} is gone; {WHAT_NEXT}"),
        });
    }
    Ok(problems)
}

/// Writes the file as it should be.
///
/// # Errors
/// If it cannot be written.
pub fn accept(root: &Path, shown: &[Shown]) -> std::io::Result<()> {
    std::fs::write(root.join(FILE), lines(shown))
}
