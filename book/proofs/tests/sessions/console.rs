//! A program on a terminal of its own.

use std::ffi::OsStr;
use std::fs::{File, OpenOptions};
use std::io::Read;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::OpenOptionsExt;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Condvar, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rustix::fs::OFlags;
use rustix::io::{FdFlags, fcntl_setfd};
use rustix::process::{Pid, Signal, kill_process};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};

/// Columns of the terminals: so many that `up` cuts no detail of a hop at the edge.
const COLUMNS: u16 = 240;
/// How long something that must happen may take on a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// A program that runs, or has run. Dropped, it is ended.
pub struct Console {
    child: Child,
    printed: Arc<Printed>,
    reader: Option<JoinHandle<()>>,
}

/// What a program has printed so far.
#[derive(Default)]
struct Printed {
    text: Mutex<Text>,
    more: Condvar,
}

#[derive(Default)]
struct Text {
    bytes: Vec<u8>,
    /// Whether nothing more can come.
    closed: bool,
}

impl Text {
    fn read(&self) -> String {
        String::from_utf8_lossy(&self.bytes).replace("\r\n", "\n")
    }
}

impl Console {
    /// Starts a program. Standard output and error go to one terminal without colors, as a person
    /// has it.
    pub fn start(mut command: Command) -> Self {
        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        fcntl_setfd(&master, FdFlags::CLOEXEC).unwrap();
        grantpt(&master).unwrap();
        unlockpt(&master).unwrap();
        let size = Winsize {
            ws_row: 50,
            ws_col: COLUMNS,
            ws_xpixel: 0,
            ws_ypixel: 0,
        };
        let name = ptsname(&master, Vec::new()).unwrap();
        let slave = OpenOptions::new()
            .read(true)
            .write(true)
            .custom_flags(OFlags::NOCTTY.bits().cast_signed())
            .open(OsStr::from_bytes(name.to_bytes()))
            .unwrap();
        tcsetwinsize(&slave, size).unwrap();
        command
            .stdin(Stdio::null())
            .stdout(slave.try_clone().unwrap())
            .stderr(slave)
            .env("NO_COLOR", "1")
            .env("TERM", "xterm")
            .env("TZ", "UTC")
            .env_remove("CLICOLOR_FORCE");
        let child = command
            .spawn()
            .unwrap_or_else(|error| panic!("{command:?}: {error}"));
        let printed = Arc::new(Printed::default());
        let of_thread = printed.clone();
        let reader = std::thread::spawn(move || of_thread.fill(File::from(master)));
        Self {
            child,
            printed,
            reader: Some(reader),
        }
        // With the command, the program's side of the terminal is closed here.
    }

    /// What was printed so far.
    pub fn output(&self) -> String {
        self.printed.text.lock().unwrap().read()
    }

    /// Waits until what was printed is as wanted.
    ///
    /// # Errors
    /// If nothing more comes for as long as `patience`, or the program has ended before.
    pub fn wait_for(
        &self,
        patience: Duration,
        wanted: impl Fn(&str) -> bool,
    ) -> Result<(), String> {
        let mut text = self.printed.text.lock().unwrap();
        let mut deadline = Instant::now() + patience;
        let mut length = 0;
        loop {
            let (printed, closed) = (text.read(), text.closed);
            if printed.len() > length {
                length = printed.len();
                deadline = Instant::now() + patience;
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if wanted(&printed) {
                return Ok(());
            } else if closed {
                return Err(format!("it ended; it printed\n{printed}"));
            } else if left.is_zero() {
                return Err(format!("it printed nothing of the kind, but\n{printed}"));
            }
            text = self.printed.more.wait_timeout(text, left).unwrap().0;
        }
    }

    /// Waits until nothing was printed for a while.
    pub fn wait_until_quiet(&self, quiet: Duration) {
        let mut text = self.printed.text.lock().unwrap();
        loop {
            let (next, timeout) = self.printed.more.wait_timeout(text, quiet).unwrap();
            if next.closed || timeout.timed_out() {
                return;
            }
            text = next;
        }
    }

    /// Waits for the end and returns the exit code.
    ///
    /// # Errors
    /// If it does not end, or is ended by a signal.
    pub fn wait(&mut self) -> Result<i32, String> {
        let deadline = Instant::now() + PATIENCE;
        let mut text = self.printed.text.lock().unwrap();
        while !text.closed {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(format!("it does not end; it printed\n{}", text.read()));
            }
            text = self.printed.more.wait_timeout(text, left).unwrap().0;
        }
        drop(text);
        let status = self.child.wait().map_err(|error| error.to_string())?;
        status.code().ok_or_else(|| status.to_string())
    }

    /// Ends it with Ctrl-C and returns the exit code.
    ///
    /// # Errors
    /// As [`Console::wait`].
    pub fn interrupt(&mut self) -> Result<i32, String> {
        let pid = Pid::from_raw(self.child.id().cast_signed());
        // It may have ended already, which the exit code tells.
        let _ = kill_process(pid.unwrap(), Signal::INT);
        self.wait()
    }
}

impl Drop for Console {
    fn drop(&mut self) {
        // It may have ended, as it should.
        let _ = self.child.kill();
        let _ = self.child.wait();
        // The reaper has its side of the terminal until the functions have ended.
        let _ = self.reader.take().map(JoinHandle::join);
    }
}

impl Printed {
    fn fill(&self, mut terminal: File) {
        let mut buffer = [0; 4096];
        // At the end Linux reports an error, others no bytes.
        while let Ok(count @ 1..) = terminal.read(&mut buffer) {
            let mut text = self.text.lock().unwrap();
            text.bytes.extend_from_slice(&buffer[..count]);
            self.more.notify_all();
        }
        self.text.lock().unwrap().closed = true;
        self.more.notify_all();
    }
}
