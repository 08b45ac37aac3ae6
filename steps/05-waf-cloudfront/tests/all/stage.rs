//! The whole stage: this step's own template in the sandbox, its real binary,
//! real HTTP.

use std::time::SystemTime;

use insta::{assert_json_snapshot, assert_snapshot};

use crate::sandboxed::{post, start};
use crate::sign::{self, SIGNING_SECRET, STRIPE_SECRET};

const BODY: &[u8] = include_bytes!("../events/test.payment.succeeded.json");

/// The function reads the machine's clock, so what is signed for it does too.
fn now() -> i64 {
    let since_1970 = SystemTime::UNIX_EPOCH.elapsed().unwrap();
    i64::try_from(since_1970.as_secs()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stripe_event_is_accepted() {
    let sandbox = start().await;
    let signature = sign::stripe(STRIPE_SECRET, now(), BODY);

    let headers = [("Stripe-Signature", signature.as_str())];
    let answer = post(&sandbox, "/webhook", &headers, BODY).await;

    assert_eq!(answer.status, 200);
    assert_json_snapshot!(answer.trail);
    sandbox.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_generic_event_is_accepted() {
    let sandbox = start().await;
    let signature = sign::generic(SIGNING_SECRET, BODY);

    let headers = [
        ("X-Signature", signature.as_str()),
        ("X-Event-Type", "payment.test"),
    ];
    let answer = post(&sandbox, "/webhook", &headers, BODY).await;

    assert_eq!(answer.status, 200);
    assert_json_snapshot!(answer.trail);
    sandbox.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_signed_well_is_refused() {
    let sandbox = start().await;
    let good = sign::stripe(STRIPE_SECRET, now(), BODY);
    let stale = sign::stripe(STRIPE_SECRET, now() - 1000, BODY);
    let wrong = sign::stripe("whsec_of_someone_else", now(), BODY);
    let crossed = sign::generic(STRIPE_SECRET, BODY);
    let tampered = String::from_utf8_lossy(BODY).replace("ok", "no");
    let cases = [
        ("unsigned", "Accept", "*/*", BODY),
        ("tampered", "Stripe-Signature", &good, tampered.as_bytes()),
        ("stale", "Stripe-Signature", &stale, BODY),
        ("wrong secret", "Stripe-Signature", &wrong, BODY),
        ("secret of the other scheme", "X-Signature", &crossed, BODY),
    ];

    let mut answers = Vec::new();
    for (case, header, value, body) in cases {
        let answer = post(&sandbox, "/webhook", &[(header, value)], body).await;
        let hops = answer.trail["hops"].as_array().unwrap().len();
        answers.push(format!(
            "{case:26} -> {} {} after {hops} hops",
            answer.status, answer.body
        ));
    }

    assert_snapshot!(answers.join("\n"));
    sandbox.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_event_is_refused_even_when_signed() {
    let sandbox = start().await;

    let mut answers = Vec::new();
    for body in ["", "{", "[1]", "\"text\""] {
        let signature = sign::generic(SIGNING_SECRET, body.as_bytes());
        let headers = [("X-Signature", signature.as_str())];
        let answer = post(&sandbox, "/webhook", &headers, body.as_bytes()).await;
        answers.push(format!("{body:8} -> {} {}", answer.status, answer.body));
    }

    assert_snapshot!(answers.join("\n"));
    sandbox.shutdown().await;
}
