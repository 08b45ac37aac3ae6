//! The same job in Python and in Node: installed on request, into `target/`.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::building::root;
use crate::error::{Result, cannot, failed};
use crate::process::Function;

/// The two functions in one language.
#[derive(Debug)]
pub struct Peer {
    /// Takes webhooks.
    pub webhook: Function,
    /// Sends to the WebSocket clients.
    pub broadcaster: Function,
}

/// Installs what the functions in Python need, in the versions that are pinned,
/// unless it is there already.
///
/// # Errors
/// If there is no Python 3, or something cannot be installed.
pub fn python(target: &Path) -> Result<Peer> {
    let folder = copied("python", target)?;
    let scripts = if cfg!(windows) { "Scripts" } else { "bin" };
    let program = folder.join("venv").join(scripts).join("python");
    once(&folder, "requirements.txt", || {
        let python = if cfg!(windows) { "python" } else { "python3" };
        run(Command::new(python).args(["-m", "venv", "venv"]), &folder)?;
        let install = [
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
        ];
        run(
            Command::new(&program)
                .args(install)
                .args(["--requirement", "requirements.txt"]),
            &folder,
        )
    })?;
    Ok(peer("python", &folder, |module| {
        let arguments = ["-m", "awslambdaric", &format!("{module}.handler")];
        (program.clone(), arguments.map(str::to_owned).to_vec())
    }))
}

/// The same for Node.
///
/// # Errors
/// If there is no Node or no npm, or something cannot be installed.
pub fn node(target: &Path) -> Result<Peer> {
    let folder = copied("node", target)?;
    once(&folder, "package-lock.json", || {
        let npm = if cfg!(windows) { "npm.cmd" } else { "npm" };
        let install = [
            "ci",
            "--silent",
            "--no-audit",
            "--no-fund",
            "--ignore-scripts",
        ];
        run(Command::new(npm).args(install), &folder)
    })?;
    Ok(peer("node", &folder, |module| {
        let arguments = ["runtime.mjs", &format!("{module}.handler")];
        (PathBuf::from("node"), arguments.map(str::to_owned).to_vec())
    }))
}

fn peer(name: &str, folder: &Path, call: impl Fn(&str) -> (PathBuf, Vec<String>)) -> Peer {
    let function = |module: &str| {
        let (program, arguments) = call(module);
        Function {
            name: format!("{name}-{module}"),
            program,
            arguments,
            folder: folder.to_owned(),
        }
    };
    Peer {
        webhook: function("webhook"),
        broadcaster: function("broadcaster"),
    }
}

/// The sources of a peer beside what is installed for it, where the compiled
/// forms of both may be written.
fn copied(name: &str, target: &Path) -> Result<PathBuf> {
    let sources = root().join("bench").join("peers").join(name);
    let folder = target.join("bench-peers").join(name);
    let copy = || {
        std::fs::create_dir_all(&folder)?;
        for entry in std::fs::read_dir(&sources)? {
            let entry = entry?;
            if entry.file_type()?.is_file() {
                std::fs::copy(entry.path(), folder.join(entry.file_name()))?;
            }
        }
        std::io::Result::Ok(())
    };
    copy().map_err(cannot(format_args!("copy {}", sources.display())))?;
    Ok(folder)
}

/// Installs, if `list` is not what was installed last.
fn once(folder: &Path, list: &str, install: impl FnOnce() -> Result<()>) -> Result<()> {
    let installed = folder.join("installed");
    let wanted = std::fs::read(folder.join(list)).map_err(cannot(format_args!("read {list}")))?;
    if std::fs::read(&installed).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    eprintln!("installing {list} into {}", folder.display());
    install()?;
    std::fs::write(&installed, wanted)
        .map_err(cannot(format_args!("write {}", installed.display())))
}

fn run(command: &mut Command, folder: &Path) -> Result<()> {
    let program = command.get_program().to_string_lossy().into_owned();
    // What it prints is for people; this command's output is the table.
    let status = command
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .status()
        .map_err(cannot(format_args!("run {program}; is it installed?")))?;
    match status.success() {
        true => Ok(()),
        false => Err(failed(format!(
            "{program} could not install the peers; it says why above"
        ))),
    }
}
