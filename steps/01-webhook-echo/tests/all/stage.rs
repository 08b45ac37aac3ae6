//! The whole stage: this step's own template in the sandbox, its real binary,
//! real HTTP.

use insta::{assert_json_snapshot, assert_snapshot};

use crate::sandboxed::{post, start};

#[tokio::test(flavor = "multi_thread")]
async fn an_event_is_echoed() {
    let sandbox = start().await;
    let body = include_bytes!("../events/test.payment.succeeded.json");

    let answer = post(&sandbox, "/webhook", &[], body).await;

    assert_eq!(answer.status, 200);
    assert_json_snapshot!(answer.trail);
    sandbox.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_event_is_refused() {
    let sandbox = start().await;

    let mut answers = Vec::new();
    for body in ["", "{", "[1]", "\"text\""] {
        let answer = post(&sandbox, "/webhook", &[], body.as_bytes()).await;
        answers.push(format!("{body:8} -> {} {}", answer.status, answer.body));
    }

    assert_snapshot!(answers.join("\n"));
    sandbox.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn other_paths_never_reach_the_function() {
    let sandbox = start().await;

    let answer = post(&sandbox, "/other", &[], b"{}").await;

    assert_eq!(answer.status, 403);
    assert_json_snapshot!(answer.trail);
    sandbox.shutdown().await;
}
