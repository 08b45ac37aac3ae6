//! What is running, written down so that other commands find it.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write;
use std::net::{SocketAddr, TcpStream, ToSocketAddrs};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::ready::ENTRANCES;
use crate::error::{Result, failed, io};
use crate::output::{WARN, painted};
use crate::secrets::{by_parameter, to_sign_with};
use crate::send::endpoint::Endpoint;
use crate::services::Services;

/// How long a listener on this machine may take to accept.
const ACCEPTED: Duration = Duration::from_millis(500);

/// A sandbox that `up` runs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Running {
    /// Process id of `up`.
    pub pid: u32,
    /// Name of the step.
    pub step: String,
    /// Folder of the step.
    pub dir: PathBuf,
    /// URL that the webhook's route is added to.
    pub url: String,
    /// Route of the webhook.
    pub route: String,
    /// Values of the secret parameters, made up for this run.
    pub secrets: BTreeMap<String, String>,
    /// ARN of the secret that holds them instead.
    pub secret: Option<String>,
    /// Outputs of the stack, with addresses of this machine.
    pub outputs: BTreeMap<String, String>,
    /// URL of the services that the stack's functions use, in AWS's protocols.
    pub services: Option<String>,
    /// URL of each queue, by logical id.
    pub queues: BTreeMap<String, String>,
    /// Name of each function, by logical id.
    pub functions: BTreeMap<String, String>,
    /// When it started, in milliseconds since 1970.
    pub started: u64,
}

impl Running {
    /// Asks for what the secret that holds the secrets holds now: it may have
    /// been replaced.
    ///
    /// # Errors
    /// If the sandbox does not tell.
    pub async fn read_secret(&mut self) -> Result<()> {
        if let (Some(arn), Some(url)) = (&self.secret, &self.services) {
            let held = Services::at(url)?.secret(arn).await?;
            self.secrets = by_parameter(&held);
        }
        Ok(())
    }

    /// The secret to sign with for this parameter, if it has one.
    #[must_use]
    pub fn secret(&self, parameter: &str) -> Option<&str> {
        self.secrets
            .get(parameter)
            .and_then(|value| to_sign_with(value))
    }

    /// The output of this name.
    #[must_use]
    pub fn output(&self, name: &str) -> Option<&str> {
        self.outputs.get(name).map(String::as_str)
    }

    /// Whether `endpoint` is an entrance of this sandbox.
    #[must_use]
    pub fn is_at(&self, endpoint: &Endpoint) -> bool {
        let mut urls = ENTRANCES
            .iter()
            .filter_map(|name| self.output(name))
            .chain([self.url.as_str()]);
        urls.any(|url| {
            let entrance = Endpoint::read(url, &self.route);
            entrance.is_ok_and(|entrance| entrance.authority() == endpoint.authority())
        })
    }

    fn address(&self) -> Option<SocketAddr> {
        let endpoint = Endpoint::read(&self.url, &self.route).ok()?;
        (endpoint.host.as_str(), endpoint.port)
            .to_socket_addrs()
            .ok()?
            .next()
    }

    fn answers(&self) -> bool {
        let address = self.address();
        address.is_some_and(|address| TcpStream::connect_timeout(&address, ACCEPTED).is_ok())
    }
}

/// What [`find`] found, and what to say about it.
#[derive(Debug, Default)]
pub struct Found {
    /// The sandbox that is meant.
    pub running: Option<Running>,
    /// Sentences for the person at the keyboard.
    pub notes: Vec<String>,
}

impl Found {
    /// Tells the person at the keyboard what there is to say.
    pub fn tell(&self) {
        for note in &self.notes {
            anstream::eprintln!("{}", painted(WARN, note));
        }
    }

    /// The sandbox that is meant; `or` says what else one can do.
    ///
    /// # Errors
    /// If none is running.
    pub fn need(self, or: &str) -> Result<Running> {
        self.running.ok_or_else(|| {
            failed(format!(
                "nothing is running; start it with `cargo workbook up`{or}"
            ))
        })
    }
}

/// The file that says what is running; deleted when dropped.
#[derive(Debug)]
pub struct StateFile(PathBuf);

impl StateFile {
    /// Writes down what is running. Each sandbox has a file of its own, by the
    /// port it was given.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn write(target_dir: &Path, port: u16, running: &Running) -> Result<Self> {
        let folder = folder(target_dir);
        std::fs::create_dir_all(&folder).map_err(io("make", &folder))?;
        let path = folder.join(format!("up-{port}.json"));
        let text = serde_json::to_vec_pretty(running).unwrap_or_default();
        // Written aside and moved: `send` must never read half a file.
        let aside = folder.join(format!("up-{port}.{}.new", running.pid));
        private(&aside)
            .and_then(|mut file| file.write_all(&text))
            .map_err(io("write", &aside))?;
        std::fs::rename(&aside, &path).map_err(io("write", &path))?;
        Ok(Self(path))
    }
}

impl Drop for StateFile {
    fn drop(&mut self) {
        // Gone already is as good.
        let _ = std::fs::remove_file(&self.0);
    }
}

/// A new file for this user alone: a secret may be the user's own.
fn private(path: &Path) -> std::io::Result<File> {
    let mut options = File::options();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    options.open(path)
}

fn folder(target_dir: &Path) -> PathBuf {
    target_dir.join("workbook")
}

/// The sandbox that someone in the folder `current` means: the one of that
/// folder, else the one started last. Files of sandboxes that are gone are
/// deleted.
#[must_use]
pub fn find(target_dir: &Path, current: &Path) -> Found {
    let mut alive = Vec::new();
    let mut notes = Vec::new();
    for path in state_files(&folder(target_dir)) {
        let read = std::fs::read(&path).ok();
        let running: Option<Running> = read.and_then(|bytes| serde_json::from_slice(&bytes).ok());
        match running {
            Some(running) if running.answers() => alive.push(running),
            Some(running) => {
                notes.push(format!("Nothing is running at {} any more.", running.url));
                let _ = std::fs::remove_file(&path);
            }
            None => {}
        }
    }
    if !alive.is_empty() {
        notes.clear();
    }
    alive.sort_by_key(|running| (current.starts_with(&running.dir), running.started));
    let running = alive.pop();
    if let Some(running) = running.as_ref().filter(|_| !alive.is_empty()) {
        notes.push(format!(
            "Several are running; this is about {} at {}, the one of this folder or the latest. \
             `send` and `listen` reach another with --url.",
            running.step, running.url
        ));
    }
    Found { running, notes }
}

fn state_files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let paths = entries.map(|entry| entry.path());
    let json = |path: &PathBuf| {
        path.extension()
            .is_some_and(|extension| extension == "json")
    };
    paths.filter(json).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;

    fn running(step: &str, port: u16, started: u64) -> Running {
        Running {
            pid: 1,
            step: step.into(),
            dir: Path::new("/steps").join(step),
            url: format!("http://127.0.0.1:{port}/prod"),
            route: "/webhook".into(),
            started,
            ..Running::default()
        }
    }

    fn listener() -> (TcpListener, u16) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        (listener, port)
    }

    #[test]
    fn what_is_written_is_found_and_gone_when_dropped() {
        let target = tempfile::tempdir().unwrap();
        let (_listener, port) = listener();
        let one = running("01-a", port, 1);
        let file = StateFile::write(target.path(), port, &one).unwrap();
        let found = find(target.path(), Path::new("/"));
        assert_eq!(found.running, Some(one));
        assert!(found.notes.is_empty());
        drop(file);
        assert!(find(target.path(), Path::new("/")).running.is_none());
    }

    #[test]
    fn one_that_was_killed_is_recognised() {
        let target = tempfile::tempdir().unwrap();
        let (listener, port) = listener();
        std::mem::forget(StateFile::write(target.path(), port, &running("01-a", port, 1)).unwrap());
        drop(listener);
        let found = find(target.path(), Path::new("/"));
        assert!(found.running.is_none());
        assert!(found.notes[0].contains("any more"), "{:?}", found.notes);
        assert!(state_files(&folder(target.path())).is_empty());
    }

    #[test]
    fn of_several_it_is_the_one_of_the_folder_else_the_latest() {
        let target = tempfile::tempdir().unwrap();
        let ((_first, a), (_second, b)) = (listener(), listener());
        let _files = [("01-a", a, 1), ("02-b", b, 2)].map(|(step, port, started)| {
            StateFile::write(target.path(), port, &running(step, port, started)).unwrap()
        });
        let step = |current: &Path| find(target.path(), current).running.unwrap().step;
        assert_eq!(step(Path::new("/")), "02-b");
        assert_eq!(step(&Path::new("/steps").join("01-a").join("src")), "01-a");
        assert!(find(target.path(), Path::new("/")).notes[0].contains("02-b"));
    }
}
