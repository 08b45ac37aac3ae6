//! An event type that goes to SNS as it came.

use sandbox::Sandbox;
use serde_json::{Map, Value, json};
use step_03_sns_publish::event_type::event_type;
use step_03_sns_publish::publish::{Message, PublishEvent};
use step_03_sns_publish::signature::Scheme;

use crate::sandboxed::{options, topic};

/// The body's `type`, whatever it is.
fn unchecked_type(fields: &Map<String, Value>) -> &str {
    fields
        .get("type")
        .and_then(Value::as_str)
        .unwrap_or("unknown")
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_with_an_empty_type_can_never_be_published_unless_the_type_is_checked() {
    let sandbox = Sandbox::start(options()).await.unwrap();
    let topic = topic(&sandbox);
    let body = r#"{"id":"evt_1","type":""}"#;
    let fields = Map::from_iter([("type".to_owned(), json!(""))]);

    let event_type_of_the_naive = unchecked_type(&fields);
    let message = Message {
        body,
        event_type: event_type_of_the_naive,
    };
    let refused = topic.publish(&message).await.unwrap_err().to_string();
    assert!(refused.contains("ParameterValueInvalid"), "{refused}");
    let reason = "The message attribute 'event_type' must contain non-empty message attribute \
                  value for message attribute type 'String'.";
    assert!(refused.contains(reason), "{refused}");

    let event_type = event_type(Scheme::Stripe, None, &fields);
    assert_eq!(event_type, "unknown");
    topic.publish(&Message { body, event_type }).await.unwrap();
    sandbox.shutdown().await;
}
