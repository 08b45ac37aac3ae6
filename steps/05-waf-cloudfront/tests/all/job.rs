use insta::assert_debug_snapshot;
use proptest::prelude::*;
use serde_json::{Value, json};

use step_05_waf_cloudfront::failures::Leftover;
use step_05_waf_cloudfront::job::{Delivery, Event, Job};

fn deliveries(input: Value) -> Vec<Delivery> {
    let job: Job = serde_json::from_value(input).unwrap();
    job.deliveries()
}

fn refusal(input: Value) -> String {
    serde_json::from_value::<Job>(input)
        .unwrap_err()
        .to_string()
}

/// facts/aws.md 3.1: what SNS invokes a function with.
pub fn sns_event(message: &str) -> Value {
    let mut event: Value = serde_json::from_str(include_str!("../events/sns.json")).unwrap();
    event["Records"][0]["Sns"]["Message"] = json!(message);
    event
}

/// facts/aws.md 4.4: what Lambda sends to the failure queue.
pub fn on_failure(request_payload: &Value) -> Value {
    json!({
        "version": "1.0",
        "timestamp": "2026-04-09T12:38:00.000Z",
        "requestContext": {
            "requestId": "e4b46cbf-b738-4880-8d28-25c1e0d1a2b3",
            "functionArn": "arn:aws:lambda:us-east-1:123456789012:function:broadcast:$LATEST",
            "condition": "RetriesExhausted",
            "approximateInvokeCount": 3
        },
        "requestPayload": request_payload,
        "responseContext": {
            "statusCode": 200,
            "executedVersion": "$LATEST",
            "functionError": "Unhandled"
        },
        "responsePayload": { "errorType": "BroadcastError", "errorMessage": "…" }
    })
}

/// facts/aws.md 3.4: what SNS sends to a subscription's dead-letter queue.
pub fn dead_letter(message: &str) -> Value {
    json!({
        "Type": "Notification",
        "MessageId": "95df01b4-ee98-5cb9-9903-4c221d41eb5e",
        "TopicArn": "arn:aws:sns:us-east-1:123456789012:payments",
        "Message": message,
        "Timestamp": "2026-04-09T12:34:56.234Z",
        "SignatureVersion": "1",
        "Signature": "EXAMPLEbase64==",
        "SigningCertURL": "https://sns.us-east-1.amazonaws.com/SimpleNotificationService-abc.pem",
        "UnsubscribeURL": "https://sns.us-east-1.amazonaws.com/?Action=Unsubscribe",
        "MessageAttributes": {
            "event_type": { "Type": "String", "Value": "payment.succeeded" }
        }
    })
}

pub fn leftover(payload: &str, unreached: &[&str], from: Option<&str>) -> Value {
    json!({
        "reason": "API Gateway answered 500",
        "event": { "payload": payload, "event_type": "payment.succeeded" },
        "unreached": unreached,
        "from": from
    })
}

#[test]
fn fact_3_1_an_event_of_sns_is_for_everyone() {
    assert_debug_snapshot!(deliveries(sns_event("{ \"id\":\"evt_1\" }")), @r#"
    [
        Delivery {
            event: Event {
                payload: "{ \"id\":\"evt_1\" }",
                event_type: "payment.succeeded",
            },
            unreached: [],
            from: None,
        },
    ]
    "#);
}

/// facts/aws.md 3.1: there is one record in practice; still all are taken.
#[test]
fn fact_3_1_every_record_counts() {
    let mut event = sns_event("{\"id\":\"evt_1\"}");
    let second = sns_event("{\"id\":\"evt_2\"}")["Records"][0].take();
    event["Records"].as_array_mut().unwrap().push(second);

    let payloads: Vec<String> = deliveries(event)
        .into_iter()
        .map(|delivery| delivery.event.payload)
        .collect();
    assert_eq!(payloads, ["{\"id\":\"evt_1\"}", "{\"id\":\"evt_2\"}"]);
}

/// facts/aws.md 3.1: `MessageAttributes` is empty when there are none.
#[test]
fn fact_3_1_an_event_may_have_no_type() {
    for attributes in [
        json!({}),
        json!({ "other": { "Type": "String", "Value": "a" } }),
    ] {
        let mut event = sns_event("{}");
        event["Records"][0]["Sns"]["MessageAttributes"] = attributes;
        assert_eq!(deliveries(event)[0].event.event_type, "unknown");
    }
}

#[test]
fn whatever_lies_in_the_failure_queue_is_a_job() {
    let new = deliveries(sns_event("{\"id\":\"evt_1\"}"));
    assert_eq!(deliveries(dead_letter("{\"id\":\"evt_1\"}")), new);
    assert_eq!(
        deliveries(on_failure(&sns_event("{\"id\":\"evt_1\"}"))),
        new
    );

    let left = leftover("{}", &["a", "b"], Some("c"));
    let [delivery] = &deliveries(left.clone())[..] else {
        panic!("not one delivery");
    };
    assert_eq!(delivery.unreached, ["a", "b"]);
    assert_eq!(delivery.from.as_deref(), Some("c"));
    // It was sent again, and that failed too.
    assert_eq!(deliveries(on_failure(&left)), deliveries(left.clone()));
    assert_eq!(deliveries(on_failure(&on_failure(&left))), deliveries(left));
}

#[test]
fn anything_else_is_refused() {
    for input in [
        json!(null),
        json!([]),
        json!({}),
        json!({ "Records": {} }),
        json!({ "Records": [{ "s3": {} }] }),
        json!({ "requestPayload": {} }),
        json!({ "unreached": ["a"] }),
        json!({ "event": { "payload": "{}", "event_type": "t" } }),
        json!({ "Message": 7 }),
    ] {
        assert_eq!(
            refusal(input),
            "the input is neither an event of SNS nor a message of the failure queue"
        );
    }
}

proptest! {
    #[test]
    fn what_is_kept_is_read_as_it_was(
        payload: String,
        event_type: String,
        unreached: Vec<String>,
        from: Option<String>,
    ) {
        let event = Event { payload, event_type };
        let delivery = Delivery { event, unreached, from };
        let kept = Leftover { reason: "…".to_owned(), delivery: delivery.clone() };
        let text = serde_json::to_string(&kept).unwrap();
        prop_assert_eq!(deliveries(serde_json::from_str(&text).unwrap()), [delivery]);
    }

    #[test]
    fn no_input_is_too_odd(text: String, depth in 0..200_usize) {
        let inner = json!({ "Records": text });
        let nested = (0..depth).fold(inner, |inner, _| json!({ "requestPayload": inner }));
        let _ = serde_json::from_value::<Job>(nested);
        let _ = serde_json::from_str::<Job>(&text);
    }
}
