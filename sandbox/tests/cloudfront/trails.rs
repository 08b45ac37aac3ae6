//! What the trail tells of a request through the edge.

use serde_json::json;

use crate::harness::{FROM, SECRET, Site};

/// The whole trail: each hop under the one that caused it.
#[tokio::test]
async fn a_trail_begins_at_the_edge() {
    let site = Site::start().await;
    let answer = site
        .send("POST /webhook?a=b", FROM, br#"{"id":"evt_1"}"#)
        .await;
    insta::assert_yaml_snapshot!(site.trail(&answer).await.redacted());
}

/// One request, one trail, under the ids of both services.
#[tokio::test]
async fn a_trail_is_found_by_the_ids_of_both_services() {
    let site = Site::start().await;
    let answer = site.send("POST /webhook", "", b"{}").await;
    let trail = site.trail(&answer).await;
    let same = site
        .recorder
        .find(answer.header("x-amzn-requestid").unwrap())
        .unwrap();
    assert_eq!(trail.id, same.id);
}

/// facts/aws.md 1.3: the origin's secret is in the event; a trail shows it
/// nowhere, not even where a function echoes it.
#[tokio::test]
async fn fact_1_3_the_origin_secret_is_in_the_event_and_not_on_the_trail() {
    let site = Site::start().await;
    site.returns(json!({"statusCode": 200, "body": format!("echo {SECRET}")}));
    let answer = site.send("POST /webhook", "", b"{}").await;
    assert!(site.script.last().to_string().contains(SECRET));
    let trail = serde_json::to_string(&site.trail(&answer).await).unwrap();
    assert!(trail.contains("x-origin-verify"), "{trail}");
    assert!(!trail.contains(SECRET), "{trail}");
}

#[tokio::test]
async fn a_trail_says_why_the_edge_answered() {
    let site = Site::start().await;
    let mut reasons = Vec::new();
    for (line, headers, body) in [
        ("PROPFIND /webhook", "", ""),
        ("GET /webhook", "", "{}"),
        ("POST /webhook", "x-sandbox-viewer-protocol: http\r\n", "{}"),
        ("GET *", "", ""),
        ("GET /webhook", "Content-Length: x\r\n", ""),
    ] {
        let answer = site.send(line, headers, body.as_bytes()).await;
        let trail = site.trail(&answer).await;
        let hop = &trail.hops[0];
        assert!(!hop.ok, "{hop:?}");
        let reason = site.reason(&answer).await;
        reasons.push(format!("{} {}: {reason}", hop.outcome, hop.action));
    }
    insta::assert_snapshot!(reasons.join("\n"));
}
