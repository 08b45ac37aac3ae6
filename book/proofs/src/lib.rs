//! What the proofs of all chapters need: a step's stack in the sandbox, run by the
//! programs that the workspace's own build made.

#![warn(missing_docs)]

pub mod session;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use sandbox::Options;

/// The folder of the repository.
#[must_use]
pub fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

/// Options to run a template with the programs of the step in `step`, a folder such as
/// `steps/05-waf-cloudfront`. The template may be the step's own or a broken one that
/// names the same binaries.
///
/// # Panics
/// With what to do next, if a program is missing or older than its sources.
#[must_use]
pub fn options(template: impl Into<PathBuf>, step: &str) -> Options {
    Options {
        binaries: programs(&root().join(step)),
        ..Options::new(template)
    }
}

/// The programs of the crate in `dir`, by name. `cargo test` at the root has built them
/// beside the tests: their crates have tests of their own that run them.
///
/// # Panics
/// As [`program`].
#[must_use]
pub fn programs(dir: &Path) -> BTreeMap<String, PathBuf> {
    let manifest = dir.join("Cargo.toml");
    let text = fs::read_to_string(&manifest)
        .unwrap_or_else(|error| panic!("{}: {error}", manifest.display()));
    let names = text.split("[[bin]]").skip(1).filter_map(|table| {
        let line = table.lines().find(|line| line.starts_with("name"))?;
        line.split('"').nth(1)
    });
    names.map(|name| (name.to_owned(), program(name))).collect()
}

/// Path of a program that the workspace's build put beside the tests.
///
/// # Panics
/// With what to do next, if it is missing or older than its sources.
#[must_use]
pub fn program(name: &str) -> PathBuf {
    let test = std::env::current_exe().expect("a test knows its own path");
    let folder = test
        .parent()
        .and_then(Path::parent)
        .expect("target/debug/deps");
    let program = folder.join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
    // With the dependencies' features that the whole test build has: asked for without a test,
    // programs take other ones, and the AWS SDK is compiled once more.
    let next = "build what the tests run with `cargo build --workspace --bins --test sessions`";
    let Some(built) = modified(&program) else {
        panic!("{} is not built; {next}", program.display());
    };
    // Cargo lists what a program was made from in a file beside it.
    let sources = fs::read_to_string(folder.join(format!("{name}.d"))).unwrap_or_default();
    let sources = sources.split_once(": ").map_or("", |(_, sources)| sources);
    // A blank in a path is written `\ `.
    let sources = sources.trim_end().replace("\\ ", "\0");
    for source in sources.split(' ').map(|source| source.replace('\0', " ")) {
        assert!(
            modified(Path::new(&source)).is_none_or(|changed| changed <= built),
            "{} is older than {source}; {next}",
            program.display()
        );
    }
    program
}

/// A program in `folder` that is the ignored test `program::TEST` of the test program that
/// asks for it: for Lambda functions that exist only in a chapter's proof.
///
/// # Panics
/// If it cannot be written.
#[cfg(unix)]
#[must_use]
pub fn script(test: &str, folder: impl AsRef<Path>) -> PathBuf {
    use std::os::unix::fs::PermissionsExt;

    let me = std::env::current_exe().expect("a test knows its own path");
    let script = folder.as_ref().join("function");
    let text = format!(
        "#!/bin/sh\nexec '{}' --ignored --exact program::{test} --nocapture\n",
        me.display()
    );
    fs::write(&script, text).expect("a script can be written");
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).expect("and may be run");
    script
}

fn modified(path: &Path) -> Option<SystemTime> {
    fs::metadata(path).and_then(|file| file.modified()).ok()
}
