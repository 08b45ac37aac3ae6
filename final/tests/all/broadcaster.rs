//! The handler: from what the function is invoked with to what clients get.

use insta::assert_snapshot;
use lambda_runtime::{Diagnostic, LambdaEvent};
use serde_json::Value;

use crate::fakes::{Client, Fake, broadcaster, context, ids};
use crate::{job, logs};
use payments::broadcast::BroadcastError;
use payments::broadcaster::handle;

const PAYLOAD: &str = "{\"id\":\"evt_1\",\"card\":\"4242-private\"}";

async fn invoke(broadcaster: &Fake, input: Value) -> Result<(), BroadcastError> {
    let job = serde_json::from_value(input).unwrap();
    handle(LambdaEvent::new(job, context(60)), broadcaster).await
}

#[tokio::test(start_paused = true)]
async fn each_kind_of_job_reaches_its_clients() {
    for (input, reached) in [
        (job::sns_event(PAYLOAD), &["a00000", "a00001", "b00000"][..]),
        (job::dead_letter(PAYLOAD), &["a00000", "a00001", "b00000"]),
        (job::leftover(PAYLOAD, &["a00001"], None), &["a00001"]),
        (job::leftover(PAYLOAD, &[], Some("a00001")), &["b00000"]),
        (
            job::on_failure(&job::leftover(PAYLOAD, &["b00000"], None)),
            &["b00000"],
        ),
    ] {
        let broadcaster = broadcaster(vec![ids('a', 2), ids('b', 1)]);
        invoke(&broadcaster, input).await.unwrap();
        assert_eq!(broadcaster.clients.reached(), reached);
        let texts = broadcaster.clients.texts.take();
        assert_eq!(texts.into_iter().collect::<Vec<_>>(), [PAYLOAD]);
    }
}

#[tokio::test(start_paused = true)]
async fn an_event_is_one_line_in_the_log() {
    let broadcaster = broadcaster(vec![ids('a', 100), ids('b', 100)]);
    let invoked = invoke(&broadcaster, job::sns_event(PAYLOAD));
    let (result, log) = logs::captured(invoked).await;
    result.unwrap();
    assert_snapshot!(log, @r#" INFO payments::broadcaster: broadcast event_type="payment.succeeded" bytes=36 sent=200 gone=0 failed=0 pages=2 milliseconds=4"#);
}

#[tokio::test(start_paused = true)]
async fn the_log_says_what_failed_and_nothing_of_the_payload() {
    let mut broadcaster = broadcaster(vec![ids('a', 200)]);
    let failing = ids('a', 100).into_iter().map(|id| (id, Client::Fails(9)));
    broadcaster.clients.odd.extend(failing);
    let odd = [("a00150".to_owned(), Client::IsGone)];
    broadcaster.clients.odd.extend(odd);
    broadcaster.connections.keeps_rows = true;

    let invoked = invoke(&broadcaster, job::sns_event(PAYLOAD));
    let (result, log) = logs::captured(invoked).await;

    result.unwrap();
    assert!(!log.contains("private"), "{log}");
    // How long it took hangs on the waits, and those on chance.
    let steady = log.split("milliseconds=").next().unwrap();
    assert_snapshot!(steady, @r#"
    WARN payments::broadcast: the row of a client that is gone stays: throttled id="a00150"
    WARN payments::broadcast: kept for later: API Gateway answered 500 clients=100
    INFO payments::broadcaster: broadcast event_type="payment.succeeded" bytes=36 sent=99 gone=1 failed=100 pages=1
    "#);
}

/// Lambda keeps the event then and invokes the function again.
#[tokio::test(start_paused = true)]
async fn an_event_that_nobody_keeps_is_an_error() {
    let mut broadcaster = broadcaster(vec![ids('a', 2)]);
    broadcaster.connections.unreadable = Some(0);
    let error = invoke(&broadcaster, job::sns_event(PAYLOAD))
        .await
        .unwrap_err();
    assert_snapshot!(error, @"the connections cannot be read: throttled");
}

/// Without a type of our own Lambda shows Rust's name for a boxed error.
#[test]
fn lambda_is_told_a_name_to_look_for() {
    let error = BroadcastError::NothingRead("throttled".to_owned());
    let told = Diagnostic::from(error);
    assert_eq!(told.error_type, "BroadcastError");
    assert_eq!(
        told.error_message,
        "the connections cannot be read: throttled"
    );
}
