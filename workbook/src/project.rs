//! Finds the repository, its steps, and the folder a command is about.

use std::path::{Path, PathBuf};

use crate::error::{Result, failed, io, usage};

/// The repository of the workbook.
#[derive(Clone, Debug)]
pub struct Project {
    root: PathBuf,
}

/// A folder that `up` can run: a template, and as a rule a crate beside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// Name to show: the folder's.
    pub name: String,
    /// The folder.
    pub dir: PathBuf,
}

impl Target {
    fn new(dir: &Path) -> Self {
        let name = dir
            .file_name()
            .map(|name| name.to_string_lossy().into_owned());
        Self {
            name: name.unwrap_or_else(|| dir.display().to_string()),
            dir: dir.to_owned(),
        }
    }

    /// The template file.
    #[must_use]
    pub fn template(&self) -> PathBuf {
        self.dir.join("template.yaml")
    }

    /// Number of the step, from its folder's name; `None` if it is no step.
    #[must_use]
    pub fn number(&self) -> Option<u32> {
        self.name.split('-').next()?.parse().ok()
    }
}

impl Project {
    /// The repository around `from`, else the one this command was built in.
    ///
    /// # Errors
    /// If neither is there, e.g. because the repository has been moved.
    pub fn find(from: &Path) -> Result<Self> {
        let of_cargo = std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
        let of_build = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
        from.ancestors()
            .chain(of_cargo.iter().flat_map(|dir| dir.parent()))
            .chain(of_build.parent())
            .find(|dir| is_root(dir))
            .map(|root| Self {
                root: root.to_owned(),
            })
            .ok_or_else(|| {
                failed(
                    "the workbook's repository is not where this command was built; \
                     run it from inside the repository",
                )
            })
    }

    /// The folder of the repository.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Cargo's target folder of the repository, as far as the environment tells.
    #[must_use]
    pub fn target_dir(&self) -> PathBuf {
        target_dir(&self.root)
    }

    /// The steps in the order of the book, `final` last if it exists.
    ///
    /// # Errors
    /// If the folder of the steps cannot be read.
    pub fn steps(&self) -> Result<Vec<Target>> {
        let folder = self.root.join("steps");
        let mut steps = Vec::new();
        for entry in std::fs::read_dir(&folder).map_err(io("read", &folder))? {
            let step = Target::new(&entry.map_err(io("read", &folder))?.path());
            if step.number().is_some() && step.dir.join("Cargo.toml").is_file() {
                steps.push(step);
            }
        }
        steps.sort_by_key(|step| (step.number(), step.name.clone()));
        let last = Target::new(&self.root.join("final"));
        if last.dir.join("Cargo.toml").is_file() {
            steps.push(last);
        }
        Ok(steps)
    }

    /// The step that `text` names by number, folder or idea (`2`, `02`,
    /// `02-signature-checks`, `signature-checks`), if there is one.
    fn named(&self, text: &str) -> Result<Option<Target>> {
        let number: Option<u32> = text.parse().ok();
        Ok(self.steps()?.into_iter().find(|step| {
            let idea = step.name.split_once('-').map(|(_, idea)| idea);
            (number.is_some() && step.number() == number) || step.name == text || idea == Some(text)
        }))
    }

    /// The step or folder that `text` names, seen from `current`.
    ///
    /// # Errors
    /// If there is no such step and no such folder with a template.
    pub fn resolve(&self, text: &str, current: &Path) -> Result<Target> {
        if let Some(step) = self.named(text)? {
            return Ok(step);
        }
        let given = current.join(text);
        let dir = match given.file_name() {
            Some(name) if name == "template.yaml" => given.parent().unwrap_or(current),
            _ => given.as_path(),
        };
        if !dir.join("template.yaml").is_file() {
            let steps: Vec<String> = self.steps()?.into_iter().map(|step| step.name).collect();
            let trouble = if dir.is_dir() {
                format!("the folder {} has no template.yaml", dir.display())
            } else {
                format!("there is no step and no folder {text:?}")
            };
            return Err(usage(format!(
                "{trouble}; the steps are {}",
                steps.join(", ")
            )));
        }
        let dir = dir.canonicalize().map_err(io("read", dir))?;
        Ok(Target::new(&plain(dir)))
    }

    /// What a command without a step is about: the crate with a template that
    /// `current` is in, else `final`, else the latest step.
    ///
    /// # Errors
    /// If there is none at all.
    pub fn default_target(&self, current: &Path) -> Result<Target> {
        let here = current
            .ancestors()
            .take_while(|dir| *dir != self.root)
            .find(|dir| dir.join("template.yaml").is_file() && dir.join("Cargo.toml").is_file());
        if let Some(dir) = here {
            return Ok(Target::new(dir));
        }
        let mut steps = self.steps()?;
        steps.retain(|step| step.template().is_file());
        steps.pop().ok_or_else(|| {
            failed(format!(
                "no step in {} has a template.yaml yet",
                self.root.join("steps").display()
            ))
        })
    }
}

fn is_root(dir: &Path) -> bool {
    dir.join("workbook").join("Cargo.toml").is_file()
        && dir.join("steps").is_dir()
        && std::fs::read_to_string(dir.join("Cargo.toml"))
            .is_ok_and(|manifest| manifest.contains("[workspace]"))
}

/// `path` without the `\\?\` that canonical paths have on Windows, which cargo
/// and compilers do not all take.
fn plain(path: PathBuf) -> PathBuf {
    match path.to_str().and_then(|text| text.strip_prefix(r"\\?\")) {
        Some(rest) if !rest.starts_with("UNC") => PathBuf::from(rest),
        _ => path,
    }
}

/// Cargo's target folder of the workspace in `root`, as far as the environment tells.
#[must_use]
pub fn target_dir(root: &Path) -> PathBuf {
    let chosen = std::env::var_os("CARGO_TARGET_DIR").filter(|dir| !dir.is_empty());
    // Cargo takes a relative one as relative to the current folder too.
    let chosen = chosen.and_then(|dir| std::path::absolute(dir).ok());
    chosen.unwrap_or_else(|| root.join("target"))
}

/// The current folder.
///
/// # Errors
/// If it has been deleted, say.
pub fn current_dir() -> Result<PathBuf> {
    std::env::current_dir().map_err(|error| failed(format!("the current folder: {error}")))
}

/// Path of the cargo that runs this command.
#[must_use]
pub fn cargo() -> std::ffi::OsString {
    std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}

/// Whether cargo set this variable for the command itself. Handed on to another
/// cargo, it would make build scripts that watch it run again.
#[must_use]
pub fn set_by_cargo_run(name: &str) -> bool {
    ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_"]
        .iter()
        .any(|prefix| name.starts_with(prefix))
        || ["CARGO_CRATE_NAME", "CARGO_PRIMARY_PACKAGE", "OUT_DIR"].contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn repository() -> (tempfile::TempDir, Project) {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        for (file, text) in [
            ("Cargo.toml", "[workspace]\n"),
            ("template.yaml", ""),
            ("workbook/Cargo.toml", ""),
            ("steps/01-webhook-echo/Cargo.toml", ""),
            ("steps/01-webhook-echo/template.yaml", ""),
            ("steps/02-signature-checks/Cargo.toml", ""),
            ("steps/02-signature-checks/template.yaml", ""),
            ("steps/02-signature-checks/src/lib.rs", ""),
            ("steps/10-later/Cargo.toml", ""),
            ("steps/notes/readme.txt", ""),
            ("other/mine/template.yaml", ""),
            ("other/mine/Cargo.toml", ""),
        ] {
            let path = root.join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let project = Project::find(&root.join("steps").join("notes")).unwrap();
        assert_eq!(project.root(), root);
        (folder, project)
    }

    #[test]
    fn steps_are_in_the_order_of_their_numbers_and_final_is_last() {
        let (folder, project) = repository();
        let names = |project: &Project| -> Vec<String> {
            let steps = project.steps().unwrap();
            steps.into_iter().map(|step| step.name).collect()
        };
        assert_eq!(
            names(&project),
            ["01-webhook-echo", "02-signature-checks", "10-later"]
        );
        fs::create_dir(folder.path().join("final")).unwrap();
        fs::write(folder.path().join("final").join("Cargo.toml"), "").unwrap();
        assert_eq!(names(&project).last().unwrap(), "final");
    }

    #[test]
    fn a_step_has_a_number_a_name_and_an_idea() {
        let (folder, project) = repository();
        for text in ["2", "02", "02-signature-checks", "signature-checks"] {
            let step = project.resolve(text, folder.path()).unwrap();
            assert_eq!(step.name, "02-signature-checks", "{text}");
        }
    }

    #[test]
    fn a_path_is_taken_from_the_current_folder() {
        let (folder, project) = repository();
        let other = folder.path().join("other");
        for text in ["mine", "./mine", "mine/template.yaml"] {
            assert_eq!(
                project.resolve(text, &other).unwrap().name,
                "mine",
                "{text}"
            );
        }
        let unknown = project.resolve("7", &other).unwrap_err().to_string();
        assert!(
            unknown.contains("\"7\"") && unknown.contains("01-webhook-echo"),
            "{unknown}"
        );
        let bare = project.resolve("..", &folder.path().join("steps").join("notes"));
        assert!(bare.unwrap_err().to_string().contains("no template.yaml"));
    }

    #[test]
    fn without_a_step_it_is_the_one_around_else_the_latest_that_can_run() {
        let (folder, project) = repository();
        let root = folder.path();
        let name = |dir: &Path| project.default_target(dir).unwrap().name;
        assert_eq!(name(root), "02-signature-checks", "10 has no template");
        let inside = root.join("steps").join("01-webhook-echo").join("src");
        assert_eq!(name(&inside), "01-webhook-echo");
        assert_eq!(name(&root.join("other").join("mine")), "mine");
        let last = root.join("final");
        fs::create_dir(&last).unwrap();
        for file in ["Cargo.toml", "template.yaml"] {
            fs::write(last.join(file), "").unwrap();
        }
        // The root's template is the same stack; its functions are in final.
        assert_eq!(name(root), "final");
        assert_eq!(name(&root.join("steps")), "final");
    }

    #[test]
    fn variables_of_cargo_run_are_told_from_the_users() {
        assert!(set_by_cargo_run("CARGO_PKG_NAME") && set_by_cargo_run("CARGO_MANIFEST_DIR"));
        assert!(!set_by_cargo_run("CARGO_HOME") && !set_by_cargo_run("CARGO_TARGET_DIR"));
    }
}
