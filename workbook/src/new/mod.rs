//! `new`: a crate of one's own to follow the book in.

mod files;
pub mod manifest;

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use toml_edit::{Array, DocumentMut, Item, Table, value};

use crate::cli;
use crate::error::{Result, failed, io, usage};
use crate::output::{BOLD, DIM, GOOD, painted};
use crate::project::{Project, Target, cargo, current_dir, set_by_cargo_run};

/// Files of the repository's root that a crate of its own needs too.
const FROM_ROOT: [&str; 4] = [
    "Cargo.lock",
    "clippy.toml",
    "rust-toolchain.toml",
    "rustfmt.toml",
];
/// What Git shall leave out.
const IGNORED: &str = "/target/
/.aws-sam/
*.snap.new
*.pending-snap
samconfig.local.toml
# Says where the workbook lies on this machine.
/.cargo/config.toml
";

/// Makes the crate and says what to do next.
///
/// # Errors
/// If the folder is not empty, the step does not exist, or a file cannot be
/// written.
pub fn run(options: &cli::New) -> Result<ExitCode> {
    let current = current_dir()?;
    let project = Project::find(&current)?;
    let step = project.resolve(&options.from, &current)?;
    let left_out = make(&project, &step, &current.join(&options.dir))?;

    let dir = options.dir.display();
    anstream::eprintln!(
        "{}",
        painted(GOOD, &format!("{dir} is step {} now.", step.name))
    );
    if !left_out.is_empty() {
        let text = format!(
            "Left out, because they need the repository: tests/{}",
            left_out.join(", tests/")
        );
        anstream::eprintln!("{}", painted(DIM, &text));
    }
    anstream::eprintln!(
        "\n{}\n  cd {dir}\n  cargo test\n  cargo workbook up",
        painted(BOLD, "Next:")
    );
    Ok(ExitCode::SUCCESS)
}

/// Copies `step` to `dir` as a crate that stands on its own. Returns the tests
/// that were left out because they need the repository.
///
/// # Errors
/// As [`run`].
pub fn make(project: &Project, step: &Target, dir: &Path) -> Result<Vec<String>> {
    let root = project.root();
    let dir = &std::path::absolute(dir).map_err(io("find", dir))?;
    refuse_unless_empty(dir)?;
    if dir.starts_with(root.join("steps")) {
        return Err(usage(format!(
            "the workspace would take {} for one of its steps; \
             choose a folder outside, for example ../my-payments",
            dir.display()
        )));
    }
    let manifest = written_out(root, step)?;
    files::copy(&step.dir, dir)?;
    let left_out = files::drop_stage_tests(&dir.join("tests"))?;
    write(&dir.join("Cargo.toml"), &manifest)?;
    write(&dir.join(".gitignore"), IGNORED)?;
    write(
        &dir.join(".cargo").join("config.toml"),
        &cargo_config(root)?,
    )?;
    for name in FROM_ROOT {
        let (from, to) = (root.join(name), dir.join(name));
        if from.is_file() && !to.exists() {
            std::fs::copy(&from, &to).map_err(io("copy", &from))?;
        }
    }
    prune_lock(dir);
    Ok(left_out)
}

fn refuse_unless_empty(dir: &Path) -> Result<()> {
    if dir.exists() {
        let mut entries = std::fs::read_dir(dir).map_err(io("read", dir))?;
        if entries.next().is_some() {
            return Err(usage(format!(
                "{} is not empty; name a new folder, nothing here is overwritten",
                dir.display()
            )));
        }
    }
    Ok(())
}

fn written_out(root: &Path, step: &Target) -> Result<String> {
    let [member, workspace] = [&step.dir, root].map(|dir| dir.join("Cargo.toml"));
    let member_text = std::fs::read_to_string(&member).map_err(io("read", &member))?;
    if manifest::is_alone(&member_text) {
        return Ok(member_text);
    }
    let workspace_text = std::fs::read_to_string(&workspace).map_err(io("read", &workspace))?;
    manifest::alone(&member_text, &workspace_text)
        .map_err(|error| failed(format!("{}: {error}", member.display())))
}

/// `cargo workbook` for the new folder: the alias of the repository is not seen
/// from there.
fn cargo_config(root: &Path) -> Result<String> {
    let manifest = root.join("Cargo.toml");
    let manifest = manifest.to_str().ok_or_else(|| {
        failed(format!(
            "{} is not UTF-8, and cargo's configuration cannot hold another path; \
             move the repository",
            manifest.display()
        ))
    })?;
    let words = [
        "run",
        "--manifest-path",
        manifest,
        "--package",
        "workbook",
        "--",
    ];
    let mut alias = Table::new();
    alias.insert("workbook", value(words.into_iter().collect::<Array>()));
    let mut document = DocumentMut::new();
    document.insert("alias", Item::Table(alias));
    Ok(document.to_string())
}

fn write(path: &PathBuf, text: &str) -> Result<()> {
    let dir = path.parent().unwrap_or(path);
    std::fs::create_dir_all(dir).map_err(io("make", dir))?;
    std::fs::write(path, text).map_err(io("write", path))
}

/// Lets cargo take out of the copied lock file what this crate does not need,
/// so that `--locked` works from the start, and touch no version. Best effort:
/// the first build does the same.
fn prune_lock(dir: &Path) {
    let mut command = Command::new(cargo());
    command
        .args(["update", "--workspace", "--offline"])
        .current_dir(dir)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    for (name, _) in std::env::vars_os() {
        if set_by_cargo_run(&name.to_string_lossy()) {
            command.env_remove(name);
        }
    }
    let _ = command.status();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_alias_survives_any_path() {
        let config = cargo_config(Path::new(r#"C:\my "own" folder"#)).unwrap();
        let document: DocumentMut = config.parse().unwrap();
        let words = document["alias"]["workbook"].as_array().unwrap();
        let path = Path::new(r#"C:\my "own" folder"#).join("Cargo.toml");
        assert_eq!(words.get(2).unwrap().as_str(), path.to_str());
    }

    /// A repository with nothing but the production form, which has several
    /// binaries.
    fn repository() -> (tempfile::TempDir, Project) {
        let folder = tempfile::tempdir().unwrap();
        let functions = ["webhook", "broadcaster", "connections"];
        let bins = functions
            .map(|name| format!("[[bin]]\nname = \"{name}\"\npath = \"src/bin/{name}.rs\"\n\n"));
        let resources = functions.map(|name| {
            format!("  {name}:\n    Metadata: {{ BuildProperties: {{ Binary: {name} }} }}\n    Properties: {{ CodeUri: . }}\n")
        });
        let manifest = format!(
            "[package]\nname = \"payments\"\nversion.workspace = true\n\n{}[dependencies]\nhex.workspace = true\n\n[dev-dependencies]\nsandbox.workspace = true\n",
            bins.concat()
        );
        let workspace = "[workspace]\nmembers = [\"final\"]\n[workspace.package]\nversion = \"0.1.0\"\n[workspace.dependencies]\nhex = \"0.4\"\nsandbox = { path = \"sandbox\" }\n";
        let template = format!("Resources:\n{}", resources.concat());
        for (file, text) in [
            ("Cargo.toml", workspace),
            ("workbook/Cargo.toml", ""),
            ("steps/readme.txt", ""),
            ("template.yaml", "Resources: {}\n"),
            ("final/Cargo.toml", &manifest),
            ("final/template.yaml", &template),
            ("final/src/bin/webhook.rs", "fn main() {}\n"),
        ] {
            let path = folder.path().join(file);
            write(&path, text).unwrap();
        }
        let project = Project::find(folder.path()).unwrap();
        (folder, project)
    }

    #[test]
    fn several_binaries_stay_those_that_the_template_names() {
        let (folder, project) = repository();
        let step = project.resolve("final", folder.path()).unwrap();
        let mine = tempfile::tempdir().unwrap();
        make(&project, &step, mine.path()).unwrap();
        let read = |dir: &Path, name: &str| std::fs::read_to_string(dir.join(name)).unwrap();
        let template = read(mine.path(), "template.yaml");
        assert_eq!(template, read(&step.dir, "template.yaml"));
        let manifest: DocumentMut = read(mine.path(), "Cargo.toml").parse().unwrap();
        let bins = manifest["bin"].as_array_of_tables().unwrap();
        assert_eq!(bins.len(), 3);
        for bin in bins {
            let name = bin["name"].as_str().unwrap();
            assert!(template.contains(&format!("Binary: {name} ")), "{name}");
        }
        assert!(manifest["dev-dependencies"].get("sandbox").is_none());
        assert!(manifest.contains_key("workspace"));
    }

    #[test]
    fn a_folder_in_use_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        assert!(refuse_unless_empty(folder.path()).is_ok());
        assert!(refuse_unless_empty(&folder.path().join("new")).is_ok());
        std::fs::write(folder.path().join("a"), "").unwrap();
        let error = refuse_unless_empty(folder.path()).unwrap_err().to_string();
        assert!(error.contains("not empty"), "{error}");
    }
}
