//! `send` against a server.

use std::collections::{BTreeMap, BTreeSet};
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::Output;

use serde_json::{Value, json};
use workbook::signing;
use workbook::up::state::{Running, StateFile};

use crate::server::{Answer, Request, Server};
use crate::{run, stderr, stdout, workbook};

const SECRET: &str = "whsec_test";

/// Sends to `server` with the test's secret.
fn send(server: &Server, more: &[&str]) -> Output {
    let url = server.url();
    let mut arguments = vec!["send", "--url", &url, "--secret", SECRET];
    arguments.extend(more);
    run(&arguments)
}

/// As a service that checks Stripe's signature, but not its age.
fn checked(request: &Request) -> u16 {
    let signature = request.header("Stripe-Signature").unwrap_or_default();
    let time = signature.split(',').next().unwrap_or_default();
    let time = time.trim_start_matches("t=").parse().unwrap_or_default();
    let expected = signing::stripe(SECRET, time, &request.body);
    if signature == expected { 200 } else { 401 }
}

#[test]
fn a_signed_event_is_accepted_and_arrives_as_stripe_sends_it() {
    let server = Server::start(checked);
    let output = send(&server, &[]);
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(stdout(&output).starts_with("200 "), "{}", stdout(&output));
    let requests = server.requests();
    assert_eq!(requests.len(), 1);
    assert_eq!(requests[0].line, "POST /prod/webhook HTTP/1.1");
    assert_eq!(
        requests[0].header("Content-Type"),
        Some("application/json; charset=utf-8")
    );
    let event: Value = serde_json::from_slice(&requests[0].body).unwrap();
    assert_eq!(event["type"], "payment_intent.succeeded");
}

#[test]
fn a_tampered_one_is_refused_and_the_exit_code_says_so() {
    let server = Server::start(checked);
    let output = send(&server, &["--tamper", "--json"]);
    assert_eq!(output.status.code(), Some(1));
    let line: Value = serde_json::from_str(stdout(&output)).unwrap();
    assert_eq!(line["status"], 401);
    assert_eq!(line["body"]["status"], 401);
}

#[test]
fn many_go_over_kept_connections_each_with_an_id_of_its_own() {
    let server = Server::start(checked);
    let output = send(&server, &["--count", "60", "--senders", "3", "--json"]);
    assert!(output.status.success(), "{}", stderr(&output));
    let lines: Vec<Value> = stdout(&output)
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines.len(), 61);
    let summary = &lines[60]["summary"];
    assert_eq!(summary["sent"], 60);
    assert_eq!(summary["statuses"]["200"], 60);
    let requests = server.requests();
    let connections: BTreeSet<usize> = requests.iter().map(|request| request.connection).collect();
    assert!(connections.len() <= 3, "{connections:?}");
    let id = |request: &Request| {
        let event: Value = serde_json::from_slice(&request.body).unwrap();
        event["id"].as_str().unwrap().to_owned()
    };
    assert_eq!(requests.iter().map(id).collect::<BTreeSet<_>>().len(), 60);
}

#[test]
fn a_long_run_prints_only_its_summary() {
    let server = Server::start(|request| {
        if request.body.len() % 2 == 0 {
            200
        } else {
            500
        }
    });
    let output = send(&server, &["--count", "21", "--keep-id"]);
    assert_eq!(stdout(&output).lines().count(), 1, "{}", stdout(&output));
    assert!(
        stdout(&output).starts_with("21 webhooks"),
        "{}",
        stdout(&output)
    );
}

#[test]
fn a_connection_that_was_closed_in_between_is_opened_again() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let server = std::thread::spawn(move || {
        use std::io::{Read, Write};
        for stream in listener.incoming().take(2) {
            let mut stream = stream.unwrap();
            let mut head = [0; 64 * 1024];
            let read = stream.read(&mut head).unwrap();
            assert!(read > 0);
            stream
                .write_all(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")
                .unwrap();
        }
    });
    let output = run(&[
        "send", "--url", &url, "--scheme", "none", "--count", "2", "--json",
    ]);
    assert!(
        output.status.success(),
        "{} {}",
        stdout(&output),
        stderr(&output)
    );
    server.join().unwrap();
}

#[test]
fn what_runs_is_found_with_its_secrets() {
    let server = Server::start(checked);
    let target = tempfile::tempdir().unwrap();
    let running = Running {
        pid: 1,
        step: "03-sns-publish".into(),
        dir: PathBuf::from("steps"),
        url: server.url(),
        route: "/webhook".into(),
        secrets: BTreeMap::from([("StripeEndpointSecret".to_owned(), SECRET.to_owned())]),
        ..Running::default()
    };
    let _file = StateFile::write(target.path(), server.port, &running).unwrap();
    let mut command = workbook(&["send", "--from", "203.0.113.7"]);
    let output = command
        .env("CARGO_TARGET_DIR", target.path())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    let requests = server.requests();
    assert_eq!(requests[0].header("X-Sandbox-Viewer"), Some("203.0.113.7"));
    assert!(!stderr(&output).contains(SECRET) && !stdout(&output).contains(SECRET));
}

/// A secret may be replaced while the sandbox runs, so it is asked for.
#[test]
fn a_secret_by_reference_is_the_one_that_counts_now() {
    let server = Server::answering(|request| {
        match request
            .header("x-amz-target")
            .or(request.header("X-Amz-Target"))
        {
            Some("secretsmanager.GetSecretValue") => {
                let held = json!({"STRIPE_ENDPOINT_SECRET": SECRET}).to_string();
                Answer::new(200, json!({"SecretString": held}).to_string())
            }
            _ => Answer::new(checked(request), "{}"),
        }
    });
    let target = tempfile::tempdir().unwrap();
    let running = Running {
        url: server.url(),
        route: "/webhook".into(),
        secret: Some("arn:a".into()),
        services: Some(format!("http://127.0.0.1:{}", server.port)),
        ..Running::default()
    };
    let _file = StateFile::write(target.path(), server.port, &running).unwrap();
    let mut command = workbook(&["send"]);
    let output = command
        .env("CARGO_TARGET_DIR", target.path())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    let asked: Value = serde_json::from_slice(&server.requests()[0].body).unwrap();
    assert_eq!(asked, json!({"SecretId": "arn:a"}));
    assert!(!stderr(&output).contains(SECRET) && !stdout(&output).contains(SECRET));
}

#[test]
fn with_nothing_there_it_says_what_to_do() {
    let nothing = run(&["send"]);
    assert_eq!(nothing.status.code(), Some(1));
    assert!(
        stderr(&nothing).contains("start it with `cargo workbook up`"),
        "{}",
        stderr(&nothing)
    );

    // A port that was free a moment ago.
    let port = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let url = format!("http://127.0.0.1:{port}");
    let gone = run(&["send", "--url", &url, "--scheme", "none", "--count", "1000"]);
    assert_eq!(gone.status.code(), Some(1));
    assert!(
        stderr(&gone).contains("nothing is running at 127.0.0.1"),
        "{}",
        stderr(&gone)
    );
}

#[test]
fn an_unknown_event_names_those_that_exist() {
    let output = run(&["send", "--event", "nonsense"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(
        stderr(&output).contains("invoice.paid"),
        "{}",
        stderr(&output)
    );
}
