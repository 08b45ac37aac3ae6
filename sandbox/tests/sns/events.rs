//! facts/aws.md 3.1: the event at Lambda, and the envelope of queues beside it.

use crate::support::*;

/// The payload text with what differs from run to run replaced.
fn redacted(text: &str, message_id: &str) -> String {
    let json: serde_json::Value = serde_json::from_str(text).unwrap();
    let message = json.pointer("/Records/0/Sns").unwrap_or(&json);
    let timestamp = message["Timestamp"].as_str().unwrap();
    assert!(text.contains(message_id));
    text.replace(message_id, "[message id]")
        .replace(timestamp, "[timestamp]")
}

/// facts/aws.md 3.1: keys, their casing and order; `SigningCertUrl` and
/// `UnsubscribeUrl` end in "Url"; the attribute is `{Type, Value}`.
#[tokio::test]
async fn fact_3_1_event_at_lambda() {
    let world = World::new(&with_function());
    let names = attribute_names(1, "StringValue");
    let mut parameters = vec![("Message", r#"{"id":"evt_1","type":"payment.succeeded"}"#)];
    parameters.extend(attribute(
        &names,
        "eventType",
        "String",
        "payment.succeeded",
    ));
    let id = world.publish(&parameters).await;
    let (function, event) = world.invocations().remove(0);
    assert_eq!(function, "Broadcaster");
    insta::assert_snapshot!(redacted(&event, &id));
}

/// facts/aws.md 3.1: `Subject` is null when there is none, `MessageAttributes`
/// is `{}`, neither is missing; a subject is handed on.
#[tokio::test]
async fn fact_3_1_absent_parts_are_null_and_empty() {
    let world = World::new(&with_function());
    world.publish(&[("Message", "hello")]).await;
    let sns = &world.event()["Records"][0]["Sns"];
    assert_eq!(sns.get("Subject"), Some(&serde_json::Value::Null));
    assert_eq!(sns.get("MessageAttributes"), Some(&serde_json::json!({})));

    let world = World::new(&with_function());
    world
        .publish(&[("Message", "m"), ("Subject", "[Test] hi")])
        .await;
    assert_eq!(world.event()["Records"][0]["Sns"]["Subject"], "[Test] hi");
}

/// facts/aws.md 3.1: `Type` is `String` or `Binary`; `Number` and
/// `String.Array` reach Lambda as `String`, bytes in base64.
#[tokio::test]
async fn fact_3_1_attribute_types_at_lambda() {
    let world = World::new(&with_function());
    let text: Vec<_> = (1..=4).map(|n| attribute_names(n, "StringValue")).collect();
    let binary: Vec<_> = (5..=6).map(|n| attribute_names(n, "BinaryValue")).collect();
    let mut parameters = vec![("Message", "m")];
    parameters.extend(attribute(&text[0], "text", "String", "a"));
    parameters.extend(attribute(&text[1], "number", "Number", "12.5"));
    parameters.extend(attribute(&text[2], "array", "String.Array", r#"["a",1]"#));
    parameters.extend(attribute(&text[3], "custom", "String.foo", "b"));
    parameters.extend(attribute(&binary[0], "bytes", "Binary", "AgME"));
    parameters.extend(attribute(&binary[1], "image", "Binary.png", "AgME"));
    world.publish(&parameters).await;
    let expected = serde_json::json!({
        "text": {"Type": "String", "Value": "a"},
        "number": {"Type": "String", "Value": "12.5"},
        "array": {"Type": "String", "Value": r#"["a",1]"#},
        "custom": {"Type": "String", "Value": "b"},
        "bytes": {"Type": "Binary", "Value": "AgME"},
        "image": {"Type": "Binary", "Value": "AgME"},
    });
    let event = world.event();
    assert_eq!(event["Records"][0]["Sns"]["MessageAttributes"], expected);
}

/// facts/aws.md 3.1: one record per invocation, also after a batch.
#[tokio::test]
async fn fact_3_1_one_record_per_invocation() {
    let world = World::new(&with_function());
    let batch = [
        ("TopicArn", TOPIC),
        ("PublishBatchRequestEntries.member.1.Id", "a"),
        ("PublishBatchRequestEntries.member.1.Message", "one"),
        ("PublishBatchRequestEntries.member.2.Id", "b"),
        ("PublishBatchRequestEntries.member.2.Message", "two"),
    ];
    world.call("PublishBatch", &batch).await;
    let events = world.invocations();
    assert_eq!(events.len(), 2);
    for (_, event) in events {
        let event: serde_json::Value = serde_json::from_str(&event).unwrap();
        assert_eq!(event["Records"].as_array().unwrap().len(), 1);
    }
}

/// facts/aws.md 3.1: `Timestamp` is UTC with milliseconds and `Z`, taken from
/// the sandbox's clock.
#[tokio::test]
async fn fact_3_1_timestamp_shows_the_movable_clock() {
    let world = World::new(&with_function());
    world
        .clock
        .advance(std::time::Duration::from_secs(365 * 24 * 3600));
    let before = world.clock.now();
    world.publish(&[("Message", "m")]).await;
    let event = world.event();
    let text = event["Records"][0]["Sns"]["Timestamp"].as_str().unwrap();
    let shape: String = text
        .chars()
        .map(|c| if c.is_ascii_digit() { '0' } else { c })
        .collect();
    assert_eq!(shape, "0000-00-00T00:00:00.000Z");
    let told: jiff::Timestamp = text.parse().unwrap();
    let before = jiff::Timestamp::try_from(before).unwrap();
    assert!(told.as_millisecond() >= before.as_millisecond());
}

/// facts/aws.md 3.1: queues get `SigningCertURL` and `UnsubscribeURL`; the
/// attribute's type stays as it was sent (recorded from AWS).
#[tokio::test]
async fn fact_3_1_envelope_of_queues() {
    let world = World::new(&with_queue(false));
    let names = attribute_names(1, "StringValue");
    let mut parameters = vec![("Message", "hello"), ("Subject", "Greeting")];
    parameters.extend(attribute(&names, "price", "Number", "100.12"));
    let id = world.publish(&parameters).await;
    let message = world.queue("Archive").remove(0);
    assert!(message.attributes.is_empty());
    assert_ne!(message.id, id, "SQS has ids of its own");
    insta::assert_snapshot!(redacted(&message.body, &id));
}

/// Without subject and attributes the envelope has no such keys (recorded from
/// AWS), unlike the event at Lambda.
#[tokio::test]
async fn fact_3_1_envelope_leaves_absent_parts_out() {
    let world = World::new(&with_queue(false));
    world.publish(&[("Message", "hello")]).await;
    let body = world.queue("Archive").remove(0).body;
    let body: serde_json::Value = serde_json::from_str(&body).unwrap();
    assert_eq!(body.get("Subject"), None);
    assert_eq!(body.get("MessageAttributes"), None);
}

/// facts/aws.md 3.1: raw delivery hands on the message alone, attributes as
/// SQS attributes.
#[tokio::test]
async fn fact_3_1_raw_delivery_to_a_queue() {
    let world = World::new(&with_queue(true));
    let text = attribute_names(1, "StringValue");
    let binary = attribute_names(2, "BinaryValue");
    let mut parameters = vec![("Message", "hello")];
    parameters.extend(attribute(&text, "price", "Number", "99.12"));
    parameters.extend(attribute(&binary, "bytes", "Binary", "AgME"));
    world.publish(&parameters).await;
    let message = world.queue("Archive").remove(0);
    assert_eq!(message.body, "hello");
    let expected = serde_json::json!({
        "price": {"DataType": "Number", "StringValue": "99.12"},
        "bytes": {"DataType": "Binary", "BinaryValue": "AgME"},
    });
    assert_eq!(serde_json::to_value(&message.attributes).unwrap(), expected);
}
