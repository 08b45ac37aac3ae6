//! Builds the binaries that a template asks for.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};

use process_wrap::tokio::{ChildWrapper, CommandWrap, KillOnDrop};
use sandbox::template::model::Stack;
use serde::Deserialize;
use tokio::io::AsyncReadExt;
use tokio::process::Command;

use crate::error::{Result, failed};
use crate::new::manifest::is_alone;
use crate::project::{Project, cargo, set_by_cargo_run, target_dir};
use crate::step::package_field;

/// Path of each built binary, by its name.
pub type Binaries = BTreeMap<String, PathBuf>;

/// Binaries that a stack needs, by the folder of their crate.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Needed(BTreeMap<PathBuf, BTreeSet<String>>);

impl Needed {
    /// What the functions of `stack` need.
    #[must_use]
    pub fn of(stack: &Stack) -> Self {
        let folder = stack.template.parent().unwrap_or(Path::new(""));
        let mut needed = Self::default();
        for function in &stack.functions {
            // Collected from its parts, so that `CodeUri: .` leaves no `/.`.
            let dir: PathBuf = folder.join(&function.code_uri).components().collect();
            needed
                .0
                .entry(dir)
                .or_default()
                .insert(function.binary.clone());
        }
        needed
    }

    /// Folders of the crates.
    pub fn crates(&self) -> impl Iterator<Item = &Path> {
        self.0.keys().map(PathBuf::as_path)
    }

    /// Builds everything, cargo's progress and messages on standard error.
    /// `root` is the repository, whose members need not be built by themselves.
    ///
    /// # Errors
    /// If cargo cannot build it; its own messages have been shown by then.
    pub async fn build(&self, root: &Path, release: bool) -> Result<Binaries> {
        let mut built = Binaries::new();
        for (dir, binaries) in &self.0 {
            built.extend(build_crate(dir, binaries, root, release).await?);
        }
        Ok(built)
    }

    /// Where an earlier build has put everything.
    ///
    /// # Errors
    /// If something has not been built.
    pub fn built(&self, project: &Project, release: bool) -> Result<Binaries> {
        let mut built = Binaries::new();
        for (dir, binaries) in &self.0 {
            let (manifest, text) = manifest(dir)?;
            let target = match is_member(dir, &text, project.root()) {
                true => project.target_dir(),
                false => target_dir(dir),
            };
            let profile = target.join(if release { "release" } else { "debug" });
            for binary in binaries {
                let path = profile.join(format!("{binary}{}", std::env::consts::EXE_SUFFIX));
                if !path.is_file() {
                    return Err(failed(format!(
                        "{} is not built; build it without --no-build, or with \
                         `cargo build{} --manifest-path {} --bin {binary}`",
                        path.display(),
                        if release { " --release" } else { "" },
                        manifest.display()
                    )));
                }
                built.insert(binary.clone(), path);
            }
        }
        Ok(built)
    }
}

/// The manifest of the crate in `dir` and its text.
fn manifest(dir: &Path) -> Result<(PathBuf, String)> {
    let manifest = dir.join("Cargo.toml");
    match std::fs::read_to_string(&manifest) {
        Ok(text) => Ok((manifest, text)),
        Err(_) => Err(failed(format!(
            "there is no crate in {}, where the template's CodeUri says its functions are",
            dir.display()
        ))),
    }
}

/// Whether a crate is built with the repository, whose folder is `root`.
fn is_member(dir: &Path, manifest: &str, root: &Path) -> bool {
    dir.starts_with(root) && !is_alone(manifest)
}

async fn build_crate(
    dir: &Path,
    binaries: &BTreeSet<String>,
    root: &Path,
    release: bool,
) -> Result<Binaries> {
    let (manifest, text) = manifest(dir)?;
    let mut command = cargo_command("build", &manifest);
    command.arg("--message-format=json-render-diagnostics");
    for binary in binaries {
        command.args(["--bin", binary]);
    }
    if release {
        command.arg("--release");
    } else {
        command.args(shared_packages(dir, &text, root));
    }
    let (success, output) = output_of(command).await?;
    let built = executables(&output);
    if success && binaries.iter().all(|binary| built.contains_key(binary)) {
        return Ok(built
            .into_iter()
            .filter(|(name, _)| binaries.contains(name))
            .collect());
    }
    Err(match missing(binaries, &manifest).await {
        Some(message) => failed(message),
        None => failed(format!(
            "cargo could not build {}; its messages are above",
            dir.display()
        )),
    })
}

/// Arguments that let a step share the dependencies that this command was built
/// with: cargo unites the features of the packages it is told of, even if it
/// builds a binary of only one of them. The first build of a step is shorter so.
/// What is built for release is what will be deployed, so there it is not done.
fn shared_packages(dir: &Path, manifest: &str, root: &Path) -> Vec<String> {
    let package = package_field(manifest, "name").filter(|_| is_member(dir, manifest, root));
    let packages = package.map(|package| [package, env!("CARGO_PKG_NAME").to_owned()]);
    let arguments = packages.into_iter().flatten();
    arguments
        .flat_map(|package| ["--package".to_owned(), package])
        .collect()
}

/// A cargo of the person's own settings, without what the cargo that runs this command has set.
pub(crate) fn cargo_command(subcommand: &str, manifest: &Path) -> Command {
    let mut command = Command::new(cargo());
    command.arg(subcommand).arg("--manifest-path").arg(manifest);
    command.stdin(Stdio::null()).stdout(Stdio::piped());
    for (name, _) in std::env::vars_os() {
        if set_by_cargo_run(&name.to_string_lossy()) {
            command.env_remove(name);
        }
    }
    command
}

/// Whether the command succeeded, and what it wrote to standard output.
async fn output_of(command: Command) -> Result<(bool, Vec<u8>)> {
    let cannot = |error| failed(format!("cannot run cargo: {error}; is Rust installed?"));
    let mut cargo = Cargo::start(command).map_err(cannot)?;
    let mut output = Vec::new();
    if let Some(mut stdout) = cargo.child.stdout().take() {
        stdout.read_to_end(&mut output).await.map_err(cannot)?;
    }
    let status = cargo.wait().await.map_err(cannot)?;
    Ok((status.success(), output))
}

/// A cargo with the compilers and build scripts that it starts. Dropped before
/// its end, all of them are killed: a build whose `up` is gone must not go on
/// for minutes, whoever was sent the signal. (If `up` is killed outright, nobody
/// drops anything, and on Unix the build ends by itself.)
pub(crate) struct Cargo {
    child: Box<dyn ChildWrapper>,
    ended: bool,
}

impl Cargo {
    /// Starts it.
    pub(crate) fn start(command: Command) -> std::io::Result<Self> {
        let mut command = CommandWrap::from(command);
        command.wrap(KillOnDrop);
        #[cfg(unix)]
        command.wrap(process_wrap::tokio::ProcessGroup::leader());
        #[cfg(windows)]
        command.wrap(process_wrap::tokio::JobObject);
        let child = command.spawn()?;
        Ok(Self {
            child,
            ended: false,
        })
    }

    /// Waits for its end.
    pub(crate) async fn wait(&mut self) -> std::io::Result<ExitStatus> {
        // Of cargo alone: a linker or a compiler cache may leave a server running
        // in the group, which ends when it wants to.
        let status = self.child.inner_mut().wait().await?;
        self.ended = true;
        Ok(status)
    }
}

impl Drop for Cargo {
    fn drop(&mut self) {
        // After the end the number of the group may be somebody else's.
        if !self.ended {
            let _ = self.child.start_kill();
        }
    }
}

/// A message of `cargo build --message-format=json`, as far as it matters here
/// (The Cargo Book, "External tools").
#[derive(Deserialize)]
struct Message {
    reason: String,
    target: Option<Target>,
    executable: Option<PathBuf>,
}

#[derive(Deserialize)]
struct Target {
    name: String,
    kind: Vec<String>,
}

fn executables(output: &[u8]) -> Binaries {
    let messages = output
        .split(|byte| *byte == b'\n')
        .filter_map(|line| serde_json::from_slice::<Message>(line).ok());
    let artifacts = messages.filter(|message| message.reason == "compiler-artifact");
    artifacts
        .filter_map(|message| Some((message.target?.name, message.executable?)))
        .collect()
}

/// What to say if the crate does not have the binaries that are wanted of it.
async fn missing(wanted: &BTreeSet<String>, manifest: &Path) -> Option<String> {
    let mut command = cargo_command("metadata", manifest);
    command
        .args(["--no-deps", "--format-version", "1"])
        .stderr(Stdio::null());
    let (_, output) = output_of(command).await.ok()?;
    missing_in(wanted, manifest, &serde_json::from_slice(&output).ok()?)
}

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    manifest_path: PathBuf,
    targets: Vec<Target>,
}

fn missing_in(wanted: &BTreeSet<String>, manifest: &Path, metadata: &Metadata) -> Option<String> {
    let same = |path: &Path| path.canonicalize().ok() == manifest.canonicalize().ok();
    let package = metadata
        .packages
        .iter()
        .find(|package| same(&package.manifest_path))?;
    let targets = package
        .targets
        .iter()
        .filter(|target| target.kind.iter().any(|kind| kind == "bin"));
    let there: Vec<&str> = targets.map(|target| target.name.as_str()).collect();
    let missing = wanted
        .iter()
        .find(|binary| !there.contains(&binary.as_str()))?;
    let there = match there.as_slice() {
        [] => "it has no binary at all".to_owned(),
        names => format!("its binaries are {}", names.join(", ")),
    };
    Some(format!(
        "the template wants the binary {missing:?} (Metadata: BuildProperties: Binary), \
         which {} does not have; {there}",
        manifest.display()
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn executables_are_read_from_cargos_messages() {
        let output = br#"{"reason":"compiler-artifact","target":{"name":"a","kind":["lib"]},"executable":null}
{"reason":"build-script-executed","package_id":"x"}
not json
{"reason":"compiler-artifact","target":{"name":"webhook","kind":["bin"]},"executable":"/t/webhook"}
{"reason":"build-finished","success":true}
"#;
        let expected = Binaries::from([("webhook".to_owned(), PathBuf::from("/t/webhook"))]);
        assert_eq!(executables(output), expected);
    }

    #[test]
    fn a_member_shares_the_commands_dependencies_and_others_do_not() {
        let root = Path::new("repo");
        let member = "[package]\nname = \"step-01-a\"\n";
        let shared = |dir: &Path, manifest: &str| shared_packages(dir, manifest, root);
        assert_eq!(
            shared(&root.join("steps").join("01-a"), member),
            ["--package", "step-01-a", "--package", "workbook"]
        );
        assert!(shared(Path::new("mine"), member).is_empty());
        let alone = format!("{member}[workspace]\n");
        assert!(shared(&root.join("target").join("mine"), &alone).is_empty());
    }

    #[test]
    fn what_was_not_built_is_named_with_the_command_that_builds_it() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        let alone = root.join("mine");
        for (file, text) in [
            ("Cargo.toml", "[workspace]\n"),
            ("workbook/Cargo.toml", ""),
            ("steps/01-a/Cargo.toml", "[package]\nname = \"a\"\n"),
            ("mine/Cargo.toml", "[package]\nname = \"a\"\n[workspace]\n"),
        ] {
            let path = root.join(file);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        let project = Project::find(root).unwrap();
        let needed = |dir: &Path| {
            let wanted = BTreeSet::from(["webhook".to_owned()]);
            Needed(BTreeMap::from([(dir.to_owned(), wanted)]))
        };
        let message = needed(&alone)
            .built(&project, true)
            .unwrap_err()
            .to_string();
        let manifest = alone.join("Cargo.toml").display().to_string();
        assert!(message.contains(&manifest), "{message}");
        assert!(message.contains("cargo build --release"), "{message}");
        assert!(message.ends_with("--bin webhook`"), "{message}");

        // Whatever the environment says of target folders here.
        for (dir, target) in [
            (alone.clone(), target_dir(&alone)),
            (root.join("steps").join("01-a"), project.target_dir()),
        ] {
            let program = format!("webhook{}", std::env::consts::EXE_SUFFIX);
            let message = needed(&dir).built(&project, false).unwrap_err().to_string();
            let path = target.join("debug").join(program).display().to_string();
            assert!(message.starts_with(&path), "{message}");
        }
    }

    #[test]
    fn a_missing_binary_is_named_with_those_that_exist() {
        let folder = tempfile::tempdir().unwrap();
        let manifest = folder.path().join("Cargo.toml");
        std::fs::write(&manifest, "").unwrap();
        let target = |name: &str, kind: &str| Target {
            name: name.into(),
            kind: vec![kind.into()],
        };
        let targets = vec![
            target("lib", "lib"),
            target("webhook", "bin"),
            target("other", "bin"),
        ];
        let package = Package {
            manifest_path: manifest.clone(),
            targets,
        };
        let metadata = Metadata {
            packages: vec![package],
        };
        let wanted = |name: &str| BTreeSet::from([name.to_owned()]);
        let message = missing_in(&wanted("handler"), &manifest, &metadata).unwrap();
        assert!(
            message.contains("\"handler\"") && message.contains("webhook, other"),
            "{message}"
        );
        assert!(missing_in(&wanted("lib"), &manifest, &metadata).is_some());
        assert_eq!(missing_in(&wanted("webhook"), &manifest, &metadata), None);
    }

    #[test]
    fn each_crate_is_built_once_with_all_its_binaries() {
        let function = |binary: &str, code_uri: &str| sandbox::template::model::Function {
            logical_id: binary.into(),
            name: binary.into(),
            arn: String::new(),
            binary: binary.into(),
            code_uri: code_uri.into(),
            handler: "bootstrap".into(),
            memory_size: 128,
            timeout: std::time::Duration::from_secs(3),
            environment: BTreeMap::new(),
            reserved_concurrency: None,
            asynchronous: sandbox::template::model::Asynchronous::default(),
            line: 1,
        };
        let stack = Stack {
            template: Path::new("repo").join("template.yaml"),
            functions: vec![
                function("a", "final/"),
                function("b", "final/"),
                function("c", "."),
            ],
            ..Stack::default()
        };
        let needed = Needed::of(&stack);
        let both = BTreeSet::from(["a".to_owned(), "b".to_owned()]);
        assert_eq!(needed.0[&Path::new("repo").join("final")], both);
        assert_eq!(
            needed.crates().collect::<Vec<_>>(),
            [Path::new("repo"), &Path::new("repo").join("final")]
        );
    }
}
