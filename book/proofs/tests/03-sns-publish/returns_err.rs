//! A handler that passes the publisher's error on with `?`.

use serde_json::json;
use step_03_sns_publish::answer;
use step_03_sns_publish::publish::{Message, PublishEvent};
use step_03_sns_publish::signature::SignatureHeaders;
use step_03_sns_publish::webhook::{Deps, handle};

use crate::shop::{Answer, EVENT, Outcome, Request, Topic, deps, request, status};

/// Every error is the function's error.
pub async fn give_up(event: Request, deps: &Deps<impl PublishEvent>) -> Answer {
    let body = event.payload.body.clone().unwrap_or_default();
    let signature = SignatureHeaders::of(&event.payload);
    deps.verifier
        .verify(&signature, body.as_bytes(), (deps.clock)())?;

    let message = Message {
        body: &body,
        event_type: "unknown",
    };
    deps.publisher.publish(&message).await?;
    answer::json(200, &json!({ "received": true }))
}

/// A forged request is answered with a 502, too: the provider, and everyone else, is told
/// to try again.
#[tokio::test]
async fn passing_errors_on_makes_a_forged_request_our_failure() {
    let forged = || {
        let mut event = request(EVENT);
        event.payload.body = Some(r#"{"id":"evt_2"}"#.to_owned());
        event
    };
    let deps = deps(Topic::default());
    assert!(give_up(forged(), &deps).await.is_err());
    assert_eq!(status(&handle(forged(), &deps).await), 401);
}

#[tokio::test]
async fn a_refused_publish_is_an_error_of_the_naive_function_and_an_answer_of_ours() {
    let naive = deps(Topic::that(&[Outcome::Refused]));
    assert!(give_up(request(EVENT), &naive).await.is_err());

    let step = deps(Topic::that(&[Outcome::Refused]));
    let answer = handle(request(EVENT), &step).await.unwrap();
    assert_eq!(answer.status_code, 500);
}
