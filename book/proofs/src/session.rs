//! Console sessions, as they are written in `book/sessions`.

mod normal;

use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use toml_edit::de::Deserializer;
use toml_edit::{Document, Item};

pub use normal::normal;

/// Stands alone on a line of an output for any lines.
pub const ELLIPSIS: &str = "…";

/// Commands and what they print.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Name of its file, without the ending.
    pub name: String,
    /// Whether it needs `sh` and what its commands call there.
    pub shell: bool,
    /// The commands in the order in which they are typed.
    pub runs: Vec<Run>,
}

/// A command and what it prints.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// Line of its `[[run]]`, from 1.
    pub line: usize,
    /// Name of the terminal that it is typed into.
    pub terminal: String,
    /// What is typed.
    pub command: String,
    /// Whether it goes on until the session ends.
    pub stays: bool,
    /// Its exit code.
    pub exit: i32,
    /// What it prints, all or part of it.
    pub output: String,
}

/// What is wrong with a session's file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    /// The file, relative to the repository.
    pub file: String,
    /// Line in it, from 1; 0 is the file as a whole.
    pub line: usize,
    /// What is wrong.
    pub message: String,
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => write!(formatter, "{}: {}", self.file, self.message),
            line => write!(formatter, "{}:{line}: {}", self.file, self.message),
        }
    }
}

impl std::error::Error for Error {}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    #[serde(default)]
    shell: bool,
    run: Vec<WrittenRun>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenRun {
    #[serde(default = "first")]
    terminal: String,
    command: String,
    #[serde(default)]
    stays: bool,
    #[serde(default)]
    exit: i32,
    output: String,
}

fn first() -> String {
    "1".to_owned()
}

/// The file of the session `name`, relative to the repository.
#[must_use]
pub fn file(name: &str) -> String {
    format!("book/sessions/{name}.toml")
}

/// The names of all sessions of the repository in `root`, sorted.
///
/// # Errors
/// If their folder is there, but cannot be read.
pub fn names(root: &Path) -> std::io::Result<Vec<String>> {
    let entries = match root.join("book/sessions").read_dir() {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut names = Vec::new();
    for entry in entries {
        let path = PathBuf::from(entry?.file_name());
        if path.extension().is_some_and(|ending| ending == "toml") {
            names.extend(
                path.file_stem()
                    .map(|name| name.to_string_lossy().into_owned()),
            );
        }
    }
    names.sort();
    Ok(names)
}

impl Session {
    /// Reads the session `name` of the repository in `root`.
    ///
    /// # Errors
    /// If there is no such file, or it is not as `book/WRITING.md` says.
    pub fn read(root: &Path, name: &str) -> Result<Self, Error> {
        let file = file(name);
        let text = std::fs::read_to_string(root.join(&file)).map_err(|error| Error {
            file,
            line: 0,
            message: match error.kind() {
                std::io::ErrorKind::NotFound => "there is no such file".to_owned(),
                _ => error.to_string(),
            },
        })?;
        Self::parse(name, &text)
    }

    /// Reads the text of a session's file.
    ///
    /// # Errors
    /// If it is not as `book/WRITING.md` says.
    pub fn parse(name: &str, text: &str) -> Result<Self, Error> {
        let wrong = |span: Option<Range<usize>>, message: &str| Error {
            file: file(name),
            line: span.map_or(0, |span| line_at(text, span.start)),
            message: message.to_owned(),
        };
        let document =
            Document::parse(text).map_err(|error| wrong(error.span(), error.message()))?;
        let lines = lines(&document, text);
        let written = Written::deserialize(Deserializer::from(document))
            .map_err(|error| wrong(error.span(), error.message()))?;
        if written.run.is_empty() {
            return Err(wrong(Some(0..0), "a session has at least one [[run]]"));
        }
        let mut runs = Vec::new();
        for (run, line) in written.run.into_iter().zip(lines) {
            if let Some(message) = run.trouble() {
                let file = file(name);
                let message = message.to_owned();
                return Err(Error {
                    file,
                    line,
                    message,
                });
            }
            runs.push(Run {
                line,
                terminal: run.terminal,
                command: run.command,
                stays: run.stays,
                exit: run.exit,
                output: run.output,
            });
        }
        Ok(Self {
            name: name.to_owned(),
            shell: written.shell,
            runs,
        })
    }

    /// Whether its commands are typed into more than one terminal.
    #[must_use]
    pub fn has_terminals(&self) -> bool {
        self.runs
            .windows(2)
            .any(|two| two[0].terminal != two[1].terminal)
    }
}

impl WrittenRun {
    fn trouble(&self) -> Option<&'static str> {
        if self.command.trim().is_empty() {
            Some("this run has no command")
        } else if self.command.trim() != self.command {
            Some("this command begins or ends with white space")
        } else if self.stays && self.exit != 0 {
            Some("a run that stays has no exit code: it is ended with the session")
        } else {
            None
        }
    }
}

/// Lines of the runs.
fn lines(document: &Document<&str>, text: &str) -> Vec<usize> {
    let runs = document.get("run").and_then(Item::as_array_of_tables);
    let spans = runs.into_iter().flatten().map(toml_edit::Table::span);
    spans
        .map(|span| span.map_or(0, |span| line_at(text, span.start)))
        .collect()
}

fn line_at(text: &str, byte: usize) -> usize {
    let before = text.as_bytes().iter().take(byte);
    before.filter(|byte| **byte == b'\n').count() + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrong(text: &str) -> String {
        Session::parse("a", text).unwrap_err().to_string()
    }

    #[test]
    fn a_session_is_read_with_the_lines_of_its_runs() {
        let text = "shell = true\n\n[[run]]\nterminal = \"2\"\ncommand = \"x\"\nexit = 1\n\
                    output = '''\none\n\ntwo\n'''\n\n[[run]]\ncommand = 'y'\nstays = true\noutput = ''\n";
        let session = Session::parse("a", text).unwrap();
        assert!(session.shell && session.has_terminals());
        let [first, second] = &session.runs[..] else {
            panic!("{session:?}");
        };
        assert_eq!((first.line, first.exit, first.stays), (3, 1, false));
        assert_eq!(first.output, "one\n\ntwo\n");
        assert_eq!((second.line, second.terminal.as_str()), (13, "1"));
        assert!(second.stays);
    }

    #[test]
    fn what_is_wrong_is_said_with_its_line() {
        let run = "[[run]]\ncommand = \"x\"\noutput = ''\n";
        assert_eq!(
            wrong(&format!("{run}time = 3\n")),
            "book/sessions/a.toml:4: unknown field `time`, expected one of `terminal`, `command`, \
             `stays`, `exit`, `output`"
        );
        let cases = [
            (
                format!("{run}\n[[run]]\ncommand = 'y'\n"),
                5,
                "missing field `output`",
            ),
            (
                format!("{run}\n[[run]]\ncommand = ' '\noutput = ''\n"),
                5,
                "no command",
            ),
            (format!("{run}stays = true\nexit = 1\n"), 1, "no exit code"),
            (format!("{run}exit = \"1\"\n"), 4, "expected i32"),
            ("run = []\n".to_owned(), 1, "at least one"),
            ("[[run]\n".to_owned(), 1, ""),
        ];
        for (text, line, message) in cases {
            let told = wrong(&text);
            let place = format!("book/sessions/a.toml:{line}: ");
            assert!(told.starts_with(&place) && told.contains(message), "{told}");
        }
    }

    #[test]
    fn a_missing_file_is_an_error_and_a_missing_folder_is_none() {
        let folder = tempfile::tempdir().unwrap();
        let error = Session::read(folder.path(), "b").unwrap_err();
        assert_eq!(
            error.to_string(),
            "book/sessions/b.toml: there is no such file"
        );
        assert!(names(folder.path()).unwrap().is_empty());
        let sessions = folder.path().join("book/sessions");
        std::fs::create_dir_all(&sessions).unwrap();
        for name in ["b.toml", "a.toml", "notes.txt"] {
            std::fs::write(sessions.join(name), "").unwrap();
        }
        assert_eq!(names(folder.path()).unwrap(), ["a", "b"]);
    }
}
