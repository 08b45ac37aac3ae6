//! `@connections` (facts/aws.md 2.6).

use std::time::Duration;

use http::Response;
use sandbox::faults::Fault;
use serde_json::Value;
use tokio_tungstenite::tungstenite::Message;

use crate::harness::{World, api_with};

const UNKNOWN: &str = "L0SM9cOFvHcCIhw=";

fn error_type(response: &Response<bytes::Bytes>) -> Option<&str> {
    let value = response.headers().get("x-amzn-ErrorType")?;
    Some(value.to_str().unwrap())
}

/// botocore `apigatewaymanagementapi/2018-11-29`: the raw payload, and an empty 200.
#[tokio::test]
async fn fact_2_6_post_sends_the_payload_as_a_text_frame() {
    let world = World::start().await;
    let (mut client, id) = world.client().await;
    for payload in ["{\"id\":1}", "", "zoë €"] {
        let response = world.manage("POST", &id, payload).await;
        assert_eq!(response.status(), 200);
        assert!(response.body().is_empty());
        assert_eq!(client.next().await, Message::text(payload));
    }
}

/// facts/aws.md 2.6: what is no UTF-8 becomes U+FFFD.
#[tokio::test]
async fn fact_2_6_invalid_utf_8_is_replaced() {
    let world = World::start().await;
    let (mut client, id) = world.client().await;
    world.manage("POST", &id, &b"a\xff\xfeb"[..]).await;
    assert_eq!(client.text().await, "a\u{fffd}\u{fffd}b");
}

/// facts/aws.md 2.6: 131,072 bytes and no more.
#[tokio::test]
async fn fact_2_6_a_payload_has_at_most_131_072_bytes() {
    let world = World::start().await;
    let (mut client, id) = world.client().await;
    let largest = "x".repeat(131_072);
    assert_eq!(
        world.manage("POST", &id, largest.clone()).await.status(),
        200
    );
    assert_eq!(client.text().await, largest);
    let response = world.manage("POST", &id, format!("{largest}x")).await;
    assert_eq!(response.status(), 413);
    assert_eq!(error_type(&response), Some("PayloadTooLargeException"));
    let body: Value = serde_json::from_slice(response.body()).unwrap();
    assert!(body["message"].is_string());
}

/// facts/aws.md 2.6.
#[tokio::test]
async fn fact_2_6_get_tells_about_the_connection() {
    let world = World::start().await;
    let headers = [
        ("User-Agent", "Mozilla/5.0"),
        ("x-sandbox-viewer", "203.0.113.7"),
    ];
    let mut client = world.ask("/prod", &headers).await.unwrap();
    let event = world.script.event("connect", 1).await;
    let id = crate::harness::connection_id(&event);
    let tell = async || -> Value {
        let response = world.manage("GET", &id, "").await;
        assert_eq!(response.status(), 200);
        serde_json::from_slice(response.body()).unwrap()
    };
    let before = tell().await;
    world.clock.advance(Duration::from_secs(60));
    client.send("text").await;
    world.script.event("default", 1).await;
    let after = tell().await;
    let keys: Vec<_> = after.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["connectedAt", "identity", "lastActiveAt"]);
    let identity = r#"{"sourceIp":"203.0.113.7","userAgent":"Mozilla/5.0"}"#;
    assert_eq!(after["identity"].to_string(), identity);
    assert_eq!(before["connectedAt"], after["connectedAt"]);
    assert_eq!(
        before["connectedAt"].as_str().unwrap().len(),
        "2026-04-09T12:34:56.100Z".len()
    );
    assert!(before["lastActiveAt"].as_str() < after["lastActiveAt"].as_str());
}

/// facts/aws.md 2.6: a well-formed id of no client: no body, the type in a header.
#[tokio::test]
async fn fact_2_6_a_client_that_is_gone_is_410_with_an_empty_body() {
    let world = World::start().await;
    let (mut client, id) = world.client().await;
    client.close(None).await;
    world.stage.wait_until_connected(0).await;
    for id in [id.as_str(), UNKNOWN] {
        for method in ["POST", "GET", "DELETE"] {
            let response = world.manage(method, id, "").await;
            assert_eq!(response.status(), 410, "{method}");
            assert_eq!(error_type(&response), Some("GoneException"));
            assert!(response.body().is_empty());
        }
    }
}

/// facts/aws.md 2.6: a malformed id is another mistake.
#[tokio::test]
async fn fact_2_6_a_malformed_id_is_400() {
    let world = World::start().await;
    for id in ["nobody", "", "%20"] {
        let response = world.manage("POST", id, "x").await;
        assert_eq!(response.status(), 400, "{id}");
        assert_eq!(error_type(&response), Some("BadRequestException"));
    }
}

/// facts/aws.md 2.6: another stage is forbidden ground.
#[tokio::test]
async fn fact_2_6_another_stage_is_403() {
    let world = World::start().await;
    let (_client, id) = world.client().await;
    let context = world.recorder.begin("t");
    let request = http::Request::post(format!("/dev/@connections/{id}"))
        .body(bytes::Bytes::new())
        .unwrap();
    let response = world.stage.manage(request, &context).await;
    assert_eq!(response.status(), 403);
    assert_eq!(error_type(&response), Some("ForbiddenException"));
}

/// facts/aws.md 2.4: the id is of no use before `$connect` has returned.
#[tokio::test]
async fn fact_2_4_the_id_is_gone_until_connect_has_returned() {
    let world = World::start().await;
    world.script.hold("connect");
    let path = "/prod";
    let asking = world.ask(path, &[]);
    let from_inside = async {
        let event = world.script.event("connect", 1).await;
        let id = crate::harness::connection_id(&event);
        let response = world.manage("POST", &id, "too soon").await;
        assert_eq!(response.status(), 410);
        world.script.release();
        id
    };
    let (client, id) = tokio::join!(asking, from_inside);
    let mut client = client.unwrap();
    assert_eq!(world.manage("POST", &id, "now").await.status(), 200);
    assert_eq!(client.text().await, "now");
}

/// facts/aws.md 2.6: a client that does not read costs its senders a 429.
#[tokio::test]
async fn fact_2_6_a_full_client_is_429_and_others_are_not() {
    let world = World::start().await;
    let (mut slow, slow_id) = world.client().await;
    let (mut other, other_id) = world.client().await;
    let payload = "x".repeat(128 * 1024);
    let mut accepted = 0;
    let refused = loop {
        let response = world.manage("POST", &slow_id, payload.clone()).await;
        if response.status() != 200 {
            break response;
        }
        accepted += 1;
        assert!(accepted < 10_000, "nothing bounds what waits for a client");
        tokio::task::yield_now().await;
    };
    assert_eq!(refused.status(), 429);
    assert_eq!(error_type(&refused), Some("LimitExceededException"));
    world.manage("POST", &other_id, "hello").await;
    assert_eq!(other.text().await, "hello");
    // Nothing that was accepted is lost.
    for _ in 0..accepted {
        assert_eq!(slow.text().await.len(), payload.len());
    }
}

/// The same over the public listener, the id as the SDK writes it.
#[tokio::test]
async fn callers_that_are_no_functions_use_the_listener() {
    let world = World::start().await;
    let (mut client, id) = world.client().await;
    let call = |method: &str, id: &str, body: &str| {
        format!(
            "{method} /prod/@connections/{id} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\
             Content-Length: {}\r\n\r\n{body}",
            body.len()
        )
    };
    let answer = world
        .raw(call("POST", &id.replace('=', "%3D"), "hi").as_bytes())
        .await;
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    assert_eq!(client.text().await, "hi");
    let answer = world.raw(call("GET", &id, "").as_bytes()).await;
    assert!(answer.contains("\"connectedAt\""), "{answer}");
    let answer = world.raw(call("POST", UNKNOWN, "hi").as_bytes()).await;
    assert!(answer.starts_with("HTTP/1.1 410 "), "{answer}");
    assert!(
        answer
            .to_ascii_lowercase()
            .contains("x-amzn-errortype: goneexception")
    );
    let answer = world.raw(call("DELETE", &id, "").as_bytes()).await;
    assert!(answer.starts_with("HTTP/1.1 204 "), "{answer}");
    assert_eq!(client.closed().await.0, 1000);
}

#[tokio::test]
async fn failures_come_on_demand_and_as_often_as_they_say() {
    let world = World::of(api_with(&["$connect"])).await;
    let (mut client, id) = world.client().await;
    let cases = [
        ("connection-gone", 410, Some("GoneException")),
        ("connection-gone-untyped", 410, None),
        ("connection-throttle", 429, Some("LimitExceededException")),
        (
            "connection-error",
            500,
            Some("InternalServerErrorException"),
        ),
    ];
    for (fault, status, kind) in cases {
        world
            .faults
            .add(format!("{fault}=WebSocketApi*1").parse::<Fault>().unwrap());
        let context = world.recorder.begin(fault);
        let response = world.manage_within(&context, "POST", &id, "lost").await;
        assert_eq!(response.status(), status, "{fault}");
        assert_eq!(error_type(&response), kind, "{fault}");
        assert_eq!(world.trail(fault).await.hops[0].details["fault"], fault);
    }
    world.manage("POST", &id, "arrived").await;
    assert_eq!(client.text().await, "arrived");
}

#[tokio::test]
async fn a_slow_answer_takes_30_seconds_of_the_sandboxs_clock() {
    let world = World::of(api_with(&["$connect"])).await;
    let (mut client, id) = world.client().await;
    world
        .faults
        .add("connection-slow*1".parse::<Fault>().unwrap());
    let context = world.recorder.begin("slow");
    let mut slow = Box::pin(world.manage_within(&context, "POST", &id, "slow"));
    tokio::select! {
        biased;
        response = &mut slow => panic!("at once: {response:?}"),
        response = world.manage("POST", &id, "quick") => assert_eq!(response.status(), 200),
    }
    world.clock.advance(Duration::from_secs(30));
    assert_eq!(slow.await.status(), 200);
    let trail = world.trail("slow").await;
    assert_eq!(trail.hops[0].details["fault"], "connection-slow");
    assert_eq!(client.text().await, "quick");
    assert_eq!(client.text().await, "slow");
}
