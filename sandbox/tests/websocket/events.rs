//! What functions receive (facts/aws.md 2.1 to 2.3).

use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::protocol::CloseFrame;

use crate::harness::{World, api, connection_id};

/// The keys of an object, in their order.
fn keys(value: &Value) -> Vec<&str> {
    value
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect()
}

/// Replaces what differs from run to run by its kind, if it has the right form.
fn normalized(mut event: Value) -> Value {
    let context = event["requestContext"].as_object_mut().unwrap();
    for name in [
        "extendedRequestId",
        "requestId",
        "connectionId",
        "messageId",
    ] {
        if let Some(id) = context.get_mut(name) {
            let text = id.as_str().unwrap();
            assert!(text.len() == 16 && text.ends_with('='), "{name}: {text}");
            *id = json!("[id]");
        }
    }
    for name in ["connectedAt", "requestTimeEpoch"] {
        assert!(context[name].as_u64().unwrap() > 1_600_000_000_000);
        context[name] = json!("[epoch]");
    }
    let time = context["requestTime"].as_str().unwrap();
    assert_eq!(time.len(), "09/Apr/2026:12:34:56 +0000".len());
    context["requestTime"] = json!("[time]");
    event
}

const HANDSHAKE: &str = "GET /prod?token=abc HTTP/1.1\r\nHost: localhost:4001\r\n\
    Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\
    Origin: https://app.example.com\r\nUser-Agent: Mozilla/5.0\r\nConnection: Upgrade\r\n\
    Upgrade: websocket\r\nX-Amzn-Trace-Id: Root=1-66f1a2b3-0123456789abcdef01234567\r\n\
    x-sandbox-viewer: 203.0.113.7\r\n\r\n";

/// aws/aws-lambda-rust-runtime, fixtures of `$connect`; facts/aws.md 2.1.
#[tokio::test]
async fn fact_2_1_the_event_of_connect() {
    let world = World::start().await;
    let answer = world.raw(HANDSHAKE.as_bytes()).await;
    assert!(answer.starts_with("HTTP/1.1 101 "), "{answer}");
    let event = world.script.event("connect", 1).await;
    let context = &event["requestContext"];
    assert_eq!(context["requestId"], context["extendedRequestId"]);
    insta::assert_json_snapshot!(normalized(event));
}

/// facts/aws.md 2.1: query parameters are there only if the URL has some.
#[tokio::test]
async fn fact_2_1_without_a_query_its_keys_are_missing() {
    let world = World::start().await;
    world.client().await;
    let event = world.script.event("connect", 1).await;
    assert_eq!(
        keys(&event),
        [
            "headers",
            "multiValueHeaders",
            "requestContext",
            "isBase64Encoded"
        ]
    );
    for absent in ["Connection", "connection", "Upgrade", "upgrade"] {
        assert!(event["headers"].get(absent).is_none(), "{absent}");
    }
}

/// The same fixtures; facts/aws.md 2.2.
#[tokio::test]
async fn fact_2_2_the_event_of_disconnect() {
    let world = World::start().await;
    let (mut client, id) = world.client().await;
    client.close(None).await;
    let event = world.script.event("disconnect", 1).await;
    assert_eq!(connection_id(&event), id);
    insta::assert_json_snapshot!(normalized(event));
}

/// The same fixtures; facts/aws.md 2.3: no headers at all.
#[tokio::test]
async fn fact_2_3_the_event_of_a_message() {
    let world = World::start().await;
    let mut client = world
        .ask(
            "/prod",
            &[
                ("User-Agent", "Mozilla/5.0"),
                ("x-sandbox-viewer", "203.0.113.7"),
            ],
        )
        .await
        .unwrap();
    client.send(r#"{"action":"ping"}"#).await;
    let event = world.script.event("ping", 1).await;
    let context = &event["requestContext"];
    assert_ne!(context["messageId"], context["requestId"]);
    insta::assert_json_snapshot!(normalized(event));
}

/// facts/aws.md 2.2, 2.3: one connection has one id and one beginning.
#[tokio::test]
async fn fact_2_3_all_events_of_a_connection_agree_on_it() {
    let world = World::start().await;
    let (mut client, id) = world.client().await;
    client.send("text").await;
    world.script.event("default", 1).await;
    let frame = CloseFrame {
        code: 1000.into(),
        reason: "".into(),
    };
    client.close(Some(frame)).await;
    let connect = world.script.event("connect", 1).await;
    for function in ["default", "disconnect"] {
        let event = world.script.event(function, 1).await;
        assert_eq!(connection_id(&event), id);
        let (before, now) = (&connect["requestContext"], &event["requestContext"]);
        assert_eq!(before["connectedAt"], now["connectedAt"]);
        assert_ne!(before["requestId"], now["requestId"]);
    }
}

#[tokio::test]
async fn stage_variables_are_in_events_where_the_stage_has_some() {
    let mut with_variables = api();
    with_variables.stage_variables = [("colour".to_owned(), "blue".to_owned())].into();
    let world = World::of(with_variables).await;
    let (mut client, _) = world.client().await;
    client.send("text").await;
    for function in ["connect", "default"] {
        let event = world.script.event(function, 1).await;
        assert_eq!(event["stageVariables"], json!({"colour": "blue"}));
    }
}
