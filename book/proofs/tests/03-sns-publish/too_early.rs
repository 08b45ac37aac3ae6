//! Two handlers that answer before SNS has the event.

use std::rc::Rc;

use lambda_runtime::tracing;
use serde_json::json;
use step_03_sns_publish::answer;
use step_03_sns_publish::publish::{Message, PublishEvent};
use step_03_sns_publish::signature::SignatureHeaders;
use step_03_sns_publish::webhook::{Deps, handle};
use tokio::task::LocalSet;

use crate::shop::{Answer, EVENT, Outcome, Request, Topic, deliver, deps, request, status};

/// The event type and the size are left out: they are not what is wrong here.
fn message(body: &str) -> Message<'_> {
    Message {
        body,
        event_type: "unknown",
    }
}

/// Publishes, and answers 200 whatever became of it.
pub async fn log_and_go_on(event: Request, deps: &Deps<impl PublishEvent>) -> Answer {
    let body = event.payload.body.clone().unwrap_or_default();
    let signature = SignatureHeaders::of(&event.payload);
    deps.verifier
        .verify(&signature, body.as_bytes(), (deps.clock)())?;

    if let Err(error) = deps.publisher.publish(&message(&body)).await {
        tracing::error!("not published: {error}");
    }
    answer::json(200, &json!({ "received": true }))
}

/// Answers at once, and publishes in a task of its own.
async fn answer_then_publish<P>(event: Request, deps: Rc<Deps<P>>) -> Answer
where
    P: PublishEvent + 'static,
{
    let body = event.payload.body.clone().unwrap_or_default();
    let signature = SignatureHeaders::of(&event.payload);
    deps.verifier
        .verify(&signature, body.as_bytes(), (deps.clock)())?;

    tokio::task::spawn_local(async move {
        if let Err(error) = deps.publisher.publish(&message(&body)).await {
            tracing::error!("not published: {error}");
        }
    });
    answer::json(200, &json!({ "received": true }))
}

#[tokio::test]
async fn an_error_that_is_only_logged_loses_the_event() {
    let naive = deps(Topic::that(&[Outcome::Refused]));
    let statuses = deliver(EVENT, async |event| log_and_go_on(event, &naive).await).await;
    assert_eq!(statuses, [200]);
    assert_eq!(naive.publisher.count(), 0);

    let step = deps(Topic::that(&[Outcome::Refused]));
    let statuses = deliver(EVENT, async |event| handle(event, &step).await).await;
    assert_eq!(statuses, [500, 200]);
    assert_eq!(step.publisher.count(), 1);
}

/// Lambda stops the environment when the answer is out. Here, the tasks run only while
/// a handler does: the same thing.
#[tokio::test]
async fn what_a_handler_leaves_behind_does_not_run_until_the_next_event() {
    let environment = LocalSet::new();
    let deps = Rc::new(deps(Topic::default()));

    let first = answer_then_publish(request(EVENT), Rc::clone(&deps));
    let answer = environment.run_until(first).await;
    assert_eq!(status(&answer), 200);
    assert_eq!(deps.publisher.count(), 0, "published before the freeze");

    // An hour later, or never: the environment may be ended before.
    let second = answer_then_publish(request(EVENT), Rc::clone(&deps));
    let next = async {
        second.await.unwrap();
        tokio::task::yield_now().await;
    };
    environment.run_until(next).await;
    assert!(deps.publisher.count() >= 1, "not thawed");
}
