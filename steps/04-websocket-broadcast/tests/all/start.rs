//! The function's program itself, as Lambda would start it.

use std::process::Command;

use crate::sign;

/// Starts the program with these settings and returns what it said before it
/// gave up.
fn failed_start(settings: &[(&str, &str)]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_step-04-webhook"));
    for (name, _) in sign::VARIABLES {
        command.env_remove(name);
    }
    let output = command.envs(settings.iter().copied()).output().unwrap();
    assert!(!output.status.success());
    String::from_utf8([output.stdout, output.stderr].concat()).unwrap()
}

#[test]
fn a_missing_setting_is_named() {
    let said = failed_start(&[]);
    assert!(
        said.contains("the environment variable STRIPE_TOLERANCE_SECONDS is not set"),
        "{said}"
    );
    assert!(!said.contains("panicked"), "{said}");
}

#[test]
fn a_shared_secret_is_refused_and_not_shown() {
    let said = failed_start(&[
        ("STRIPE_ENDPOINT_SECRET", "whsec_hush"),
        ("SIGNING_SECRET", "whsec_hush"),
        ("STRIPE_TOLERANCE_SECONDS", "300"),
    ]);
    assert!(said.contains("share a secret"), "{said}");
    assert!(!said.contains("hush"), "{said}");
}
