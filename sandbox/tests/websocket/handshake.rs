//! Who is let in, and what the others get (facts/aws.md 2.4).

use std::sync::Arc;

use sandbox::lambda::Outcome;
use sandbox::template::model::Rate;
use serde_json::json;

use crate::harness::{Answer, World, api, api_with, failure, request_id};

/// API Gateway Developer Guide, "Manage connected users and client apps:
/// `$connect` and `$disconnect` routes": a 2xx of the function accepts.
#[tokio::test]
async fn fact_2_4_a_2xx_of_connect_lets_the_client_in() {
    let world = World::start().await;
    for status in [200, 204, 299] {
        world
            .script
            .returns("connect", &json!({"statusCode": status}));
        let client = world.ask("/prod", &[]).await.unwrap();
        assert_eq!(client.accepted.status(), 101);
        // The example of RFC 6455 1.3.
        let accept = &client.accepted.headers()["sec-websocket-accept"];
        assert_eq!(accept, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
        assert!(
            client
                .accepted
                .headers()
                .get("sec-websocket-extensions")
                .is_none()
        );
    }
}

/// The same guide: any other status is the handshake's.
#[tokio::test]
async fn fact_2_4_any_other_status_of_connect_is_the_handshakes() {
    let world = World::start().await;
    for status in [301, 400, 401, 501] {
        world
            .script
            .returns("connect", &json!({"statusCode": status, "body": "no"}));
        assert_eq!(world.status("/prod").await, status);
    }
    assert_eq!(world.stage.connections(), 0);
}

/// facts/aws.md 2.4: the function throws, or its object is malformed.
#[tokio::test]
async fn fact_2_4_a_connect_that_fails_is_502() {
    let world = World::start().await;
    let outcomes = [
        failure("boom"),
        Outcome::Throttled("ConcurrentInvocationLimitExceeded"),
        Outcome::Success("null".into()),
        Outcome::Success("\"ok\"".into()),
        Outcome::Success("{}".into()),
        Outcome::Success(r#"{"statusCode":"fine"}"#.into()),
        Outcome::Success("{".into()),
    ];
    for outcome in outcomes {
        world.script.outcome("connect", outcome.clone());
        assert_eq!(world.status("/prod").await, 502, "{outcome:?}");
    }
}

/// facts/aws.md 2.4: more connections than the stage's throttling lets in.
#[tokio::test]
async fn fact_2_4_connections_over_the_rate_are_429() {
    let mut limited = api();
    limited.connect_throttle = Some(Rate {
        rate: 1.0,
        burst: 2,
    });
    let world = World::of(limited).await;
    let mut statuses = Vec::new();
    for _ in 0..3 {
        statuses.push(world.status("/prod").await);
    }
    assert_eq!(statuses, [101, 101, 429]);
    assert_eq!(world.script.count("connect"), 2);
    world.clock.advance(std::time::Duration::from_secs(1));
    assert_eq!(world.status("/prod").await, 101);
}

/// facts/aws.md 2.4: an unknown stage is 403, and no function is asked.
#[tokio::test]
async fn fact_2_4_an_unknown_stage_is_403() {
    let world = World::start().await;
    for path in [
        "/",
        "/production",
        "/dev",
        "/prod/more",
        "/prod/@connections",
    ] {
        let answer = world.ask(path, &[]).await.unwrap_err();
        assert_eq!(
            (answer.status, answer.body.as_str()),
            (403, r#"{"message":"Forbidden"}"#)
        );
    }
    assert_eq!(world.script.count("connect"), 0);
}

/// facts/aws.md 2.4: without a `$connect` route every client is let in.
#[tokio::test]
async fn fact_2_4_without_a_connect_route_every_client_is_let_in() {
    let world = World::of(api_with(&["$default"])).await;
    let mut client = world.ask("/prod", &[]).await.unwrap();
    client.send("hello").await;
    assert_eq!(world.script.event("default", 1).await["body"], "hello");
}

/// facts/aws.md 2.4: the sub-protocol is the one that the function names.
#[tokio::test]
async fn fact_2_4_the_sub_protocol_is_what_connect_answers() {
    let world = World::start().await;
    let offer = [("Sec-WebSocket-Protocol", "v1, v2")];
    world.script.returns(
        "connect",
        &json!({"statusCode": 200, "headers": {"Sec-WebSocket-Protocol": "v2"}}),
    );
    let client = world.ask("/prod", &offer).await.unwrap();
    assert_eq!(client.accepted.headers()["sec-websocket-protocol"], "v2");
    let event = world.script.event("connect", 1).await;
    assert_eq!(event["headers"]["Sec-WebSocket-Protocol"], "v1, v2");

    world.script.returns("connect", &json!({"statusCode": 200}));
    let bytes = handshake_with("/prod", "Sec-WebSocket-Protocol: v1\r\n");
    let answer = world.raw(bytes.as_bytes()).await;
    assert!(answer.starts_with("HTTP/1.1 101 "), "{answer}");
    assert!(
        !answer
            .to_ascii_lowercase()
            .contains("sec-websocket-protocol")
    );
}

/// API Gateway Developer Guide, "Quotas": 4,096 characters of a handshake's URL.
#[tokio::test]
async fn fact_2_7_the_url_of_a_handshake_is_limited() {
    let world = World::start().await;
    let url = |length: usize| format!("/prod?t={}", "x".repeat(length - "/prod?t=".len()));
    assert_eq!(world.status(&url(4096)).await, 101);
    let longer = world.status(&url(4097)).await;
    assert!((400..500).contains(&longer), "{longer}");
    assert_eq!(world.script.count("connect"), 1);
}

#[tokio::test]
async fn the_stage_is_met_with_and_without_a_slash_and_with_a_query() {
    let world = World::start().await;
    for path in ["/prod", "/prod/", "/prod?a=b", "/prod/?a=b"] {
        assert_eq!(world.status(path).await, 101, "{path}");
    }
}

fn handshake_with(path: &str, lines: &str) -> String {
    format!(
        "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: keep-alive, Upgrade\r\n\
         Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
         Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{lines}\r\n"
    )
}

/// RFC 6455 4.1.
#[tokio::test]
async fn a_handshake_over_http_1_0_is_400() {
    let world = World::start().await;
    let request = handshake_with("/prod", "").replace("HTTP/1.1", "HTTP/1.0");
    let answer = world.raw(request.as_bytes()).await;
    assert_eq!(answer.split(' ').nth(1), Some("400"), "{answer}");
    assert_eq!(world.script.count("connect"), 0);
}

#[tokio::test]
async fn what_is_no_handshake_is_refused_and_reaches_no_function() {
    let world = World::start().await;
    let good = handshake_with("/prod", "");
    let cases = [
        good.replace("GET", "POST"),
        good.replace("Upgrade: websocket\r\n", ""),
        good.replace("keep-alive, Upgrade", "keep-alive"),
        good.replace("Version: 13", "Version: 8"),
        good.replace("dGhlIHNhbXBsZSBub25jZQ==", "c2hvcnQ="),
        good.replace("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n", ""),
    ];
    for request in cases {
        let answer = world.raw(request.as_bytes()).await;
        assert!(answer.starts_with("HTTP/1.1 40"), "{request}{answer}");
    }
    assert_eq!(world.script.count("connect"), 0);
    let answer = world.raw(good.as_bytes()).await;
    assert!(answer.starts_with("HTTP/1.1 101 "), "{answer}");
}

/// A message that comes in one packet with the handshake is not lost.
#[tokio::test]
async fn what_follows_the_handshake_at_once_is_read() {
    let world = World::start().await;
    let mut bytes = handshake_with("/prod", "").into_bytes();
    // A masked text frame "hi" with the mask 0.
    bytes.extend([0x81, 0x82, 0, 0, 0, 0, b'h', b'i']);
    world.raw(&bytes).await;
    assert_eq!(world.script.event("default", 1).await["body"], "hi");
}

#[tokio::test]
async fn a_refusal_has_the_request_id_of_its_trail() {
    let world = World::start().await;
    world.script.returns("connect", &json!({"statusCode": 401}));
    let Answer { headers, .. } = world.ask("/prod", &[]).await.unwrap_err();
    let id = headers["x-amzn-requestid"].to_str().unwrap();
    let event = world.script.event("connect", 1).await;
    assert_eq!(id, request_id(&event));
    let trail = world.trail(id).await;
    assert_eq!(trail.hops[0].outcome, "401");
}

/// A reload leaves connections open, and what comes next takes the new routes.
#[tokio::test]
async fn an_api_that_changes_keeps_its_connections() {
    let world = World::start().await;
    let (mut client, _) = world.client().await;
    let mut changed = api();
    changed.routes.retain(|route| route.key != "ping");
    world.api.send_replace(Arc::new(changed));
    client.send(r#"{"action":"ping"}"#).await;
    world.script.event("default", 1).await;
    assert_eq!(world.script.count("ping"), 0);
}

/// An API with another id, or another stage, is another API: AWS deletes the old.
#[tokio::test]
async fn an_api_that_is_replaced_closes_its_connections() {
    let world = World::start().await;
    let (mut client, _) = world.client().await;
    let mut other = api();
    other.stage = "next".to_owned();
    world.api.send_replace(Arc::new(other));
    assert_eq!(client.closed().await.0, 1012);
    world.stage.wait_until_connected(0).await;
    assert_eq!(world.script.count("disconnect"), 0);
    assert_eq!(world.status("/next").await, 101);
}

#[tokio::test]
async fn a_stage_that_ends_says_good_bye() {
    let world = World::start().await;
    let (mut client, _) = world.client().await;
    world.serving.abort();
    assert_eq!(client.closed().await.0, 1001);
    world.stage.wait_until_connected(0).await;
    assert_eq!(world.script.count("disconnect"), 0);
}
