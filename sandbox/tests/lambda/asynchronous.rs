//! Asynchronous invocation on a moved clock.

use std::time::Duration;

use insta::assert_json_snapshot;
use sandbox::lambda::{Functions, NotQueued};
use sandbox::template::model::{Asynchronous, Function};
use serde_json::{Value, json};

use super::support::{FUNCTION, World, function, world};

const MINUTE: Duration = Duration::from_secs(60);
const FAILING: &str = r#"{"error":{"errorType":"BroadcastError","errorMessage":"no client"}}"#;

fn with(asynchronous: Asynchronous) -> Function {
    Function {
        asynchronous,
        ..function()
    }
}

/// Waits until `count` attempts have been made and the next one waits.
async fn attempts(world: &World, count: usize) {
    world
        .recorder
        .wait_for("event", |trail| trail.hops.len() == count && !trail.settled)
        .await;
}

async fn settled(world: &World) -> Value {
    let trail = world
        .recorder
        .wait_for("event", |trail| trail.settled)
        .await;
    let attempts = trail
        .hops
        .iter()
        .map(|hop| (hop.details["attempt"].clone(), &hop.outcome));
    json!(attempts.collect::<Vec<_>>())
}

/// facts/aws.md 4.4: two more attempts, after one and two minutes, then the
/// failure destination.
#[tokio::test]
async fn fact_4_4_a_function_error_is_tried_twice_more() {
    let config = Asynchronous {
        on_failure: Some("arn:failures".to_owned()),
        ..Asynchronous::default()
    };
    let world = world(with(config)).await;
    world.queue("event", FAILING);
    attempts(&world, 1).await;
    world.clock.advance(MINUTE);
    attempts(&world, 2).await;
    // A minute is not enough for the third.
    world.clock.advance(MINUTE - Duration::from_secs(5));
    assert_eq!(world.recorder.find("event").unwrap().hops.len(), 2);
    world.clock.advance(MINUTE + Duration::from_secs(5));
    assert_json_snapshot!(settled(&world).await);
    let (arn, body, attributes) = world.deliveries().remove(0);
    assert_eq!((arn.as_str(), attributes.len()), ("arn:failures", 0));
    let record: Value = serde_json::from_str(&body).unwrap();
    assert_json_snapshot!(record, {".timestamp" => "[time]", ".requestContext.requestId" => "[id]"});
    world.lambda.shutdown().await;
}

/// facts/aws.md 4.4: `MaximumRetryAttempts`, and a function's dead-letter queue
/// holds only the event with three attributes.
#[tokio::test]
async fn fact_4_4_a_dead_letter_queue_holds_the_event_and_three_attributes() {
    let config = Asynchronous {
        maximum_retry_attempts: 0,
        dead_letter: Some("arn:dead".to_owned()),
        ..Asynchronous::default()
    };
    let world = world(with(config)).await;
    world.queue("event", FAILING);
    assert_eq!(settled(&world).await, json!([[1, "function error"]]));
    let (arn, body, attributes) = world.deliveries().remove(0);
    assert_eq!((arn.as_str(), body.as_str()), ("arn:dead", FAILING));
    assert!(attributes.contains_key("RequestID"));
    assert_json_snapshot!(attributes, {".RequestID.StringValue" => "[id]"});
    world.lambda.shutdown().await;
}

/// facts/aws.md 4.4: throttling waits from 1 s up to 5 min, does not use up the
/// retries, and ends with the event's age.
#[tokio::test]
async fn fact_4_4_a_throttled_event_waits_until_it_is_too_old() {
    let config = Asynchronous {
        maximum_event_age: Duration::from_secs(60),
        on_failure: Some("arn:failures".to_owned()),
        ..Asynchronous::default()
    };
    let world = world(with(config)).await;
    world.faults.add("function-throttle".parse().unwrap());
    world.queue("event", "{}");
    // 1 + 2 + 4 + 8 + 16 = 31 s; another 32 would be past 60.
    for (done, pause) in [1, 2, 4, 8, 16].into_iter().enumerate() {
        attempts(&world, done + 1).await;
        world.clock.advance(Duration::from_secs(pause));
    }
    let expected = vec![json!([1, "throttled"]); 6];
    assert_eq!(settled(&world).await, json!(expected));
    let record: Value = serde_json::from_str(&world.deliveries().remove(0).1).unwrap();
    assert_eq!(record["requestContext"]["condition"], "EventAgeExceeded");
    world.lambda.shutdown().await;
}

#[tokio::test]
async fn a_throttled_event_runs_when_there_is_room_again() {
    let world = world(function()).await;
    world.faults.add("function-throttle*1".parse().unwrap());
    world.queue("event", r#"{"events":true}"#);
    attempts(&world, 1).await;
    world.clock.advance(Duration::from_secs(1));
    assert_eq!(
        settled(&world).await,
        json!([[1, "throttled"], [1, "success"]])
    );
    world.lambda.shutdown().await;
}

/// facts/aws.md 4.4: reserved concurrency 0 goes straight to the destination.
#[tokio::test]
async fn fact_4_4_a_function_that_is_switched_off_fails_at_once() {
    let config = Asynchronous {
        on_failure: Some("arn:failures".to_owned()),
        ..Asynchronous::default()
    };
    let world = world(Function {
        reserved_concurrency: Some(0),
        ..with(config)
    })
    .await;
    world.queue("event", "{}");
    assert_eq!(settled(&world).await, json!([[1, "throttled"]]));
    let record: Value = serde_json::from_str(&world.deliveries().remove(0).1).unwrap();
    assert_eq!(record["requestContext"]["condition"], "RetriesExhausted");
    world.lambda.shutdown().await;
}

/// facts/aws.md 4.4: `Success` for the destination of successes.
#[tokio::test]
async fn fact_4_4_a_success_reaches_its_destination() {
    let config = Asynchronous {
        on_success: Some("arn:successes".to_owned()),
        ..Asynchronous::default()
    };
    let world = world(with(config)).await;
    world.queue("event", r#"{"events":true}"#);
    settled(&world).await;
    let (arn, body, _) = world.deliveries().remove(0);
    assert_eq!(arn, "arn:successes");
    let record: Value = serde_json::from_str(&body).unwrap();
    assert_json_snapshot!(record, {".timestamp" => "[time]", ".requestContext.requestId" => "[id]"});
    world.lambda.shutdown().await;
}

/// facts/aws.md 4.3: 1 MB for asynchronous events.
#[tokio::test]
async fn fact_4_3_asynchronous_events_end_at_1_mb() {
    let world = world(function()).await;
    let queue = |function: &str, length: usize| {
        let event = format!("\"{}\"", "x".repeat(length - 2));
        world
            .lambda
            .invoke_async(function, event.into(), &world.recorder.begin("event"))
    };
    assert_eq!(queue(FUNCTION, 1_048_577), Err(NotQueued::TooLarge));
    assert_eq!(queue("Other", 10), Err(NotQueued::NotFound));
    assert_eq!(queue(FUNCTION, 1_048_576), Ok(()));
    settled(&world).await;
    world.lambda.shutdown().await;
}

#[tokio::test]
async fn an_event_without_a_destination_is_not_lost_silently() {
    let config = Asynchronous {
        maximum_retry_attempts: 0,
        ..Asynchronous::default()
    };
    let world = world(with(config)).await;
    world.queue("event", FAILING);
    settled(&world).await;
    let notice = world.notices.lock().unwrap().concat();
    assert!(
        notice.contains("an event for Handler is lost after 1 attempt(s)"),
        "{notice}"
    );
    world.lambda.shutdown().await;
}
