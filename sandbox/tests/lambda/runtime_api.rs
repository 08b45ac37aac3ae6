//! The Runtime API and the variables of the environment.

use std::time::{Duration, SystemTime};

use insta::assert_json_snapshot;
use sandbox::lambda::Outcome;
use serde_json::json;

use super::support::{function, world};

/// facts/aws.md 4.1: `next` carries the event and the request's headers.
#[tokio::test]
async fn fact_4_1_next_tells_the_event_the_deadline_the_function_and_the_trace() {
    let world = world(function()).await;
    assert_eq!(world.answer(r#"{"n":1}"#).await, json!({"n": 1}));
    let before = SystemTime::now();
    let headers = world.answer(r#"{"headers":true}"#).await;
    let deadline: u64 = headers["Lambda-Runtime-Deadline-Ms"]
        .as_str()
        .unwrap()
        .parse()
        .unwrap();
    let earliest = before + function().timeout;
    let deadline = SystemTime::UNIX_EPOCH + Duration::from_millis(deadline + 1);
    assert!(deadline > earliest, "the deadline leaves the whole timeout");
    assert_eq!(
        headers["Lambda-Runtime-Invoked-Function-Arn"],
        function().arn
    );
    let trace = headers["Lambda-Runtime-Trace-Id"].as_str().unwrap();
    let root = trace
        .strip_prefix("Root=1-")
        .unwrap()
        .strip_suffix(";Sampled=0")
        .unwrap();
    let (seconds, random) = root.split_once('-').unwrap();
    assert_eq!((seconds.len(), random.len()), (8, 24));
    world.lambda.shutdown().await;
}

/// facts/aws.md 4.1: an answer is taken with 202, one for another id is refused.
#[tokio::test]
async fn fact_4_1_an_answer_for_another_request_is_refused() {
    let world = world(function()).await;
    assert_eq!(
        world.answer(r#"{"wrong-id":true}"#).await,
        json!({"status": "400"})
    );
    // By the time it takes the next event, it has said how the first one went.
    assert_eq!(world.answer(r#"{"events":true}"#).await, json!(2));
    world.lambda.shutdown().await;
    let logs = world.logs.lock().unwrap();
    assert!(logs.contains(&"response: 202".to_owned()), "{logs:?}");
}

/// facts/aws.md 4.1 and 4.3: `error` makes a function error, passed on as it is.
#[tokio::test]
async fn fact_4_1_an_error_report_is_the_function_error() {
    let world = world(function()).await;
    let error = json!({"errorType": "PublishError", "errorMessage": "no topic"});
    let event = json!({ "error": error }).to_string();
    assert_eq!(world.error(&event).await, error);
    world.lambda.shutdown().await;
}

/// facts/aws.md 4.1: `init/error` is the answer to the event that started it.
#[tokio::test]
async fn fact_4_1_an_init_error_is_the_function_error() {
    let world = world(super::support::behaving("init-error")).await;
    let error = world.error("{}").await;
    assert_eq!(
        error,
        json!({"errorType": "ConfigError", "errorMessage": "TOPIC_ARN is not set"})
    );
    world.lambda.shutdown().await;
}

/// facts/aws.md 4.2, and the promise that nothing of the user's is passed on.
#[tokio::test]
async fn fact_4_2_the_environment_is_lambdas_own() {
    let mut function = function();
    function
        .environment
        .insert("TOPIC_ARN".to_owned(), "arn:topic".to_owned());
    let world = world(function).await;
    let mut environment = world.answer(r#"{"environment":true}"#).await;
    let names: Vec<_> = environment.as_object().unwrap().keys().collect();
    for foreign in [
        "HOME",
        "USER",
        "USERPROFILE",
        "AWS_PROFILE",
        "CARGO_MANIFEST_DIR",
    ] {
        assert!(
            !names.iter().any(|name| *name == foreign),
            "{foreign} was passed on"
        );
    }
    // What the machine has of these differs from one to the next.
    let machine = ["PATH", "SystemRoot", "SystemDrive", "TEMP", "TMP", "TMPDIR"];
    environment
        .as_object_mut()
        .unwrap()
        .retain(|name, _| !machine.contains(&name.as_str()));
    assert_json_snapshot!(environment, {
        ".LAMBDA_TASK_ROOT" => "[folder]", ".LAMBDA_RUNTIME_DIR" => "[folder]",
        ".AWS_LAMBDA_RUNTIME_API" => "[address]", ".AWS_ENDPOINT_URL" => "[address]/unknown",
        ".AWS_ENDPOINT_URL_SNS" => "[address]/sns", ".AWS_CONFIG_FILE" => "[nothing]",
        ".AWS_SHARED_CREDENTIALS_FILE" => "[nothing]", ".AWS_LAMBDA_LOG_STREAM_NAME" => "[stream]",
    });
    world.lambda.shutdown().await;
}

/// facts/aws.md 1.7 and 4.3: 6 MB each way, counted in bytes.
#[tokio::test]
async fn fact_4_3_payloads_end_at_6_mb() {
    let world = world(function()).await;
    let most = 6_291_556;
    let answer = world.invoke(&json!({ "size": most }).to_string()).await;
    assert!(matches!(answer, Outcome::Success(body) if body.len() == most));
    let error = world.error(&json!({ "size": most + 1 }).to_string()).await;
    assert_eq!(error["errorType"], "Function.ResponseSizeTooLarge");
    let event = format!("\"{}\"", "x".repeat(most - 1));
    assert_eq!(world.invoke(&event).await, Outcome::RequestTooLarge);
    world.lambda.shutdown().await;
}
