//! The stage when SNS does not take the event.

use insta::{assert_json_snapshot, assert_snapshot};

use crate::sandboxed::{post, start};
use crate::sign::{self, SIGNING_SECRET};

#[tokio::test(flavor = "multi_thread")]
async fn the_provider_is_asked_to_send_again_when_sns_refuses() {
    let sandbox = start().await;
    // The SDK tries three times.
    sandbox.faults().add("sns-refuse*3".parse().unwrap());
    let body = br#"{"id":"evt_1","type":"payment.test"}"#;
    let signature = sign::generic(SIGNING_SECRET, body);
    let headers = [("X-Signature", signature.as_str())];

    let refused = post(&sandbox, "/webhook", &headers, body).await;
    let taken = post(&sandbox, "/webhook", &headers, body).await;

    assert_eq!((refused.status, taken.status), (500, 200));
    assert_json_snapshot!(refused.trail);
    sandbox.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_larger_than_a_message_is_refused() {
    let sandbox = start().await;
    let frame = r#"{"id":"evt_1","type":"t","text":""}"#;
    // Body, attribute name, data type and value, together one byte too many.
    let most = 262_144 - "event_type".len() - "String".len() - "t".len();

    let mut answers = Vec::new();
    for length in [most, most + 1] {
        let text = "x".repeat(length - frame.len());
        let body = frame.replace(r#""""#, &format!("\"{text}\""));
        let signature = sign::generic(SIGNING_SECRET, body.as_bytes());
        let headers = [("X-Signature", signature.as_str())];
        let answer = post(&sandbox, "/webhook", &headers, body.as_bytes()).await;
        answers.push(format!(
            "{} bytes -> {} {}",
            body.len(),
            answer.status,
            answer.body
        ));
    }

    assert_snapshot!(answers.join("\n"));
    sandbox.shutdown().await;
}
