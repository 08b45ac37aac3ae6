//! No look at the size before the publish.

use sandbox::Sandbox;
use serde_json::json;
use step_03_sns_publish::answer;
use step_03_sns_publish::publish::{Message, PublishEvent};
use step_03_sns_publish::refusal::Refusal;
use step_03_sns_publish::signature::SignatureHeaders;
use step_03_sns_publish::webhook::{Deps, handle};

use crate::sandboxed::{options, topic};
use crate::shop::{Answer, Request, deps, request};

/// Whatever SNS does not take is asked for again.
async fn hope(event: Request, deps: &Deps<impl PublishEvent>) -> Answer {
    let body = event.payload.body.clone().unwrap_or_default();
    let signature = SignatureHeaders::of(&event.payload);
    deps.verifier
        .verify(&signature, body.as_bytes(), (deps.clock)())?;

    let message = Message {
        body: &body,
        event_type: "unknown",
    };
    match deps.publisher.publish(&message).await {
        Ok(_) => answer::json(200, &json!({ "received": true })),
        Err(error) => answer::refuse(&Refusal::Publish(error)),
    }
}

/// A JSON object of so many bytes.
fn object(bytes: usize) -> String {
    let text = "x".repeat(bytes - r#"{"a":""}"#.len());
    format!(r#"{{"a":"{text}"}}"#)
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_limit_a_large_event_is_asked_for_again_though_it_can_never_be_taken() {
    let sandbox = Sandbox::start(options()).await.unwrap();
    let large = object(262_144);

    let message = Message {
        body: &large,
        event_type: "unknown",
    };
    let refused = topic(&sandbox).publish(&message).await.unwrap_err();
    let reason = "Invalid parameter: Message too long";
    assert!(refused.to_string().contains(reason), "{refused}");

    let deps = deps(topic(&sandbox));
    for _ in 0..3 {
        let naive = hope(request(&large), &deps).await.unwrap();
        assert_eq!(naive.status_code, 500);
        let step = handle(request(&large), &deps).await.unwrap();
        assert_eq!(step.status_code, 413);
    }
    sandbox.shutdown().await;
}

/// The body alone would fit. Its attribute takes the 23 bytes that are missing.
#[tokio::test(flavor = "multi_thread")]
async fn the_attribute_counts() {
    let sandbox = Sandbox::start(options()).await.unwrap();
    let topic = topic(&sandbox);
    for (bytes, taken) in [(262_144 - 23, true), (262_144 - 22, false)] {
        let message = Message {
            body: &object(bytes),
            event_type: "unknown",
        };
        let published = topic.publish(&message).await;
        assert_eq!(published.is_ok(), taken, "{bytes}");
    }
    sandbox.shutdown().await;
}
