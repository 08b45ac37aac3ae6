//! The reaper ends what a killed `up` leaves behind.

use std::io::Write;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, Command, Stdio};

use crate::workbook;

/// A process group of a shell and its child.
fn group() -> Child {
    let mut command = Command::new("sh");
    command.args(["-c", "sleep 600 & wait"]).process_group(0);
    command.spawn().unwrap()
}

#[test]
fn at_the_end_of_its_input_it_kills_the_groups_that_are_left() {
    let (mut left, mut taken_back) = (group(), group());
    let mut reaper = workbook(&["__reaper"])
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = reaper.stdin.take().unwrap();
    writeln!(
        input,
        "+{}\n+{}\n-{}",
        left.id(),
        taken_back.id(),
        taken_back.id()
    )
    .unwrap();
    drop(input);
    assert!(reaper.wait().unwrap().success());
    assert_eq!(left.wait().unwrap().signal(), Some(9));
    assert!(taken_back.try_wait().unwrap().is_none(), "still running");
    let group = i32::try_from(taken_back.id()).unwrap();
    let group = rustix::process::Pid::from_raw(group).unwrap();
    rustix::process::kill_process_group(group, rustix::process::Signal::KILL).unwrap();
    taken_back.wait().unwrap();
}
