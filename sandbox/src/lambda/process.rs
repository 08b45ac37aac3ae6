//! Child processes that never outlive the sandbox.
//!
//! Unix: each child leads a process group, which is killed as a whole; if the
//! parent is killed outright, the [`Reaper`] does it. Windows: each child is in
//! a job object that the system kills when its last handle closes, that is,
//! whenever the parent ends.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::io::{self, Write};
use std::path::Path;
use std::process::{ChildStdin, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use process_wrap::tokio::{ChildWrapper, CommandWrap, KillOnDrop};

/// Tries to start a binary that was just copied: while it was open for writing,
/// another thread's child may have inherited it for an instant, and Linux does
/// not run a file that somebody can still write.
const START_TRIES: u32 = 20;
const BETWEEN_TRIES: Duration = Duration::from_millis(10);

/// Starts `binary` with these variables and no others.
pub async fn start(
    binary: &Path,
    folder: &Path,
    variables: &BTreeMap<String, String>,
) -> io::Result<Box<dyn ChildWrapper>> {
    let mut tries = START_TRIES;
    loop {
        match spawn(binary, folder, variables) {
            Err(error) if error.kind() == io::ErrorKind::ExecutableFileBusy && tries > 0 => {
                tries -= 1;
                tokio::time::sleep(BETWEEN_TRIES).await;
            }
            result => return result,
        }
    }
}

fn spawn(
    binary: &Path,
    folder: &Path,
    variables: &BTreeMap<String, String>,
) -> io::Result<Box<dyn ChildWrapper>> {
    let mut command = CommandWrap::with_new(binary, |command| {
        command.current_dir(folder).env_clear().envs(variables);
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
    });
    command.wrap(KillOnDrop);
    #[cfg(unix)]
    command.wrap(process_wrap::tokio::ProcessGroup::leader());
    #[cfg(windows)]
    command.wrap(process_wrap::tokio::JobObject);
    command.spawn()
}

/// How a process ended, in the words of Lambda's own errors.
pub fn describe(status: io::Result<ExitStatus>) -> String {
    match status {
        Ok(status) if status.success() => "Runtime exited without providing a reason".to_owned(),
        Ok(status) => format!("Runtime exited with error: {status}"),
        Err(error) => format!("Runtime exited with error: {error}"),
    }
}

/// A second process that ends the functions if this one is killed outright.
///
/// It is told of every function process on its standard input, one `+PID` or
/// `-PID` a line, and of the folder with the copies of the binaries, `=FOLDER`.
/// When that input ends, it kills the process groups that are left, removes the
/// folder if it is still there, and ends itself. Only Unix needs it.
#[derive(Clone)]
pub struct Reaper {
    input: Arc<Mutex<Option<ChildStdin>>>,
}

impl Reaper {
    /// Starts the program that does it.
    ///
    /// # Errors
    /// If it cannot be started.
    pub fn start(program: &Path, arguments: &[String]) -> io::Result<Self> {
        let mut command = std::process::Command::new(program);
        command
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::null());
        #[cfg(unix)]
        {
            // Ctrl-C goes to the terminal's group: the reaper must survive it.
            use std::os::unix::process::CommandExt;
            command.process_group(0);
        }
        let mut child = command.spawn()?;
        let input = Arc::new(Mutex::new(child.stdin.take()));
        // It ends when its input does; somebody has to take its exit status.
        std::thread::spawn(move || child.wait());
        Ok(Self { input })
    }

    /// Says where the copies of the binaries are.
    pub fn folder(&self, folder: &Path) {
        self.say('=', &folder.display());
    }

    /// Says that a function's process runs.
    pub fn started(&self, pid: u32) {
        self.say('+', &pid);
    }

    /// Says that a function's process is gone.
    pub fn ended(&self, pid: u32) {
        self.say('-', &pid);
    }

    fn say(&self, sign: char, what: &dyn Display) {
        let mut input = self.input.lock().unwrap_or_else(PoisonError::into_inner);
        let lost = input
            .as_mut()
            .is_some_and(|input| writeln!(input, "{sign}{what}").is_err());
        if lost {
            // The reaper is gone; the functions are still killed on the usual ways out.
            *input = None;
        }
    }
}
