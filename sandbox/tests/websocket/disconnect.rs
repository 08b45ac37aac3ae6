//! How connections end, and what `$disconnect` learns of it (facts/aws.md 2.2).

use sandbox::faults::Fault;
use tokio::io::AsyncWriteExt;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;

use crate::harness::{World, api_with, request_id};

/// Code and reason of the n-th `$disconnect`.
async fn told(world: &World, times: usize) -> (u64, String) {
    let event = world.script.event("disconnect", times).await;
    let context = &event["requestContext"];
    let code = context["disconnectStatusCode"].as_u64().unwrap();
    (
        code,
        context["disconnectReason"].as_str().unwrap().to_owned(),
    )
}

/// facts/aws.md 2.2: the pairs of code and reason that were seen.
#[tokio::test]
async fn fact_2_2_code_and_reason_of_the_client_reach_disconnect() {
    let world = World::start().await;
    let frame = |code: u16, reason: &str| CloseFrame {
        code: code.into(),
        reason: reason.to_owned().into(),
    };
    let cases = [
        (None, (1005, "Client-side close frame status not set")),
        (Some(frame(1000, "")), (1000, "Connection Closed Normally")),
        (Some(frame(1001, "")), (1001, "")),
    ];
    for (number, (frame, (code, reason))) in cases.into_iter().enumerate() {
        let (mut client, _) = world.client().await;
        client.close(frame).await;
        assert_eq!(told(&world, number + 1).await, (code, reason.to_owned()));
    }
    world.stage.wait_until_connected(0).await;
    assert_eq!(world.script.count("disconnect"), 3, "once each");
}

/// facts/aws.md 2.7: 1006 is an end that nobody announced.
#[tokio::test]
async fn fact_2_7_a_client_that_vanishes_is_an_abnormal_end() {
    let world = World::start().await;
    let (mut client, id) = world.client().await;
    client.socket.get_mut().shutdown().await.unwrap();
    assert_eq!(told(&world, 1).await.0, 1006);
    world.stage.wait_until_connected(0).await;
    assert_eq!(world.manage("POST", &id, "x").await.status(), 410);
}

/// facts/aws.md 2.2, 2.6: `DELETE` closes as 1000 and `$disconnect` runs.
#[tokio::test]
async fn fact_2_2_delete_closes_normally_and_disconnect_runs() {
    let world = World::start().await;
    let (mut client, id) = world.client().await;
    assert_eq!(world.manage("DELETE", &id, "").await.status(), 204);
    assert_eq!(client.closed().await.0, 1000);
    let expected = (1000, "Connection Closed Normally".to_owned());
    assert_eq!(told(&world, 1).await, expected);
    world.stage.wait_until_connected(0).await;
    assert_eq!(world.manage("DELETE", &id, "").await.status(), 410);
    assert_eq!(world.script.count("disconnect"), 1);
}

/// facts/aws.md 2.2: best effort. The fault shows what happens when it never comes.
#[tokio::test]
async fn fact_2_2_disconnect_may_never_come() {
    let world = World::start().await;
    world
        .faults
        .add("disconnect-lost=WebSocketApi*1".parse::<Fault>().unwrap());
    for _ in 0..2 {
        let (mut client, _) = world.client().await;
        client.close(None).await;
        world.stage.wait_until_connected(0).await;
    }
    assert_eq!(world.script.count("disconnect"), 1);
}

#[tokio::test]
async fn a_refused_client_has_no_disconnect() {
    let world = World::start().await;
    world
        .script
        .outcome("connect", crate::harness::failure("no"));
    assert_eq!(world.status("/prod").await, 502);
    world
        .script
        .returns("connect", &serde_json::json!({"statusCode": 200}));
    let (mut client, _) = world.client().await;
    client.close(None).await;
    world.stage.wait_until_connected(0).await;
    assert_eq!(world.script.count("disconnect"), 1);
}

#[tokio::test]
async fn a_failing_disconnect_changes_nothing() {
    let world = World::start().await;
    world
        .script
        .outcome("disconnect", crate::harness::failure("boom"));
    let (mut client, _) = world.client().await;
    client.close(None).await;
    let event = world.script.event("disconnect", 1).await;
    world.stage.wait_until_connected(0).await;
    let trail = world.trail(&request_id(&event)).await;
    assert_eq!(trail.hops[0].outcome, "Internal server error");
}

#[tokio::test]
async fn an_api_without_disconnect_just_forgets() {
    let world = World::of(api_with(&["$connect"])).await;
    let (mut client, _) = world.client().await;
    client.close(None).await;
    world.stage.wait_until_connected(0).await;
}
