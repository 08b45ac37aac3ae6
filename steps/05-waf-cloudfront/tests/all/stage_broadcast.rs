//! The stage with WebSocket clients: who gets an event, whatever fails.

use std::time::Duration;

use insta::{assert_json_snapshot, assert_snapshot};
use sandbox::Sandbox;
use serde_json::{Value, json};

use crate::listener::{
    Listener, begin, listeners, pay, pay_until, received, send_again, wait_until_reached,
    wait_until_tried,
};
use crate::sandboxed::start;

const BODY: &str = "{ \"id\":\"evt_1\",\r\n \"name\":\"Zoë & Łukasz\" }";

/// How often each hop was made and how it ended, in order of the hops' names.
fn hops(trail: &Value) -> String {
    let hops = trail["hops"].as_array().unwrap();
    let mut lines: Vec<String> = hops
        .iter()
        .map(|hop| {
            let word = |name: &str| hop[name].as_str().unwrap().to_owned();
            let words = ["service", "action", "outcome"].map(word);
            words.join(" ")
        })
        .collect();
    lines.sort();
    let counted = lines.chunk_by(|a, b| a == b);
    let counted = counted.map(|same| format!("{} x {}", same.len(), same[0]));
    counted.collect::<Vec<_>>().join("\n")
}

/// The failure queue's messages.
fn failures(sandbox: &Sandbox) -> Vec<Value> {
    let messages = sandbox.messages("BroadcastFailures");
    let bodies = messages.iter().map(|message| &message.body);
    bodies
        .map(|body| serde_json::from_str(body).unwrap())
        .collect()
}

/// Makes every row as if its connection were two minutes older: the functions'
/// time cannot be moved.
fn age(sandbox: &Sandbox) {
    let mut rows = sandbox.items("ConnectionsTable");
    for row in &mut rows {
        let expires: i64 = row["ttl"]["N"].as_str().unwrap().parse().unwrap();
        row["ttl"]["N"] = json!((expires - 120).to_string());
    }
    sandbox.put_items("ConnectionsTable", rows).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn everyone_who_listens_gets_the_event() {
    let sandbox = start().await;
    let gone = listeners(&sandbox, 1).await;
    assert_eq!(received(gone).await, [[""; 0]]);
    sandbox.wait_until_connected("WebSocketApi", 0).await;
    let clients = listeners(&sandbox, 1).await;

    let answer = pay(&sandbox, BODY).await;

    assert_eq!(received(clients).await, [[BODY]]);
    assert_json_snapshot!(answer.trail, { ".hops[].details.connection" => "[connection]" });
    sandbox.shutdown().await;
}

/// With the header that names the error, and without.
#[tokio::test(flavor = "multi_thread")]
async fn the_dead_do_not_trouble_the_living() {
    let sandbox = start().await;
    let clients = listeners(&sandbox, 5).await;
    age(&sandbox);
    for fault in ["connection-gone*1", "connection-gone-untyped*1"] {
        sandbox.faults().add(fault.parse().unwrap());
    }

    let answer = pay(&sandbox, BODY).await;

    assert_snapshot!(hops(&answer.trail), @"
    2 x dynamodb DeleteItem 200
    1 x dynamodb Scan 200
    2 x lambda Invoke success
    1 x rest POST /prod/webhook 200
    1 x sns Publish 200
    3 x websocket POST @connections 200
    2 x websocket POST @connections 410
    ");
    assert_eq!(sandbox.items("ConnectionsTable").len(), 3);
    let texts = received(clients).await.concat();
    assert_eq!(texts, [BODY; 3]);
    assert_eq!(failures(&sandbox), [json!(null); 0]);
    sandbox.shutdown().await;
}

/// facts/aws.md 2.4: until `$connect` has returned a client is called gone, and
/// it may have its row already. The event that came too early is not for it; the
/// next one is.
#[tokio::test(flavor = "multi_thread")]
async fn fact_2_4_who_is_just_connecting_is_not_forgotten() {
    let sandbox = start().await;
    let clients = listeners(&sandbox, 1).await;
    sandbox.faults().add("connection-gone*1".parse().unwrap());

    let early = pay(&sandbox, BODY).await;

    assert_snapshot!(hops(&early.trail), @"
    1 x dynamodb DeleteItem ConditionalCheckFailedException
    1 x dynamodb Scan 200
    2 x lambda Invoke success
    1 x rest POST /prod/webhook 200
    1 x sns Publish 200
    1 x websocket POST @connections 410
    ");
    assert_eq!(sandbox.items("ConnectionsTable").len(), 1);
    assert_eq!(failures(&sandbox), [json!(null); 0]);
    let body = BODY.replace("evt_1", "evt_2");
    pay(&sandbox, &body).await;
    assert_eq!(received(clients).await, [[body]]);
    sandbox.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_burst_of_refusals_is_ridden_out() {
    let sandbox = start().await;
    let clients = listeners(&sandbox, 4).await;
    for fault in ["connection-throttle*4", "connection-error*2"] {
        sandbox.faults().add(fault.parse().unwrap());
    }

    let answer = pay(&sandbox, BODY).await;

    assert_snapshot!(hops(&answer.trail), @"
    1 x dynamodb Scan 200
    2 x lambda Invoke success
    1 x rest POST /prod/webhook 200
    1 x sns Publish 200
    4 x websocket POST @connections 200
    4 x websocket POST @connections 429
    2 x websocket POST @connections 500
    ");
    assert_eq!(received(clients).await, [[BODY]; 4]);
    assert_eq!(failures(&sandbox), [json!(null); 0]);
    sandbox.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_was_not_reached_is_reached_from_the_failure_queue() {
    let sandbox = start().await;
    let clients = listeners(&sandbox, 3).await;
    sandbox.faults().add("connection-error".parse().unwrap());

    let answer = pay(&sandbox, BODY).await;

    assert_snapshot!(hops(&answer.trail), @"
    1 x dynamodb Scan 200
    2 x lambda Invoke success
    1 x rest POST /prod/webhook 200
    1 x sns Publish 200
    1 x sqs SendMessage 200
    9 x websocket POST @connections 500
    ");
    let [message] = &failures(&sandbox)[..] else {
        panic!("not one message");
    };
    assert_eq!(message["unreached"].as_array().unwrap().len(), 3);
    assert_eq!(message["event"]["payload"], BODY);

    sandbox.faults().clear();
    send_again(&sandbox, message).await;
    assert_eq!(received(clients).await, [[BODY]; 3]);
    sandbox.shutdown().await;
}

/// The SDK tries each scan three times, Lambda the function as often.
#[tokio::test]
async fn an_event_waits_while_the_table_cannot_be_read() {
    let sandbox = start().await;
    let clients = listeners(&sandbox, 2).await;
    let fault = "table-throttle-read".parse().unwrap();
    sandbox.faults().add(fault);

    let trail = pay_until(&sandbox, BODY, 3).await;

    assert_snapshot!(hops(&trail.redacted()), @"
    9 x dynamodb Scan ProvisionedThroughputExceededException
    3 x lambda Invoke function error
    1 x lambda Invoke success
    1 x rest POST /prod/webhook 200
    1 x sns Publish 200
    1 x sqs SendMessage 200
    ");
    let [message] = &failures(&sandbox)[..] else {
        panic!("not one message");
    };
    assert_eq!(message["requestContext"]["condition"], "RetriesExhausted");
    sandbox.faults().clear();
    send_again(&sandbox, message).await;
    assert_eq!(received(clients).await, [[BODY]; 2]);
    sandbox.shutdown().await;
}

#[tokio::test]
async fn a_crash_is_followed_by_another_attempt() {
    let sandbox = start().await;
    let clients = listeners(&sandbox, 2).await;
    let fault = "function-crash=PaymentBroadcaster*1".parse().unwrap();
    sandbox.faults().add(fault);

    let trail = pay_until(&sandbox, BODY, 2).await;

    assert_snapshot!(hops(&trail.redacted()), @"
    1 x dynamodb Scan 200
    1 x lambda Invoke function error
    2 x lambda Invoke success
    1 x rest POST /prod/webhook 200
    1 x sns Publish 200
    2 x websocket POST @connections 200
    ");
    assert_eq!(received(clients).await, [[BODY]; 2]);
    assert_eq!(failures(&sandbox), [json!(null); 0]);
    sandbox.shutdown().await;
}

/// `@connections` takes 30 seconds for one client: the others have the event
/// before that.
#[tokio::test]
async fn a_slow_client_holds_up_nobody() {
    let sandbox = start().await;
    let mut clients = listeners(&sandbox, 3).await;
    sandbox.faults().add("connection-slow*1".parse().unwrap());

    let id = begin(&sandbox, BODY).await;
    wait_until_reached(&mut clients, 2).await;
    sandbox.clock().advance(Duration::from_secs(30));
    let trail = sandbox.trail(&id).await;

    assert_snapshot!(hops(&trail.redacted()), @"
    1 x dynamodb Scan 200
    2 x lambda Invoke success
    1 x rest POST /prod/webhook 200
    1 x sns Publish 200
    3 x websocket POST @connections 200
    ");
    assert_eq!(received(clients).await, [[BODY]; 3]);
    assert_eq!(failures(&sandbox), [json!(null); 0]);
    sandbox.shutdown().await;
}

/// Lambda stops the function while it waits for one client. The next attempt
/// starts from the beginning, so that whoever has the event gets it once more.
#[tokio::test]
async fn a_timeout_in_the_middle_is_followed_by_another_attempt() {
    let sandbox = start().await;
    let mut clients = listeners(&sandbox, 2).await;
    sandbox.faults().add("connection-slow*1".parse().unwrap());

    let id = begin(&sandbox, BODY).await;
    wait_until_reached(&mut clients, 1).await;
    // The function's timeout, and then the pause before the next attempt.
    sandbox.clock().advance(Duration::from_secs(60));
    wait_until_tried(&sandbox, &id, 1).await;
    sandbox.clock().advance(Duration::from_secs(60));
    let trail = sandbox.trail(&id).await;

    assert_snapshot!(hops(&trail.redacted()), @"
    2 x dynamodb Scan 200
    1 x lambda Invoke function error
    2 x lambda Invoke success
    1 x rest POST /prod/webhook 200
    1 x sns Publish 200
    4 x websocket POST @connections 200
    ");
    assert_eq!(received(clients).await, [[BODY; 2]; 2]);
    assert_eq!(failures(&sandbox), [json!(null); 0]);
    sandbox.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_cannot_be_added_is_refused() {
    let sandbox = start().await;
    let fault = "table-throttle-write*3".parse().unwrap();
    sandbox.faults().add(fault);
    assert_eq!(Listener::connect(&sandbox).await.err(), Some(500));
    assert!(Listener::connect(&sandbox).await.is_ok());
    sandbox.shutdown().await;
}

/// The row stays until the next event finds nobody there.
#[tokio::test(flavor = "multi_thread")]
async fn a_good_bye_may_be_lost() {
    let sandbox = start().await;
    sandbox.faults().add("disconnect-lost*1".parse().unwrap());
    let lost = listeners(&sandbox, 1).await;
    received(lost).await;
    sandbox.wait_until_connected("WebSocketApi", 0).await;
    assert_eq!(sandbox.items("ConnectionsTable").len(), 1);
    age(&sandbox);
    let clients = listeners(&sandbox, 1).await;

    let answer = pay(&sandbox, BODY).await;

    assert_snapshot!(hops(&answer.trail), @"
    1 x dynamodb DeleteItem 200
    1 x dynamodb Scan 200
    2 x lambda Invoke success
    1 x rest POST /prod/webhook 200
    1 x sns Publish 200
    1 x websocket POST @connections 200
    1 x websocket POST @connections 410
    ");
    assert_eq!(sandbox.items("ConnectionsTable").len(), 1);
    assert_eq!(received(clients).await, [[BODY]]);
    sandbox.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_may_come_twice() {
    let sandbox = start().await;
    let clients = listeners(&sandbox, 1).await;
    sandbox.faults().add("sns-duplicate".parse().unwrap());
    pay(&sandbox, BODY).await;
    assert_eq!(received(clients).await, [[BODY; 2]]);
    sandbox.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_too_large_for_clients_is_kept() {
    let sandbox = start().await;
    let clients = listeners(&sandbox, 1).await;
    let large = BODY.replace("evt_1", &"x".repeat(200 * 1024));

    assert_eq!(pay(&sandbox, &large).await.status, 200);

    assert_eq!(received(clients).await, [[""; 0]]);
    let [message] = &failures(&sandbox)[..] else {
        panic!("not one message");
    };
    assert_eq!(message["event"]["payload"], large);
    sandbox.shutdown().await;
}

/// Rows of clients that left without a word.
#[tokio::test(flavor = "multi_thread")]
async fn stale_rows_do_not_hide_a_client() {
    // The SDK is ten times as fast when it is built for release.
    let count = if cfg!(debug_assertions) {
        1_000
    } else {
        10_000
    };
    let sandbox = start().await;
    let clients = listeners(&sandbox, 1).await;
    age(&sandbox);
    let living = sandbox.items("ConnectionsTable");
    let stale = (0..count).map(|number| {
        let mut row = living[0].clone();
        row["connectionId"]["S"] = json!(format!("{number:011}AAAA="));
        row
    });
    sandbox.put_items("ConnectionsTable", stale).unwrap();

    pay(&sandbox, BODY).await;

    let left = sandbox.items("ConnectionsTable");
    assert!(left == living, "{} rows are left", left.len());
    assert_eq!(received(clients).await, [[BODY]]);
    assert_eq!(failures(&sandbox), [json!(null); 0]);
    sandbox.shutdown().await;
}
