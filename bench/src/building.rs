//! Builds what is measured, as it is deployed.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::error::{Result, cannot, failed};

/// Path of each binary, by its name.
pub type Binaries = BTreeMap<String, PathBuf>;

/// The repository.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Builds the binaries of final by themselves: together with other packages of
/// the workspace they would have other features. Cargo's progress stays visible.
///
/// # Errors
/// If cargo cannot be run or cannot build them.
pub fn functions() -> Result<Binaries> {
    build(&["--package", "payments", "--bins"])
}

/// Builds the least that a function can be.
///
/// # Errors
/// As [`functions`].
pub fn floor() -> Result<PathBuf> {
    let built = build(&["--package", "bench", "--bin", "bench-floor"])?;
    let floor = built.into_values().next();
    floor.ok_or_else(|| failed("cargo has built no bench-floor"))
}

fn build(what: &[&str]) -> Result<Binaries> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args([
            "build",
            "--release",
            "--message-format",
            "json-render-diagnostics",
        ])
        .args(what)
        .current_dir(root())
        .stderr(Stdio::inherit())
        .output()
        .map_err(cannot("run cargo"))?;
    if !output.status.success() {
        return Err(failed("cargo could not build it; its messages are above"));
    }
    let text = String::from_utf8_lossy(&output.stdout);
    let built = text.lines().filter_map(|line| {
        let message: Value = serde_json::from_str(line).ok()?;
        let name = message["target"]["name"].as_str()?;
        let path = message["executable"].as_str()?;
        Some((name.to_owned(), PathBuf::from(path)))
    });
    Ok(built.collect())
}
