//! What becomes of messages (facts/aws.md 2.4).

use std::time::Duration;

use sandbox::lambda::Outcome;
use serde_json::{Value, json};

use crate::harness::{World, api, api_with, failure};

/// API Gateway Developer Guide, "Working with routes for WebSocket APIs".
#[tokio::test]
async fn fact_2_4_a_message_goes_to_the_route_it_names_or_to_default() {
    let world = World::start().await;
    let (mut client, _) = world.client().await;
    client.send(r#"{"action":"ping","n":1}"#).await;
    let event = world.script.event("ping", 1).await;
    assert_eq!(event["requestContext"]["routeKey"], "ping");
    assert_eq!(event["body"], r#"{"action":"ping","n":1}"#);
    let to_default = [
        r#"{"action":"pong"}"#,
        "{}",
        "not json",
        r#"{"action":"$connect"}"#,
    ];
    for (number, message) in to_default.iter().enumerate() {
        client.send(message).await;
        let event = world.script.event("default", number + 1).await;
        assert_eq!(event["requestContext"]["routeKey"], "$default");
        assert_eq!(event["body"], *message);
    }
    assert_eq!(world.script.count("connect"), 1);
}

/// The frame for `message`, spaces included (facts/aws.md 2.4).
fn frame(message: &str, id: &str, request_id: &str) -> String {
    format!(r#"{{"message": "{message}", "connectionId":"{id}", "requestId":"{request_id}"}}"#)
}

fn request_id_of(frame: &str) -> String {
    let frame: Value = serde_json::from_str(frame).unwrap();
    frame["requestId"].as_str().unwrap().to_owned()
}

/// facts/aws.md 2.4: without a route and without `$default`.
#[tokio::test]
async fn fact_2_4_a_message_without_a_route_is_forbidden_and_the_connection_stays() {
    let world = World::of(api_with(&["$connect", "ping"])).await;
    let (mut client, id) = world.client().await;
    for message in ["text", r#"{"action":"pong"}"#] {
        client.send(message).await;
        let got = client.text().await;
        assert_eq!(got, frame("Forbidden", &id, &request_id_of(&got)));
    }
    client.send(r#"{"action":"ping"}"#).await;
    world.script.event("ping", 1).await;
}

/// facts/aws.md 2.4: the function fails in any way.
#[tokio::test]
async fn fact_2_4_a_function_that_fails_is_an_internal_server_error_and_the_connection_stays() {
    let world = World::start().await;
    let (mut client, id) = world.client().await;
    for outcome in [failure("boom"), Outcome::Throttled("X"), Outcome::NotFound] {
        world.script.outcome("default", outcome);
        client.send("text").await;
        let got = client.text().await;
        assert_eq!(
            got,
            frame("Internal server error", &id, &request_id_of(&got))
        );
    }
    client.send(r#"{"action":"ping"}"#).await;
    world.script.event("ping", 1).await;
}

/// facts/aws.md 2.4: after the integration timeout.
#[tokio::test]
async fn fact_2_4_a_function_that_takes_29_seconds_is_given_up_on() {
    let world = World::start().await;
    let (mut client, id) = world.client().await;
    world.script.hold("default");
    client.send("text").await;
    world.script.event("default", 1).await;
    world.clock.advance(Duration::from_secs(29));
    let got = client.text().await;
    assert_eq!(
        got,
        frame("Endpoint request timed out", &id, &request_id_of(&got))
    );
}

/// facts/aws.md 2.4: what a message's function returns is thrown away, unless its
/// route has a route response.
#[tokio::test]
async fn fact_2_4_only_a_route_response_brings_the_body_back() {
    let mut answering = api();
    answering.routes[3].responds = true;
    let world = World::of(answering).await;
    let (mut client, _) = world.client().await;
    let payload = json!({"statusCode": 200, "body": "pong"});
    world.script.returns("ping", &payload);
    world.script.returns("default", &payload);
    client.send("quiet").await;
    world.script.event("default", 1).await;
    client.send(r#"{"action":"ping"}"#).await;
    assert_eq!(client.text().await, "pong");
    world.script.returns("ping", &json!({"statusCode": 200}));
    client.send(r#"{"action":"ping"}"#).await;
    world.script.event("ping", 2).await;
    world.script.returns("ping", &payload);
    client.send(r#"{"action":"ping"}"#).await;
    assert_eq!(client.text().await, "pong");
}

/// AWS does not keep the order of a client's messages; one that takes long holds
/// up no other.
#[tokio::test]
async fn messages_of_one_client_are_worked_on_side_by_side() {
    let world = World::start().await;
    let (mut client, id) = world.client().await;
    world.script.hold("default");
    client.send("slow").await;
    world.script.event("default", 1).await;
    client.send(r#"{"action":"ping"}"#).await;
    world.script.event("ping", 1).await;
    // And functions reach the client meanwhile.
    assert_eq!(world.manage("POST", &id, "hello").await.status(), 200);
    assert_eq!(client.text().await, "hello");
    world.script.release();
}

#[tokio::test]
async fn a_client_that_sends_faster_than_its_functions_work_waits() {
    let world = World::start().await;
    let (mut client, _) = world.client().await;
    world.script.hold("default");
    for number in 0..100 {
        client.send(&number.to_string()).await;
    }
    world.script.event("default", 64).await;
    // A ping behind the messages is not answered: nothing after them is read.
    for _ in 0..36 {
        world.script.release();
    }
    world.script.event("default", 100).await;
    for _ in 0..64 {
        world.script.release();
    }
    client.send(r#"{"action":"ping"}"#).await;
    world.script.event("ping", 1).await;
}
