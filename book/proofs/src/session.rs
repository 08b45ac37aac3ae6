//! Console sessions of the book: files in `book/sessions` with commands and what they print.
//! The builder shows them, and a test of this crate replays them.

use std::path::{Path, PathBuf};

use serde::Deserialize;

/// A session.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Session {
    /// Whether its commands need a shell and what is usually there with one.
    #[serde(default)]
    pub shell: bool,
    /// What is typed, in this order.
    pub run: Vec<Run>,
}

/// A command and what it prints.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Run {
    /// Name of the terminal, such as `1`.
    #[serde(default)]
    pub terminal: String,
    /// What is typed, without a prompt.
    pub command: String,
    /// Whether it runs until the session ends.
    #[serde(default)]
    pub stays: bool,
    /// Its exit code; of one that stays there is none.
    #[serde(default)]
    pub exit: i32,
    /// What it prints, standard output and error as on a terminal; a line with nothing but `…`
    /// stands for any lines.
    #[serde(default)]
    pub output: String,
}

/// The folder of the sessions.
#[must_use]
pub fn folder(root: &Path) -> PathBuf {
    root.join("book/sessions")
}

/// Reads the session `name` of the repository in `root`.
///
/// # Errors
/// If its file is not there, or not as it should be.
pub fn read(root: &Path, name: &str) -> Result<Session, String> {
    let file = folder(root).join(format!("{name}.toml"));
    let text = std::fs::read_to_string(file)
        .map_err(|error| format!("book/sessions/{name}.toml cannot be read: {error}"))?;
    toml_edit::de::from_str(&text).map_err(|error| format!("book/sessions/{name}.toml: {error}"))
}

/// Names of all sessions, sorted.
///
/// # Errors
/// If the folder cannot be read.
pub fn names(root: &Path) -> Result<Vec<String>, String> {
    let entries = std::fs::read_dir(folder(root));
    let entries = entries.map_err(|error| format!("book/sessions cannot be read: {error}"))?;
    let names = entries.flatten().filter_map(|entry| {
        let name = entry.file_name().into_string().ok()?;
        name.strip_suffix(".toml").map(str::to_owned)
    });
    let mut names: Vec<String> = names.collect();
    names.sort();
    Ok(names)
}
