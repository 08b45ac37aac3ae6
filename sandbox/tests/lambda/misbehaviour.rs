//! Functions that crash, hang, babble or leave children behind.

use sandbox::lambda::Outcome;
use serde_json::{Value, json};

use super::support::{behaving, function, world};

/// The error of an event that comes after a process ended, without its id.
fn message(error: &Value) -> String {
    let message = error["errorMessage"].as_str().unwrap();
    message
        .split_once(" Error: ")
        .map_or(message, |(_, rest)| rest)
        .to_owned()
}

/// facts/aws.md 4.3: a crash is `Runtime.ExitError`; facts 4.5: the next event
/// gets a fresh environment.
#[tokio::test]
async fn fact_4_3_a_crash_is_an_exit_error_and_the_next_event_starts_anew() {
    let world = world(function()).await;
    let error = world.error(r#"{"exit":7}"#).await;
    assert_eq!(error["errorType"], "Runtime.ExitError");
    assert!(
        message(&error).starts_with("Runtime exited with error: exit"),
        "{error}"
    );
    let error = world.error(r#"{"exit":0}"#).await;
    assert_eq!(message(&error), "Runtime exited without providing a reason");
    assert_eq!(world.answer(r#"{"events":true}"#).await, json!(1));
    world.lambda.shutdown().await;
}

#[tokio::test]
async fn a_function_that_exits_at_once_is_an_exit_error() {
    let world = world(behaving("exit")).await;
    let error = world.error("{}").await;
    assert_eq!(error["errorType"], "Runtime.ExitError");
    world.lambda.shutdown().await;
}

/// facts/aws.md 4.3 and 4.5: the timeout's text, and the process is gone.
#[tokio::test]
async fn fact_4_3_a_hanging_function_is_ended_at_its_timeout() {
    let world = world(function()).await;
    world.answer(r#"{"events":true}"#).await;
    let hurry = world.hurry();
    let error = world.error(r#"{"hang":true}"#).await;
    hurry.abort();
    let message = error["errorMessage"].as_str().unwrap();
    assert!(
        message.ends_with(" Task timed out after 20.00 seconds"),
        "{message}"
    );
    assert_eq!(
        world.answer(r#"{"events":true}"#).await,
        json!(1),
        "a fresh process"
    );
    world.lambda.shutdown().await;
}

/// An answer that breaks off is none: the timeout ends the wait.
#[tokio::test]
async fn a_broken_answer_ends_at_the_timeout() {
    let world = world(function()).await;
    world.answer(r#"{"events":true}"#).await;
    let hurry = world.hurry();
    let error = world.error(r#"{"broken-answer":true}"#).await;
    hurry.abort();
    assert_eq!(error["errorType"], "Sandbox.Timedout");
    world.lambda.shutdown().await;
}

/// facts/aws.md 4.5: an environment is free only after the response and the next
/// poll; what it does in between costs no event.
#[tokio::test]
async fn fact_4_5_no_event_goes_to_an_environment_that_does_not_ask() {
    let world = world(function()).await;
    for last in [r#"{"answer-and-exit":true}"#, r#"{"answer-and-hang":true}"#] {
        assert_eq!(world.answer(last).await, json!(true));
        assert_eq!(
            world.answer(r#"{"events":true}"#).await,
            json!(1),
            "after {last}"
        );
        world.error(r#"{"exit":0}"#).await;
    }
    world.lambda.shutdown().await;
}

#[tokio::test]
async fn garbage_on_its_output_is_only_a_log_line() {
    let world = world(behaving("garbage")).await;
    assert_eq!(world.answer(r#"{"events":true}"#).await, json!(1));
    world.lambda.shutdown().await;
    assert!(
        world
            .logs
            .lock()
            .unwrap()
            .iter()
            .any(|line| line.ends_with("garbage"))
    );
}

#[tokio::test]
async fn what_is_not_json_is_passed_on_for_the_caller_to_judge() {
    let world = world(function()).await;
    let outcome = world.invoke(r#"{"raw":"{\"statusCode\": 2"}"#).await;
    assert_eq!(outcome, Outcome::Success(r#"{"statusCode": 2"#.into()));
    world.lambda.shutdown().await;
}

#[cfg(unix)]
#[tokio::test]
async fn a_file_that_is_no_executable_is_an_invalid_entrypoint() {
    use sandbox::lambda::Deployment;

    let world = world(function()).await;
    let folder = tempfile::tempdir().unwrap();
    let binary = folder.path().join("webhook");
    std::fs::write(&binary, "not a program").unwrap();
    world
        .lambda
        .deploy(vec![Deployment {
            function: function(),
            binary,
        }])
        .await
        .unwrap();
    let error = world.error("{}").await;
    assert_eq!(error["errorType"], "Runtime.InvalidEntrypoint");
    let notice = world.notices.lock().unwrap().concat();
    assert!(
        notice.contains("function Handler cannot be started"),
        "{notice}"
    );
    world.lambda.shutdown().await;
}

/// Nothing that a function started outlives it.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn children_of_a_function_end_with_it() {
    let alive = |pid: &Value| {
        // A zombie has ended; it only waits for its parent to notice.
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        stat.rsplit(") ")
            .next()
            .is_some_and(|rest| !rest.is_empty() && !rest.starts_with('Z'))
    };
    let world = world(function()).await;
    let pids = world.answer(r#"{"child":true}"#).await;
    assert!(alive(&pids["me"]) && alive(&pids["child"]));
    world.lambda.shutdown().await;
    assert!(!alive(&pids["me"]));
    // The signal was sent to the group before `shutdown` returned; the system
    // may still be at work on it.
    while alive(&pids["child"]) {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn faults_happen_on_demand() {
    let world = world(function()).await;
    world.faults.add("function-throttle*1".parse().unwrap());
    let throttled = Outcome::Throttled("ConcurrentInvocationLimitExceeded");
    assert_eq!(world.invoke("{}").await, throttled);
    world
        .faults
        .add("function-crash=Handler*1".parse().unwrap());
    assert_eq!(world.error("{}").await["errorType"], "Runtime.ExitError");
    world.answer(r#"{"events":true}"#).await;
    world.faults.add("function-timeout*1".parse().unwrap());
    let hurry = world.hurry();
    assert_eq!(world.error("{}").await["errorType"], "Sandbox.Timedout");
    hurry.abort();
    assert_eq!(world.answer(r#"{"events":true}"#).await, json!(1));
    world.lambda.shutdown().await;
}

#[tokio::test]
async fn calls_to_aws_carry_the_trail_of_the_event() {
    let world = world(function()).await;
    let event = json!({"call": {"endpoint": "AWS_ENDPOINT_URL_SNS", "body": "Action=Publish"}});
    let answer = world.answer(&event.to_string()).await;
    let inner: Value = serde_json::from_str(answer["body"].as_str().unwrap()).unwrap();
    assert_eq!(inner, json!({"status": "200", "body": "trail"}));
    let calls = world.services.calls.lock().unwrap().clone();
    assert_eq!(calls, [("sns".to_owned(), "Action=Publish".into())]);
    world.lambda.shutdown().await;
}
