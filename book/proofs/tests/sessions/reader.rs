//! What a reader is told to type in a folder of their own is understood by the command.

use std::fs;
use std::path::Path;

use crate::{read, words};

/// The `cargo workbook …` lines of a page's blocks that a reader types, each with its number.
fn lines(page: &str) -> Vec<(usize, &str)> {
    let mut lines = Vec::new();
    let mut inside = false;
    for (index, line) in page.lines().enumerate() {
        let line = line.trim();
        if let Some(info) = line.strip_prefix("```") {
            let mut info = info.split_whitespace();
            inside = !inside && info.next() == Some("sh") && info.next() == Some("reader");
        } else if inside && line.starts_with("cargo workbook") {
            lines.push((index + 1, line));
        }
    }
    lines
}

/// Whether the command understands such a line.
fn understood(line: &str) -> Result<(), clap::Error> {
    // What a shell takes for itself is not the command's.
    let shells = ["&&", "||", "|", ";", ">"];
    let words = words(line).into_iter();
    let words: Vec<String> = words
        .take_while(|word| !shells.contains(&word.as_str()))
        .collect();
    read(&words).map(drop)
}

fn pages(folder: &Path, found: &mut Vec<std::path::PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            pages(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "md") {
            found.push(path);
        }
    }
}

#[test]
fn every_line_that_a_reader_types_is_understood() {
    let folder = book_proofs::root().join("book/src");
    let mut found = Vec::new();
    pages(&folder, &mut found);
    assert!(found.len() > 10, "{folder:?} has the pages");
    let mut wrong = Vec::new();
    for path in found {
        let text = fs::read_to_string(&path).unwrap();
        let page = path.strip_prefix(&folder).unwrap().display();
        for (number, line) in lines(&text) {
            if let Err(error) = understood(line) {
                wrong.push(format!("book/src/{page}:{number}: {line}\n{error}"));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn lines_are_found_and_mistakes_noticed() {
    let page = "```sh reader\ncd ..\ncargo workbook new ../mine --from 01\n```\n\n\
                ```sh account\ncargo workbook nonsense\n```\n\n  ```sh reader\n  cargo workbook\n  ```\n";
    let found = lines(page);
    assert_eq!(
        found,
        [
            (3, "cargo workbook new ../mine --from 01"),
            (11, "cargo workbook")
        ]
    );
    assert!(found.iter().all(|(_, line)| understood(line).is_ok()));
    assert!(understood("cargo workbook up && cargo test").is_ok());
    assert!(understood("cargo workbook sned").is_err());
    assert!(understood("cargo workbook up --prot 4100").is_err());
}
