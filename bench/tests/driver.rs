//! The driver itself, with the least function that there is.

#![expect(
    clippy::unwrap_used,
    reason = "a test says \"this must hold\" with unwrap"
)]

use std::path::Path;
use std::time::Duration;

use bench::broadcasts;
use bench::cloud::Settings;
use bench::process::{Function, Running};
use bench::run::Run;
use bench::{events, warm};

const PATIENCE: Duration = Duration::from_secs(20);

fn floor(name: &str) -> (Function, Run) {
    let function = Function::binary(Path::new(env!("CARGO_BIN_EXE_bench-floor")));
    let logs = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    (function, Run::begin(logs).unwrap())
}

#[test]
fn every_event_is_answered_once() {
    let (floor, run) = floor("answers");
    let mut running = Running::start(&floor, &run, None, Settings::default()).unwrap();
    assert!(running.first_poll > Duration::ZERO);

    for count in [1, 100] {
        let events = vec![events::webhook(); count];
        let done = running.invoke(events, PATIENCE).unwrap();
        assert_eq!(done.len(), count);
        assert!(
            done.iter()
                .all(|done| done.answer.starts_with(b"{\"statusCode\":200"))
        );
    }
    assert_eq!(running.cloud().published(), 0);
}

#[test]
fn what_reaches_nobody_is_no_broadcast() {
    let (floor, run) = floor("nobody");
    let failure = broadcasts::time(&floor, &run, 5, Duration::ZERO, 1).unwrap_err();
    assert_eq!(failure.0, "not each of 5 clients got the event once");
}

#[test]
fn what_publishes_nothing_is_no_webhook() {
    let (floor, run) = floor("nothing");
    let failure = warm::measure(&[&floor], &floor, &run).unwrap_err();
    assert_eq!(failure.0, "of 1 webhooks 0 were published");
}

#[test]
fn a_program_that_asks_for_nothing_is_named_with_its_log() {
    let (mut function, run) = floor("silent");
    // Cargo is there on every system, and ends at once.
    function.program = env!("CARGO").into();
    function.arguments = vec!["--version".to_owned()];
    let failure = Running::start(&function, &run, None, Settings::default())
        .err()
        .unwrap();
    assert!(
        failure.0.starts_with("bench-floor: it ended with"),
        "{failure}"
    );
    assert!(failure.0.contains("bench-floor.log"), "{failure}");
}
