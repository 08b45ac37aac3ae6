//! What the trail tells of a request.

use bytes::Bytes;
use sandbox::lambda::Outcome;
use sandbox::trail::Trail;
use serde_json::json;

use crate::harness::{Stage, api};

macro_rules! assert_trail_snapshot {
    ($trail:expr) => {
        insta::assert_yaml_snapshot!(serde_json::to_value(&$trail).unwrap(), {
            ".trail" => "[uuid]",
            ".started" => "[milliseconds]",
            ".hops[].microseconds" => "[microseconds]",
        })
    };
}

#[tokio::test]
async fn a_trail_has_what_went_in_and_out_and_from_where() {
    let stage = Stage::start().await;
    stage.returns(&json!({"statusCode": 401, "body": "{\"error\":\"no\"}"}));
    let answer = stage
        .send(
            "POST /prod/webhook?secret=1",
            "x-sandbox-viewer: 203.0.113.7\r\n",
            b"{\"id\":1}",
        )
        .await;
    let trail: Trail = stage.trail(&answer).await;
    assert_trail_snapshot!(trail);
}

#[tokio::test]
async fn a_trail_says_why_the_gateway_answered() {
    let stage = Stage::start().await;
    let mut reasons = Vec::new();
    let mut ask = async |line: &str| {
        let answer = stage.send(line, "", b"").await;
        let trail = stage.trail(&answer).await;
        let hop = &trail.hops[0];
        assert!(!hop.ok, "{hop:?}");
        reasons.push(format!(
            "{} {}: {}",
            hop.outcome,
            hop.action,
            hop.details["error"].as_str().unwrap()
        ));
    };
    ask("GET /staging/webhook").await;
    ask("GET /prod/nowhere").await;
    ask("PUT /prod/webhook").await;
    stage.outcome(Outcome::FunctionError(Bytes::from_static(
        br#"{"errorType":"Runtime.ExitError"}"#,
    )));
    ask("GET /prod/webhook").await;
    stage.outcome(Outcome::Throttled("ConcurrentInvocationLimitExceeded"));
    ask("GET /prod/webhook").await;
    stage.outcome(Outcome::NotFound);
    ask("GET /prod/webhook").await;
    stage.outcome(Outcome::Success(Bytes::from_static(
        br#"{"statusCode":200,"message":"hi"}"#,
    )));
    ask("GET /prod/webhook").await;
    insta::assert_snapshot!(reasons.join("\n"));
}

/// A client that leaves does not stop the function, nor the trail.
#[tokio::test]
async fn a_client_that_leaves_does_not_cancel_the_function() {
    use tokio::io::AsyncWriteExt;
    let stage = Stage::held(api()).await;
    let mut client = stage.connect().await;
    client
        .write_all(&crate::harness::request("POST /prod/webhook", "", b"{}"))
        .await
        .unwrap();
    stage.script.wait_until_invoked(1).await;
    drop(client);
    stage.script.release();
    stage.script.wait_until_finished(1).await;
    let id = stage.script.last().1["requestContext"]["requestId"]
        .as_str()
        .unwrap()
        .to_owned();
    let trail = stage
        .recorder
        .wait_for(&id, |trail| trail.settled && !trail.hops.is_empty())
        .await;
    assert_eq!(trail.hops[0].outcome, "200");
}
