//! Copies a step's files, without the tests that need the repository.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::error::{Result, io};
use crate::step::is_written;

/// Copies the files of the crate `from` to `to`.
///
/// # Errors
/// If a file cannot be read or written.
pub fn copy(from: &Path, to: &Path) -> Result<()> {
    std::fs::create_dir_all(to).map_err(io("make", to))?;
    for entry in std::fs::read_dir(from).map_err(io("read", from))? {
        let entry = entry.map_err(io("read", from))?;
        let (source, target) = (entry.path(), to.join(entry.file_name()));
        if !is_written(&entry.file_name().to_string_lossy()) {
            continue;
        }
        if source.is_dir() {
            copy(&source, &target)?;
        } else {
            std::fs::copy(&source, &target).map_err(io("copy", &source))?;
        }
    }
    Ok(())
}

/// Deletes the tests in `dir` (a crate's `tests` folder) that use the sandbox or
/// a module that does, the lines that declare them as modules, and their snapshots. Returns their
/// paths below `dir`.
///
/// # Errors
/// If a file cannot be read, written or deleted.
pub fn drop_stage_tests(dir: &Path) -> Result<Vec<String>> {
    let mut dropped = Vec::new();
    if dir.is_dir() {
        drop_in(dir, "", &mut dropped)?;
        drop_snapshots(dir, &dropped)?;
    }
    dropped.sort();
    Ok(dropped)
}

fn drop_in(dir: &Path, prefix: &str, dropped: &mut Vec<String>) -> Result<()> {
    // Text of each module in this folder, by the module's name.
    let mut kept = BTreeMap::new();
    for entry in std::fs::read_dir(dir).map_err(io("read", dir))? {
        let path = entry.map_err(io("read", dir))?.path();
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        if path.is_dir() {
            drop_in(&path, &format!("{prefix}{name}/"), dropped)?;
        } else if let Some(module) = name.strip_suffix(".rs") {
            let text = std::fs::read_to_string(&path).map_err(io("read", &path))?;
            kept.insert(module.to_owned(), text);
        }
    }
    let mut gone = BTreeSet::new();
    while let Some(module) = next_to_drop(&kept, &gone) {
        let file = format!("{module}.rs");
        let path = dir.join(&file);
        std::fs::remove_file(&path).map_err(io("delete", &path))?;
        dropped.push(format!("{prefix}{file}"));
        kept.remove(&module);
        gone.insert(module);
    }
    for (module, text) in kept {
        let without = without_modules(&text, &gone);
        if without != text {
            let path = dir.join(format!("{module}.rs"));
            std::fs::write(&path, without).map_err(io("write", &path))?;
        }
    }
    Ok(())
}

/// A module that uses the sandbox, or one that has been dropped.
fn next_to_drop(kept: &BTreeMap<String, String>, gone: &BTreeSet<String>) -> Option<String> {
    let uses = |text: &str| {
        let uses_gone = |module: &String| {
            ["::", ";"]
                .iter()
                .any(|end| text.contains(&format!("::{module}{end}")))
        };
        text.contains("sandbox::") || gone.iter().any(uses_gone)
    };
    let found = kept.iter().find(|(_, text)| uses(text));
    found.map(|(module, _)| module.clone())
}

/// `text` without the lines that declare these modules.
fn without_modules(text: &str, gone: &BTreeSet<String>) -> String {
    let declares = |line: &str| {
        let module = line.trim().strip_prefix("mod ");
        let module = module.and_then(|rest| rest.strip_suffix(';'));
        module.is_some_and(|module| gone.contains(module))
    };
    text.split_inclusive('\n')
        .filter(|line| !declares(line))
        .collect()
}

/// Deletes the snapshots whose header names a dropped test as their source:
/// insta would report them as belonging to nothing.
fn drop_snapshots(dir: &Path, dropped: &[String]) -> Result<()> {
    for entry in std::fs::read_dir(dir).map_err(io("read", dir))? {
        let path = entry.map_err(io("read", dir))?.path();
        if path.is_dir() {
            drop_snapshots(&path, dropped)?;
            // Goes if it is empty now.
            let _ = std::fs::remove_dir(&path);
        } else if path
            .extension()
            .is_some_and(|extension| extension == "snap")
        {
            let text = std::fs::read_to_string(&path).map_err(io("read", &path))?;
            let source = text
                .lines()
                .take(5)
                .find(|line| line.starts_with("source: "));
            let orphan = |source: &str| {
                dropped
                    .iter()
                    .any(|test| source.ends_with(&format!("tests/{test}")))
            };
            if source.is_some_and(orphan) {
                std::fs::remove_file(&path).map_err(io("delete", &path))?;
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tests_on_the_sandbox_go_with_their_modules_and_snapshots() {
        let folder = tempfile::tempdir().unwrap();
        for (path, text) in [
            (
                "all/main.rs",
                "//! Tests.\nmod handler;\nmod sandboxed;\nmod stage;\n",
            ),
            ("all/handler.rs", "// no sandbox here\n"),
            ("all/sandboxed.rs", "use sandbox::Sandbox;\n"),
            // Only through the other.
            ("all/stage.rs", "use crate::sandboxed::start;\n"),
            (
                "all/snapshots/all__stage__a.snap",
                "---\nsource: steps/03/tests/all/stage.rs\n---\n",
            ),
            (
                "all/snapshots/all__handler__a.snap",
                "---\nsource: steps/03/tests/all/handler.rs\n---\n",
            ),
        ] {
            let path = folder.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        assert_eq!(
            drop_stage_tests(folder.path()).unwrap(),
            ["all/sandboxed.rs", "all/stage.rs"]
        );
        let all = folder.path().join("all");
        let main = std::fs::read_to_string(all.join("main.rs")).unwrap();
        assert_eq!(main, "//! Tests.\nmod handler;\n");
        assert!(all.join("handler.rs").exists());
        assert!(all.join("snapshots").join("all__handler__a.snap").exists());
        assert!(!all.join("snapshots").join("all__stage__a.snap").exists());
    }

    #[test]
    fn a_crate_without_tests_is_fine() {
        let folder = tempfile::tempdir().unwrap();
        let none = folder.path().join("tests");
        assert!(drop_stage_tests(&none).unwrap().is_empty());
    }
}
