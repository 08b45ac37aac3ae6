//! Environments: cold and warm, limits on concurrency, new versions.

use std::collections::BTreeSet;
use std::time::Duration;

use bytes::Bytes;
use sandbox::lambda::{Deployment, Functions, Outcome};
use serde_json::json;

use super::support::{FUNCTION, World, behaving, binary, function, world};

fn starts(world: &World) -> Vec<String> {
    let trail = world.recorder.find("trail").unwrap();
    trail
        .hops
        .iter()
        .map(|hop| hop.details["start"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn the_first_event_finds_a_cold_environment_and_the_next_a_warm_one() {
    let world = world(function()).await;
    assert_eq!(world.answer(r#"{"events":true}"#).await, json!(1));
    assert_eq!(starts(&world), ["cold"]);
    assert_eq!(world.answer(r#"{"events":true}"#).await, json!(2));
    assert_eq!(starts(&world), ["warm"]);
    world.lambda.shutdown().await;
}

/// facts/aws.md 4.5: one event at a time; who comes meanwhile gets another
/// environment.
#[tokio::test]
async fn an_environment_works_on_one_event_at_a_time() {
    let world = world(function()).await;
    let hanging = world.hang();
    world.lambda.wait_until_busy(FUNCTION, 1).await;
    assert_eq!(world.answer(r#"{"events":true}"#).await, json!(1));
    hanging.abort();
    world.lambda.shutdown().await;
}

/// facts/aws.md 4.3: reserved concurrency is a limit, and 0 switches off.
#[tokio::test]
async fn fact_4_3_reserved_concurrency_throttles() {
    let throttled = Outcome::Throttled("ReservedFunctionConcurrentInvocationLimitExceeded");
    let mut function = function();
    function.reserved_concurrency = Some(1);
    let world = world(function.clone()).await;
    let hanging = world.hang();
    world.lambda.wait_until_busy(FUNCTION, 1).await;
    assert_eq!(world.invoke("{}").await, throttled);
    hanging.abort();
    world.lambda.wait_until_busy(FUNCTION, 0).await;
    assert_eq!(
        world.answer(r#"{"events":true}"#).await,
        json!(1),
        "a new environment"
    );
    function.reserved_concurrency = Some(0);
    let deployment = Deployment {
        function,
        binary: binary(),
    };
    world.lambda.deploy(vec![deployment]).await.unwrap();
    assert_eq!(world.invoke("{}").await, throttled);
    world.lambda.shutdown().await;
}

/// facts/aws.md 4.5: the init phase ends after 10 s and is repeated under the
/// function's own timeout.
#[tokio::test]
async fn fact_4_5_a_slow_init_is_repeated_under_the_functions_timeout() {
    let world = world(behaving("hang")).await;
    let waiting = tokio::spawn({
        let clock = world.clock.clone();
        let lambda = world.lambda.clone();
        async move {
            lambda.wait_until_busy(FUNCTION, 1).await;
            // Neither span alone is enough: 10 s of init, then the 20 s timeout.
            for _ in 0..2 {
                lambda.wait_until_started(FUNCTION, 1).await;
                clock.advance(Duration::from_secs(10));
                lambda.wait_until_started(FUNCTION, 2).await;
                clock.advance(Duration::from_secs(10));
            }
        }
    });
    let error = world.error("{}").await;
    waiting.await.unwrap();
    assert_eq!(error["errorType"], "Sandbox.Timedout");
    world.lambda.shutdown().await;
}

/// However many events come at once, and however late the processes ask for the
/// next one.
#[tokio::test]
async fn a_function_has_at_most_64_processes() {
    let world = world(function()).await;
    let invocations: Vec<_> = (0..150)
        .map(|_| {
            let (lambda, context) = (world.lambda.clone(), world.recorder.begin("burst"));
            tokio::spawn(async move {
                let event = Bytes::from_static(br#"{"answer-and-linger":1000}"#);
                lambda.invoke(FUNCTION, event, &context).await
            })
        })
        .collect();
    let mut processes = BTreeSet::new();
    for invocation in invocations {
        let Outcome::Success(process) = invocation.await.unwrap() else {
            panic!("not an answer");
        };
        processes.insert(process);
    }
    assert!(processes.len() <= 64, "{} processes", processes.len());
    assert_eq!(world.lambda.environments(FUNCTION), processes.len());
    world.lambda.shutdown().await;
}

#[tokio::test]
async fn an_environment_that_rests_for_ten_minutes_ends() {
    let world = world(function()).await;
    assert_eq!(world.answer(r#"{"events":true}"#).await, json!(1));
    for event in 2..4 {
        world.clock.advance(Duration::from_secs(9 * 60));
        assert_eq!(world.answer(r#"{"events":true}"#).await, json!(event));
    }
    assert_eq!(world.lambda.environments(FUNCTION), 1);
    world.clock.advance(Duration::from_secs(10 * 60));
    until_environments(&world, 0).await;
    assert_eq!(world.answer(r#"{"events":true}"#).await, json!(1));
    assert_eq!(starts(&world), ["cold"]);
    world.lambda.shutdown().await;
}

#[tokio::test]
async fn an_environment_at_work_does_not_rest() {
    let mut function = function();
    function.timeout = Duration::from_secs(15 * 60);
    let world = world(function).await;
    let hanging = world.hang();
    let hangs = || {
        world
            .logs
            .lock()
            .unwrap()
            .iter()
            .any(|line| line.contains("hang"))
    };
    while !hangs() {
        tokio::task::yield_now().await;
    }
    assert_eq!(world.answer(r#"{"events":true}"#).await, json!(1));
    assert_eq!(world.lambda.environments(FUNCTION), 2);
    world.clock.advance(Duration::from_secs(11 * 60));
    until_environments(&world, 1).await;
    world.clock.advance(Duration::from_secs(5 * 60));
    let Outcome::FunctionError(error) = hanging.await.unwrap() else {
        panic!("not an error");
    };
    let error: serde_json::Value = serde_json::from_slice(&error).unwrap();
    assert_eq!(error["errorType"], "Sandbox.Timedout");
    world.lambda.shutdown().await;
}

async fn until_environments(world: &World, count: usize) {
    while world.lambda.environments(FUNCTION) != count {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_new_version_takes_over_and_the_old_one_finishes() {
    let world = world(function()).await;
    assert_eq!(world.answer(r#"{"events":true}"#).await, json!(1));
    let mut next = function();
    next.environment
        .insert("VERSION".to_owned(), "2".to_owned());
    let deployment = Deployment {
        function: next,
        binary: binary(),
    };
    world.lambda.deploy(vec![deployment]).await.unwrap();
    assert_eq!(
        world.answer(r#"{"events":true}"#).await,
        json!(1),
        "a new process"
    );
    assert_eq!(
        world.answer(r#"{"environment":true}"#).await["VERSION"],
        "2"
    );
    world.lambda.shutdown().await;
}

#[tokio::test]
async fn the_copy_of_an_old_binary_is_removed() {
    let world = world(function()).await;
    let environment = world.answer(r#"{"environment":true}"#).await;
    let folder = std::path::PathBuf::from(environment["LAMBDA_TASK_ROOT"].as_str().unwrap());
    let copies = || {
        let files = std::fs::read_dir(&folder).unwrap().flatten();
        files
            .filter(|file| file.file_name().to_string_lossy().starts_with(FUNCTION))
            .count()
    };
    assert_eq!(copies(), 1);
    let deployment = Deployment {
        function: function(),
        binary: binary(),
    };
    world.lambda.deploy(vec![deployment]).await.unwrap();
    assert_eq!(world.answer(r#"{"events":true}"#).await, json!(1));
    // The old process was told to end before the new one started.
    while copies() > 1 {
        tokio::task::yield_now().await;
    }
    world.lambda.shutdown().await;
}

#[tokio::test]
async fn a_missing_binary_is_refused_and_nothing_changes() {
    let world = world(function()).await;
    let missing = Deployment {
        function: function(),
        binary: "no/such/webhook".into(),
    };
    let error = world
        .lambda
        .deploy(vec![missing])
        .await
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("binary of function Handler is missing"),
        "{error}"
    );
    assert!(error.contains("cargo build --bin webhook"), "{error}");
    assert_eq!(world.answer(r#"{"events":true}"#).await, json!(1));
    world.lambda.shutdown().await;
}
