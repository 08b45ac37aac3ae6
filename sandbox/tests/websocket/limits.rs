//! Limits of frames, messages and time (facts/aws.md 2.7).

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::frame::Frame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Data, OpCode};

use crate::harness::{Client, World};

const MINUTE: Duration = Duration::from_secs(60);
const FRAME: usize = 32 * 1024;

async fn fragment(client: &mut Client, first: bool, last: bool, length: usize) {
    let kind = if first { Data::Text } else { Data::Continue };
    let frame = Frame::message(vec![b'x'; length], OpCode::Data(kind), last);
    client.socket.feed(Message::Frame(frame)).await.unwrap();
}

/// API Gateway Developer Guide, "Quotas": a frame has at most 32 KB.
#[tokio::test]
async fn fact_2_7_a_frame_of_more_than_32_kb_closes_with_1009() {
    let world = World::start().await;
    let (mut client, _) = world.client().await;
    client.send(&"x".repeat(FRAME)).await;
    let event = world.script.event("default", 1).await;
    assert_eq!(event["body"].as_str().unwrap().len(), FRAME);
    client.send(&"x".repeat(FRAME + 1)).await;
    assert_eq!(client.closed().await.0, 1009);
    let event = world.script.event("disconnect", 1).await;
    assert_eq!(event["requestContext"]["disconnectStatusCode"], 1009);
    assert_eq!(world.script.count("default"), 1);
}

/// The same: a message has at most 128 KB, in frames of at most 32 KB.
#[tokio::test]
async fn fact_2_7_a_message_of_more_than_128_kb_closes_with_1009() {
    let world = World::start().await;
    let (mut client, _) = world.client().await;
    for number in 0..4 {
        fragment(&mut client, number == 0, number == 3, FRAME).await;
    }
    client.socket.flush().await.unwrap();
    let event = world.script.event("default", 1).await;
    assert_eq!(event["body"].as_str().unwrap().len(), 4 * FRAME);
    for number in 0..5 {
        fragment(&mut client, number == 0, number == 4, FRAME * 4 / 5 + 1).await;
    }
    client.socket.flush().await.unwrap();
    assert_eq!(client.closed().await.0, 1009);
    assert_eq!(world.script.count("default"), 1);
}

/// facts/aws.md 2.7, "Close codes": binary frames are not supported.
#[tokio::test]
async fn fact_2_7_a_binary_frame_closes_with_1003() {
    let world = World::start().await;
    let (mut client, _) = world.client().await;
    client.socket.send(Message::binary("x")).await.unwrap();
    assert_eq!(client.closed().await.0, 1003);
    let event = world.script.event("disconnect", 1).await;
    assert_eq!(event["requestContext"]["disconnectStatusCode"], 1003);
    assert_eq!(world.script.count("default"), 0);
}

/// API Gateway Developer Guide, "Quotas": idle for ten minutes.
#[tokio::test]
async fn fact_2_7_an_idle_connection_is_closed_after_ten_minutes() {
    let world = World::start().await;
    let (mut client, _) = world.client().await;
    world.clock.advance(9 * MINUTE);
    // Still there: it takes a message, which makes it active.
    client.send("text").await;
    world.script.event("default", 1).await;
    world.clock.advance(9 * MINUTE);
    assert_eq!(world.stage.connections(), 1);
    world.clock.advance(MINUTE);
    assert_eq!(client.closed().await.0, 1001);
    let event = world.script.event("disconnect", 1).await;
    let context = &event["requestContext"];
    assert_eq!(context["disconnectStatusCode"], 1001);
    assert_eq!(context["disconnectReason"], "");
}

/// facts/aws.md 2.7: a client stays by its pings, but not beyond two hours.
#[tokio::test]
async fn fact_2_7_pings_keep_a_connection_for_two_hours_at_most() {
    let world = World::start().await;
    let (mut client, id) = world.client().await;
    for minutes in (0..120).step_by(8) {
        assert_eq!(world.stage.connections(), 1, "after {minutes} minutes");
        client
            .socket
            .send(Message::Ping("alive".into()))
            .await
            .unwrap();
        // The answer to the ping says that it was read.
        let pong = client.socket.next().await.unwrap().unwrap();
        assert_eq!(pong, Message::Pong("alive".into()));
        world.clock.advance(8 * MINUTE);
    }
    assert_eq!(client.closed().await.0, 1001);
    world.stage.wait_until_connected(0).await;
    assert_eq!(world.manage("POST", &id, "x").await.status(), 410);
}

/// RFC 6455 5.5.1, 8.1: a text message is UTF-8, and clients mask their frames.
#[tokio::test]
async fn what_breaks_the_protocol_closes_the_connection() {
    let world = World::start().await;
    let (mut client, _) = world.client().await;
    let frame = Frame::message(vec![0xff, 0xfe], OpCode::Data(Data::Text), true);
    client.socket.send(Message::Frame(frame)).await.unwrap();
    assert_eq!(client.closed().await.0, 1007);

    let (mut client, _) = world.client().await;
    fragment(&mut client, false, true, 1).await;
    client.socket.flush().await.unwrap();
    assert_eq!(client.closed().await.0, 1002);
}

/// A client that pings and does not read the pongs cannot fill the memory: the
/// sandbox stops reading, and goes on when the client does.
#[tokio::test]
async fn a_client_that_pings_without_reading_is_not_read_from() {
    let world = World::start().await;
    let (mut client, id) = world.client().await;
    for _ in 0..500 {
        client
            .socket
            .feed(Message::Ping(vec![b'x'; 125].into()))
            .await
            .unwrap();
    }
    client.socket.flush().await.unwrap();
    world.manage("POST", &id, "after the pings").await;
    assert_eq!(client.text().await, "after the pings");
}
