use std::cell::RefCell;

use insta::{assert_json_snapshot, assert_snapshot};
use lambda_runtime::{Context, LambdaEvent};
use serde_json::{Value, json};

use crate::logs;
use step_05_waf_cloudfront::connections::handle;
use step_05_waf_cloudfront::table::{Connections, Page, TableError};

/// Keeps what is asked of it, or fails to do it.
#[derive(Default)]
struct Table {
    is_down: bool,
    calls: RefCell<Vec<String>>,
}

impl Table {
    fn record(&self, call: String) -> Result<(), TableError> {
        self.calls.borrow_mut().push(call);
        if self.is_down {
            return Err(TableError("throttled".to_owned()));
        }
        Ok(())
    }
}

impl Connections for Table {
    async fn add(&self, id: &str, connected_at: i64) -> Result<(), TableError> {
        self.record(format!("add {id} of {connected_at}"))
    }

    async fn remove(&self, id: &str) -> Result<(), TableError> {
        self.record(format!("remove {id}"))
    }

    async fn remove_gone(&self, id: &str, _now: i64) -> Result<(), TableError> {
        panic!("{id} left, so it is gone: there is nothing to ask");
    }

    async fn page(&self, _from: Option<&str>, _now: i64) -> Result<Page, TableError> {
        panic!("this function does not read the table");
    }
}

/// facts/aws.md 2.1
fn connect() -> Value {
    serde_json::from_str(include_str!("../events/websocket-connect.json")).unwrap()
}

/// facts/aws.md 2.2
fn disconnect() -> Value {
    serde_json::from_str(include_str!("../events/websocket-disconnect.json")).unwrap()
}

/// facts/aws.md 2.3
fn ping() -> Value {
    serde_json::from_str(include_str!("../events/websocket-message.json")).unwrap()
}

/// The answer, and what was asked of the table.
async fn respond(event: Value, table: &Table) -> (Value, Vec<String>) {
    let request = serde_json::from_value(event).unwrap();
    let event = LambdaEvent::new(request, Context::default());
    let response = handle(event, table).await.unwrap();
    let calls = table.calls.take();
    (serde_json::to_value(response).unwrap(), calls)
}

async fn status_and_calls(event: Value, is_down: bool) -> String {
    let table = Table {
        is_down,
        ..Table::default()
    };
    let (answer, calls) = respond(event, &table).await;
    format!("{} {calls:?}", answer["statusCode"])
}

/// facts/aws.md 2.1: the time is in milliseconds; the table wants seconds.
#[tokio::test]
async fn fact_2_1_who_connects_is_added() {
    let table = Table::default();
    assert_json_snapshot!(respond(connect(), &table).await, @r#"
    [
      {
        "statusCode": 200,
        "headers": {},
        "multiValueHeaders": {},
        "isBase64Encoded": false
      },
      [
        "add L0SM9cOFvHcCIhw= of 1775738096"
      ]
    ]
    "#);
}

#[tokio::test]
async fn who_leaves_is_removed_and_who_pings_stays() {
    assert_snapshot!(status_and_calls(disconnect(), false).await, @r#"200 ["remove L0SM9cOFvHcCIhw="]"#);
    assert_snapshot!(status_and_calls(ping(), false).await, @"200 []");
}

/// facts/aws.md 2.4: the status refuses the handshake. An error would do so too,
/// but as 502.
#[tokio::test]
async fn fact_2_4_who_cannot_be_added_is_refused() {
    let refused = logs::captured(status_and_calls(connect(), true)).await;
    let (answer, log) = refused;
    assert_snapshot!(answer, @r#"500 ["add L0SM9cOFvHcCIhw= of 1775738096"]"#);
    assert_snapshot!(log, @r#"ERROR step_05_waf_cloudfront::connections: connection refused: throttled id="L0SM9cOFvHcCIhw=""#);
}

#[tokio::test]
async fn a_row_that_cannot_be_removed_is_left_behind() {
    let (answer, log) = logs::captured(status_and_calls(disconnect(), true)).await;
    assert_snapshot!(answer, @r#"200 ["remove L0SM9cOFvHcCIhw="]"#);
    assert_snapshot!(log, @r#" WARN step_05_waf_cloudfront::connections: the row of a closed connection stays: throttled id="L0SM9cOFvHcCIhw=""#);
}

#[tokio::test]
async fn the_log_has_nothing_of_the_request_but_the_connection() {
    let mut event = connect();
    event["queryStringParameters"] = json!({ "token": "private" });
    event["headers"]["Authorization"] = json!("Bearer private");
    let mut message = ping();
    message["body"] = json!("{\"action\":\"ping\",\"note\":\"private\"}");
    for event in [event, message] {
        let (_, log) = logs::captured(status_and_calls(event, false)).await;
        assert!(!log.contains("private"), "{log}");
    }
}

#[tokio::test]
async fn without_a_connection_there_is_nothing_to_do() {
    let mut event = connect();
    event["requestContext"]["connectionId"] = Value::Null;
    let request = serde_json::from_value(event).unwrap();
    let event = LambdaEvent::new(request, Context::default());
    let error = handle(event, &Table::default()).await.unwrap_err();
    assert_snapshot!(error, @"the event has no connection id");
}
