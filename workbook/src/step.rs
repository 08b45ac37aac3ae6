//! Reads a step's files and compares them with another step's.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::error::{Result, failed, io};

/// Folders and files that are made, not written.
const MADE: [&str; 6] = [
    ".aws-sam",
    ".cargo",
    ".git",
    "Cargo.lock",
    "node_modules",
    "target",
];
/// Endings of files that wait for a review.
const PENDING: [&str; 2] = [".snap.new", ".pending-snap"];

/// A step as it is on disk.
#[derive(Clone, Debug)]
pub struct Step {
    /// Names that only this step has.
    pub identity: Identity,
    /// Its files by path, with `/` between folders.
    pub files: BTreeMap<String, Content>,
}

/// What a file holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// UTF-8 text.
    Text(String),
    /// Anything else.
    Binary(Vec<u8>),
}

/// What happened to a file between two steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Change {
    /// Nothing.
    Same,
    /// Its text.
    Changed,
    /// It is new.
    Added,
    /// It is gone.
    Removed,
}

/// A step's own names: its package, its folder, the prefix of its binaries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    package: String,
    /// `05` of `step-05-waf-cloudfront`.
    number: Option<String>,
}

impl Identity {
    /// The identity of the crate with this package name.
    #[must_use]
    pub fn of_package(package: &str) -> Self {
        let number = package
            .strip_prefix("step-")
            .and_then(|rest| rest.split_once('-'))
            .filter(|(number, _)| number.parse::<u32>().is_ok())
            .map(|(number, _)| number.to_owned());
        Self {
            package: package.to_owned(),
            number,
        }
    }

    /// Own names, longest first, each with what stands for it in every step.
    fn names(&self) -> Vec<(String, String)> {
        let package = &self.package;
        let snake = package.replace('-', "_");
        let Some(number) = &self.number else {
            // A package without a number may be called like an ordinary word:
            // only where it can be nothing else is it the crate's name.
            return vec![
                (format!("\"{package}\""), "\"step\"".to_owned()),
                (format!("{snake}::"), "step::".to_owned()),
            ];
        };
        let folder = package.trim_start_matches("step-");
        [
            (package.as_str(), "step"),
            (&snake, "step"),
            (folder, "step"),
            (&format!("step-{number}-"), ""),
            (&format!("step_{number}_"), ""),
            (&format!("step {number}"), "step"),
            (&format!("Step {number}"), "Step"),
        ]
        .map(|(own, neutral)| (own.to_owned(), neutral.to_owned()))
        .into()
    }

    /// `text` with the step's own names taken out.
    #[must_use]
    pub fn neutral(&self, text: &str) -> String {
        let names = self.names();
        let replace = |text: String, (own, neutral): &(String, String)| text.replace(own, neutral);
        names.iter().fold(text.to_owned(), replace)
    }

    /// `text` of this step with the names that it has in the step `other`.
    #[must_use]
    pub fn as_in(&self, other: &Self, text: &str) -> String {
        let pairs = self.names().into_iter().zip(other.names());
        pairs.fold(text.to_owned(), |text, ((own, _), (others, _))| {
            text.replace(&own, &others)
        })
    }

    /// Whether both are numbered steps, whose names correspond one to one.
    #[must_use]
    pub fn corresponds_to(&self, other: &Self) -> bool {
        self.number.is_some() == other.number.is_some()
    }
}

impl Step {
    /// Reads the crate in `dir`.
    ///
    /// # Errors
    /// If it has no package or a file cannot be read.
    pub fn read(dir: &Path) -> Result<Self> {
        let manifest = dir.join("Cargo.toml");
        let text = std::fs::read_to_string(&manifest).map_err(io("read", &manifest))?;
        let package = package_field(&text, "name")
            .ok_or_else(|| failed(format!("{} names no package", manifest.display())))?;
        let mut files = BTreeMap::new();
        collect(dir, "", &mut files)?;
        Ok(Self {
            identity: Identity::of_package(&package),
            files,
        })
    }

    /// The same step with its own names taken out of paths and texts.
    #[must_use]
    pub fn neutral(&self) -> Self {
        self.renamed(|text| self.identity.neutral(text))
    }

    /// The same step with the names it has in `other`.
    #[must_use]
    pub fn as_in(&self, other: &Self) -> Self {
        self.renamed(|text| self.identity.as_in(&other.identity, text))
    }

    fn renamed(&self, rename: impl Fn(&str) -> String) -> Self {
        let files = self.files.iter().map(|(path, content)| {
            let content = match content {
                Content::Text(text) => Content::Text(rename(text)),
                Content::Binary(bytes) => Content::Binary(bytes.clone()),
            };
            (rename(path), content)
        });
        Self {
            identity: self.identity.clone(),
            files: files.collect(),
        }
    }

    /// What happens to each file on the way to `later`, names as they are.
    #[must_use]
    pub fn changes_to(&self, later: &Self) -> BTreeMap<String, Change> {
        let paths: BTreeSet<&String> = self.files.keys().chain(later.files.keys()).collect();
        let changes = paths.into_iter().map(|path| {
            let change = match (self.files.get(path), later.files.get(path)) {
                (None, _) => Change::Added,
                (_, None) => Change::Removed,
                (before, after) if before == after => Change::Same,
                _ => Change::Changed,
            };
            (path.clone(), change)
        });
        changes.collect()
    }
}

/// The text field `field` of a manifest's package.
#[must_use]
pub fn package_field(manifest: &str, field: &str) -> Option<String> {
    let document: toml_edit::DocumentMut = manifest.parse().ok()?;
    Some(document.get("package")?.get(field)?.as_str()?.to_owned())
}

/// Whether a file or folder of this name belongs to a step.
#[must_use]
pub fn is_written(name: &str) -> bool {
    !MADE.contains(&name) && !PENDING.iter().any(|end| name.ends_with(end))
}

fn collect(dir: &Path, prefix: &str, files: &mut BTreeMap<String, Content>) -> Result<()> {
    for entry in std::fs::read_dir(dir).map_err(io("read", dir))? {
        let entry = entry.map_err(io("read", dir))?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if !is_written(&name) {
            continue;
        }
        let path = entry.path();
        if path.is_dir() {
            collect(&path, &format!("{prefix}{name}/"), files)?;
        } else {
            let bytes = std::fs::read(&path).map_err(io("read", &path))?;
            // Git may check text out with other line ends on Windows.
            let content = String::from_utf8(bytes).map_or_else(
                |error| Content::Binary(error.into_bytes()),
                |text| Content::Text(text.replace("\r\n", "\n")),
            );
            files.insert(format!("{prefix}{name}"), content);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(package: &str, files: &[(&str, &str)]) -> Step {
        let files = files.iter().map(|(path, text)| {
            let content = Content::Text((*text).to_owned());
            ((*path).to_owned(), content)
        });
        Step {
            identity: Identity::of_package(package),
            files: files.collect(),
        }
    }

    #[test]
    fn own_names_are_taken_out_and_other_words_stay() {
        let identity = Identity::of_package("step-02-signature-checks");
        let text = "use step_02_signature_checks::x; name = \"step-02-webhook\"; \
                    // steps/02-signature-checks, step 02 of 05, step-03-webhook";
        assert_eq!(
            identity.neutral(text),
            "use step::x; name = \"webhook\"; // steps/step, step of 05, step-03-webhook"
        );
    }

    #[test]
    fn a_package_that_is_a_common_word_is_replaced_only_as_a_name() {
        let identity = Identity::of_package("payments");
        assert_eq!(
            identity.neutral("name = \"payments\"; payments::run(); all payments are due"),
            "name = \"step\"; step::run(); all payments are due"
        );
    }

    #[test]
    fn names_can_be_carried_over_to_another_step() {
        let [first, second] =
            ["step-01-webhook-echo", "step-02-signature-checks"].map(Identity::of_package);
        let text = "step-01-webhook-echo step_01_webhook_echo step-01-webhook step 01";
        assert_eq!(
            first.as_in(&second, text),
            "step-02-signature-checks step_02_signature_checks step-02-webhook step 02"
        );
        assert!(first.corresponds_to(&second));
        assert!(!first.corresponds_to(&Identity::of_package("payments")));
    }

    #[test]
    fn only_what_differs_beyond_the_names_is_a_change() {
        let before = step(
            "step-01-webhook-echo",
            &[
                ("src/lib.rs", "step_01_webhook_echo"),
                ("src/old.rs", ""),
                ("template.yaml", "a"),
                ("tests/snapshots/step_01_webhook_echo__x.snap", "s"),
            ],
        );
        let after = step(
            "step-02-signature-checks",
            &[
                ("src/lib.rs", "step_02_signature_checks"),
                ("src/signature.rs", ""),
                ("template.yaml", "b"),
                ("tests/snapshots/step_02_signature_checks__x.snap", "s"),
            ],
        );
        let changes = before.neutral().changes_to(&after.neutral());
        let changes: Vec<(&str, Change)> = changes
            .iter()
            .map(|(path, change)| (path.as_str(), *change))
            .collect();
        assert_eq!(
            changes,
            [
                ("src/lib.rs", Change::Same),
                ("src/old.rs", Change::Removed),
                ("src/signature.rs", Change::Added),
                ("template.yaml", Change::Changed),
                ("tests/snapshots/step__x.snap", Change::Same),
            ]
        );
    }

    #[test]
    fn what_is_made_is_not_read() {
        let folder = tempfile::tempdir().unwrap();
        for (path, text) in [
            ("Cargo.toml", "[package]\nname = \"step-01-a\"\n"),
            ("src/lib.rs", "a\r\nb\r\n"),
            ("target/debug/x", ""),
            (".aws-sam/build.toml", ""),
            ("tests/snapshots/a.snap.new", ""),
        ] {
            let path = folder.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        let step = Step::read(folder.path()).unwrap();
        assert_eq!(
            step.files.keys().collect::<Vec<_>>(),
            ["Cargo.toml", "src/lib.rs"]
        );
        assert_eq!(step.files["src/lib.rs"], Content::Text("a\nb\n".into()));
    }
}
