//! What the trails of connections tell.

use serde_json::json;

use crate::harness::{World, api_with, failure, request_id};

#[tokio::test]
async fn a_connection_leaves_a_trail_for_each_thing_that_happens() {
    let world = World::start().await;
    let (mut client, _) = world.client().await;
    world.script.outcome("ping", failure("boom"));
    client.send(r#"{"action":"ping"}"#).await;
    client.text().await;
    client.close(None).await;
    let mut trails = Vec::new();
    for function in ["connect", "ping", "disconnect"] {
        let event = world.script.event(function, 1).await;
        trails.push(world.trail(&request_id(&event)).await.redacted());
    }
    insta::assert_yaml_snapshot!(trails);
}

#[tokio::test]
async fn calls_of_connections_are_hops_of_their_caller() {
    let world = World::start().await;
    let (_first, first) = world.client().await;
    let (_second, second) = world.client().await;
    let context = world.recorder.begin("broadcast");
    for id in [&second, &first, &second] {
        world
            .manage_within(&context, "POST", id, "{\"id\":1}")
            .await;
    }
    world.manage_within(&context, "GET", &first, "").await;
    let trail = world.trail("broadcast").await.redacted();
    insta::assert_yaml_snapshot!(trail, { ".hops[].out.lastActiveAt" => "[time]", ".hops[].out.connectedAt" => "[time]" });
}

#[tokio::test]
async fn a_trail_says_why_a_client_was_not_let_in() {
    let world = World::of(api_with(&["$connect", "$disconnect"])).await;
    let mut reasons = Vec::new();
    let mut ask = async |path: &str| {
        let answer = world.ask(path, &[]).await.unwrap_err();
        let id = answer.headers["x-amzn-requestid"].to_str().unwrap();
        let trail = world.trail(id).await;
        let hop = &trail.hops[0];
        assert!(!hop.ok, "{hop:?}");
        reasons.push(format!(
            "{}: {}",
            hop.outcome,
            hop.details["error"].as_str().unwrap()
        ));
    };
    ask("/dev").await;
    world.script.outcome("connect", failure("boom"));
    ask("/prod").await;
    world.script.returns("connect", &json!({"status": 200}));
    ask("/prod").await;
    world.script.returns("connect", &json!({"statusCode": 401}));
    ask("/prod").await;
    insta::assert_snapshot!(reasons.join("\n"));
}
