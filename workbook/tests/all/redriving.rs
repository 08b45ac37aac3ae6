//! `redrive` against services that speak AWS's protocols.

use std::collections::BTreeMap;
use std::process::Output;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use tempfile::TempDir;
use workbook::up::state::{Running, StateFile};

use crate::server::{Answer, Request, Server};
use crate::{stderr, stdout, workbook};

const QUEUE: &str = "https://sqs.us-east-1.amazonaws.com/123456789012/FailureQueue";

/// A message of the queue: whether it can be seen, and its body.
struct Message {
    seen: bool,
    body: Value,
}

/// SQS with one queue, and Lambda with one function.
fn services(bodies: &[Value]) -> (Server, Arc<Mutex<BTreeMap<String, Message>>>) {
    let messages = bodies.iter().enumerate().map(|(index, body)| {
        let body = body.clone();
        (format!("m{index:02}"), Message { seen: true, body })
    });
    let queue = Arc::new(Mutex::new(messages.collect::<BTreeMap<_, _>>()));
    let of_server = queue.clone();
    let server = Server::answering(move |request| {
        let mut queue = of_server.lock().unwrap();
        match request.header("X-Amz-Target") {
            Some(action) => sqs(action, request, &mut queue),
            None => invoke(request, &mut queue),
        }
    });
    (server, queue)
}

fn sqs(action: &str, request: &Request, queue: &mut BTreeMap<String, Message>) -> Answer {
    let asked: Value = serde_json::from_slice(&request.body).unwrap();
    assert_eq!(asked["QueueUrl"], QUEUE);
    let handle = || asked["ReceiptHandle"].as_str().unwrap();
    let answer = match action {
        "AmazonSQS.ReceiveMessage" => {
            let most = usize::try_from(asked["MaxNumberOfMessages"].as_u64().unwrap()).unwrap();
            let visible = queue.iter_mut().filter(|(_, message)| message.seen);
            let messages: Vec<Value> = visible
                .take(most)
                .map(|(id, message)| {
                    message.seen = false;
                    let body = message.body.to_string();
                    json!({"MessageId": id, "ReceiptHandle": id, "Body": body})
                })
                .collect();
            match messages.is_empty() {
                true => json!({}),
                false => json!({ "Messages": messages }),
            }
        }
        "AmazonSQS.DeleteMessage" => {
            queue.remove(handle()).unwrap();
            json!({})
        }
        "AmazonSQS.ChangeMessageVisibility" => {
            assert_eq!(asked["VisibilityTimeout"], 0);
            queue.get_mut(handle()).unwrap().seen = true;
            json!({})
        }
        _ => return Answer::new(400, r#"{"__type":"InvalidAction"}"#),
    };
    Answer::new(200, answer.to_string())
}

/// The function crashes on an event that says so, and what it is to reach in
/// vain comes back as a new message.
fn invoke(request: &Request, queue: &mut BTreeMap<String, Message>) -> Answer {
    let line = "POST /2015-03-31/functions/broadcaster-name/invocations HTTP/1.1";
    assert_eq!(request.line, line);
    let event: Value = serde_json::from_slice(&request.body).unwrap();
    match event["reason"].as_str() {
        Some("crash") => Answer {
            headers: "X-Amz-Function-Error: Unhandled\r\n",
            ..Answer::new(
                200,
                r#"{"errorType":"Runtime.ExitError","errorMessage":"x"}"#,
            )
        },
        Some("again") => {
            let body = event.clone();
            queue.insert("new".into(), Message { seen: true, body });
            Answer::new(200, "null")
        }
        _ => Answer::new(200, "null"),
    }
}

fn redrive(server: &Server, arguments: &[&str]) -> Output {
    let target = tempfile::tempdir().unwrap();
    let _state = write_state(&target, server);
    let mut command = workbook(&["redrive"]);
    command
        .args(arguments)
        .env("CARGO_TARGET_DIR", target.path())
        .output()
        .unwrap()
}

fn write_state(target: &TempDir, server: &Server) -> StateFile {
    let outputs = [
        ("FailureQueueUrl", QUEUE),
        ("BroadcasterFunctionName", "broadcaster-name"),
    ];
    let running = Running {
        step: "04-websocket-broadcast".into(),
        url: server.url(),
        outputs: outputs
            .map(|(name, value)| (name.into(), value.into()))
            .into(),
        services: Some(format!("http://127.0.0.1:{}", server.port)),
        ..Running::default()
    };
    StateFile::write(target.path(), server.port, &running).unwrap()
}

#[test]
fn each_event_leaves_the_queue_once_the_function_took_it() {
    let bodies: Vec<Value> = (0..12)
        .map(|_| json!({"reason": "slow", "event": {}, "unreached": ["a=", "b="], "from": null}))
        .collect();
    let (server, queue) = services(&bodies);
    let output = redrive(&server, &[]);
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(queue.lock().unwrap().is_empty());
    let lines: Vec<&str> = stdout(&output).lines().collect();
    assert_eq!(lines.len(), 13, "{lines:?}");
    assert_eq!(lines[0], "✓ m00  for 2 clients: slow → sent again");
    assert_eq!(lines[12], "12 messages sent again");
    assert!(stderr(&output).contains("aws lambda invoke --function-name broadcaster-name"));
    let empty = redrive(&server, &[]);
    assert!(empty.status.success() && stdout(&empty).is_empty());
    assert!(stderr(&empty).contains("The queue is empty."));
    assert!(stderr(&empty).contains("only after Lambda tried it twice"));
}

#[test]
fn what_fails_stays_visible_and_does_not_go_round_in_circles() {
    let bodies =
        ["crash", "again", "fine"].map(|reason| json!({"reason": reason, "unreached": []}));
    let (server, queue) = services(&bodies);
    let output = redrive(&server, &[]);
    assert_eq!(output.status.code(), Some(1));
    let text = stdout(&output);
    assert!(
        text.contains("✗ m00  for everyone: crash → Runtime.ExitError: x"),
        "{text}"
    );
    assert!(
        text.contains("✗ m01  for everyone: again → came back, for everyone: again\n"),
        "{text}"
    );
    assert!(
        text.ends_with("1 of 3 messages sent again; 1 came back, 1 in the queue as before\n"),
        "{text}"
    );
    let purge = format!("/ sqs purge-queue --queue-url {QUEUE}");
    assert!(stderr(&output).contains(&purge), "{}", stderr(&output));
    let queue = queue.lock().unwrap();
    assert_eq!(queue.keys().collect::<Vec<_>>(), ["m00", "new"]);
    assert!(queue.values().all(|message| message.seen));
}

#[test]
fn what_came_back_is_enough_to_fail() {
    let (server, queue) = services(&[json!({"reason": "again", "unreached": []})]);
    let output = redrive(&server, &[]);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        stdout(&output)
            .ends_with("0 of 1 message sent again; 1 came back, 0 in the queue as before\n"),
        "{}",
        stdout(&output)
    );
    assert!(queue.lock().unwrap()["new"].seen);
}

#[test]
fn a_dry_run_changes_nothing() {
    let (server, queue) = services(&[json!({"reason": "too large", "unreached": []})]);
    let output = redrive(&server, &["--dry-run"]);
    assert!(output.status.success());
    assert!(stdout(&output).contains("too large"), "{}", stdout(&output));
    assert!(queue.lock().unwrap()["m00"].seen);
    let mut requests = server.requests().into_iter();
    assert!(!requests.any(|request| request.line.contains("invocations")));
}

#[test]
fn with_nothing_running_it_says_what_to_do() {
    let output = workbook(&["redrive"]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(
        stderr(&output).contains("cargo workbook up"),
        "{}",
        stderr(&output)
    );
}
