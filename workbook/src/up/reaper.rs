//! The reaper: a small process that outlives a killed `up` and ends its
//! functions.
//!
//! Nobody can act on being killed (`kill -9`, the out-of-memory killer), but
//! everybody's pipes close. The sandbox tells the reaper over standard input
//! which process groups it has (`+PID`, `-PID`) and where its copies of binaries
//! are (`=FOLDER`); at its end the rest is killed and the folder removed.
//! On Windows a job object does the same, so no reaper is started there.

use std::collections::BTreeSet;
use std::io::BufRead;
use std::path::PathBuf;
use std::process::ExitCode;

use crate::error::Result;

/// Reads to the end of standard input, then kills what is left.
///
/// # Errors
/// None so far.
pub fn run() -> Result<ExitCode> {
    let _deaf = deaf();
    let left = left_over(std::io::stdin().lock());
    kill(&left.groups);
    if let Some(folder) = left.folder {
        // Usually it has been removed already.
        let _ = std::fs::remove_dir_all(folder);
    }
    Ok(ExitCode::SUCCESS)
}

/// What was announced and not taken back.
#[derive(Debug, Default, PartialEq, Eq)]
struct Left {
    groups: BTreeSet<i32>,
    folder: Option<PathBuf>,
}

/// Reads what is left over. Lines that say nothing of it are skipped: whatever
/// happens, the rest must be ended.
fn left_over(input: impl BufRead) -> Left {
    let mut left = Left::default();
    for line in input.split(b'\n').map_while(std::result::Result::ok) {
        let line = String::from_utf8_lossy(&line);
        let line = line.trim();
        if let Some(group) = line.strip_prefix('+').and_then(group) {
            left.groups.insert(group);
        } else if let Some(group) = line.strip_prefix('-').and_then(group) {
            left.groups.remove(&group);
        } else if let Some(folder) = line.strip_prefix('=') {
            // Whatever the line says, nothing but a sandbox's folder is removed.
            let folder = PathBuf::from(folder);
            let name = folder.file_name().and_then(|name| name.to_str());
            left.folder = name
                .is_some_and(|name| name.starts_with("sandbox-"))
                .then_some(folder);
        }
    }
    left
}

/// The number of a process group. 0 and 1 are no function's: they would be our
/// own group, and everybody's.
fn group(text: &str) -> Option<i32> {
    text.parse().ok().filter(|group| *group > 1)
}

#[cfg(unix)]
fn kill(groups: &BTreeSet<i32>) {
    use rustix::process::{Pid, Signal, kill_process_group};
    for group in groups.iter().filter_map(|group| Pid::from_raw(*group)) {
        // It may have ended by itself meanwhile.
        let _ = kill_process_group(group, Signal::KILL);
    }
}

#[cfg(not(unix))]
fn kill(_: &BTreeSet<i32>) {}

/// Makes Ctrl-C, a closed terminal and a polite `kill` pass by: the reaper ends
/// when `up` has ended, not with it. Handlers stay for the life of the process.
#[cfg(unix)]
fn deaf() -> Option<tokio::runtime::Runtime> {
    use tokio::signal::unix::{SignalKind, signal};
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .ok()?;
    let guard = runtime.enter();
    for kind in [
        SignalKind::interrupt(),
        SignalKind::hangup(),
        SignalKind::terminate(),
    ] {
        // The handler stays when the stream of its signals is dropped.
        drop(signal(kind).ok()?);
    }
    drop(guard);
    Some(runtime)
}

#[cfg(not(unix))]
fn deaf() {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_taken_back_is_left() {
        let left = left_over(&b"+10\n+11\r\n-10\nnonsense\n\n+\n+0\n+1\n+-5\n+12"[..]);
        assert_eq!(left.groups, BTreeSet::from([11, 12]));
    }

    #[test]
    fn bytes_that_are_no_text_do_not_hide_the_rest() {
        let left = left_over(&b"+10\n\xff\xfe\n+11\n"[..]);
        assert_eq!(left.groups, BTreeSet::from([10, 11]));
    }

    #[test]
    fn only_the_folder_of_a_sandbox_is_removed() {
        let folder = std::path::Path::new("tmp").join("sandbox-x1");
        let line = format!("={}\n", folder.display());
        assert_eq!(left_over(line.as_bytes()).folder, Some(folder));
        assert_eq!(left_over(&b"=tmp\n"[..]).folder, None);
    }
}
