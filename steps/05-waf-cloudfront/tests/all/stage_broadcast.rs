//! The stage with WebSocket clients: who gets an event, whatever fails.

use insta::{assert_json_snapshot, assert_snapshot};
use sandbox::Sandbox;
use serde_json::{Value, json};

use crate::listener::{Listener, listeners, pay, pay_until, received, send_again};
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
async fn a_thousand_stale_rows_do_not_hide_one_client() {
    let sandbox = start().await;
    let clients = listeners(&sandbox, 1).await;
    let id = sandbox.items("ConnectionsTable")[0]["connectionId"].clone();
    let row = |number: usize| {
        json!({
            "connectionId": { "S": format!("{number:011}AAAA=") },
            "ttl": { "N": "99999999999" },
        })
    };
    sandbox
        .put_items("ConnectionsTable", (0..1_000).map(row))
        .unwrap();

    pay(&sandbox, BODY).await;

    assert_eq!(received(clients).await, [[BODY]]);
    let left = sandbox.items("ConnectionsTable");
    assert!(left.len() <= 1 && left.iter().all(|row| row["connectionId"] == id));
    assert_eq!(failures(&sandbox), [json!(null); 0]);
    sandbox.shutdown().await;
}
