//! What the doctor looks at.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::output::one_line;

/// A machine to examine; tests put a made-up one in its place.
pub trait Machine {
    /// First line that `tool arguments` prints, or `None` if there is no such
    /// tool or it fails.
    fn version(&self, tool: &str, arguments: &[&str]) -> Option<String>;
    /// Why a small program cannot be compiled and linked.
    ///
    /// # Errors
    /// The compiler's reason.
    fn links(&self) -> Result<(), String>;
    /// Whether an environment variable is set and not empty. Its value is never
    /// looked at.
    fn has_variable(&self, name: &str) -> bool;
    /// Whether a file exists below the home folder. It is never opened.
    fn has_home_file(&self, path: &Path) -> bool;
}

/// The machine that the command runs on.
pub struct ThisMachine;

impl Machine for ThisMachine {
    fn version(&self, tool: &str, arguments: &[&str]) -> Option<String> {
        let output = Command::new(found(tool)?)
            .args(arguments)
            .stdin(Stdio::null())
            .stderr(Stdio::null())
            .output()
            .ok()
            .filter(|output| output.status.success())?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let line = text
            .lines()
            .find(|line| !line.trim().is_empty())
            .unwrap_or_default();
        Some(one_line(line, 60))
    }

    fn links(&self) -> Result<(), String> {
        let folder = std::env::temp_dir().join(format!("workbook-doctor-{}", std::process::id()));
        let result = compile_in(&folder);
        // What is left behind is a few bytes in the system's temporary folder.
        let _ = std::fs::remove_dir_all(&folder);
        result
    }

    fn has_variable(&self, name: &str) -> bool {
        std::env::var_os(name).is_some_and(|value| !value.is_empty())
    }

    fn has_home_file(&self, path: &Path) -> bool {
        std::env::home_dir().is_some_and(|home| home.join(path).is_file())
    }
}

/// Where a tool is, by the rules of the system: `PATH`, and on Windows the
/// endings of `PATHEXT`, since tools of Node and Python are `.cmd` files there.
fn found(tool: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let endings = if cfg!(windows) {
        std::env::var("PATHEXT").unwrap_or_else(|_| ".EXE;.CMD;.BAT".to_owned())
    } else {
        String::new()
    };
    let names = || {
        endings
            .split(';')
            .map(|ending| OsString::from(format!("{tool}{ending}")))
    };
    std::env::split_paths(&path)
        .filter(|dir| dir.is_absolute())
        .flat_map(|dir| names().map(move |name| dir.join(name)))
        .find(|file| is_program(file))
}

#[cfg(unix)]
fn is_program(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    std::fs::metadata(file)
        .is_ok_and(|metadata| metadata.is_file() && metadata.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_program(file: &Path) -> bool {
    file.is_file()
}

/// Compiles the smallest program: whether a linker is there and works is known
/// only by linking, and it is called differently on each system.
fn compile_in(folder: &Path) -> Result<(), String> {
    let source = folder.join("probe.rs");
    std::fs::create_dir_all(folder)
        .and_then(|()| std::fs::write(&source, "fn main() {}\n"))
        .map_err(|error| error.to_string())?;
    let output = Command::new(found("rustc").ok_or("there is no rustc to try it with")?)
        .arg(&source)
        .arg("-o")
        .arg(folder.join("probe.out"))
        .stdin(Stdio::null())
        .output()
        .map_err(|error| error.to_string())?;
    if output.status.success() {
        return Ok(());
    }
    let messages = String::from_utf8_lossy(&output.stderr).into_owned();
    let first = messages.lines().find(|line| line.starts_with("error"));
    Err(one_line(first.unwrap_or("rustc failed"), 120))
}
