//! The functions' programs themselves, as Lambda would start them.

use std::process::Command;

use crate::sign;

/// The settings of the other two functions.
const VARIABLES: [(&str, &str); 3] = [
    ("TABLE_NAME", "connections"),
    ("FAILURE_QUEUE_URL", "https://sqs.example/failures"),
    (
        "AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI",
        "https://api.example/prod",
    ),
];

/// Starts the webhook with these settings and returns what it said before it
/// gave up.
fn failed_start(settings: &[(&str, &str)]) -> String {
    failed_start_of(env!("CARGO_BIN_EXE_step-05-webhook"), settings)
}

fn failed_start_of(program: &str, settings: &[(&str, &str)]) -> String {
    let mut command = Command::new(program);
    for (name, _) in sign::VARIABLES.iter().chain(&VARIABLES) {
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

#[test]
fn each_program_names_the_setting_that_it_misses() {
    let connections = env!("CARGO_BIN_EXE_step-05-connections");
    let broadcaster = env!("CARGO_BIN_EXE_step-05-broadcaster");
    for (program, given, missing) in [
        (connections, 0, "TABLE_NAME"),
        (broadcaster, 0, "TABLE_NAME"),
        (broadcaster, 1, "FAILURE_QUEUE_URL"),
        (broadcaster, 2, "AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI"),
    ] {
        let said = failed_start_of(program, &VARIABLES[..given]);
        let expected = format!("the environment variable {missing} is not set");
        assert!(said.contains(&expected), "{said}");
        assert!(!said.contains("panicked"), "{said}");
    }
}
