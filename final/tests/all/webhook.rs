use std::cell::RefCell;

use aws_lambda_events::apigw::ApiGatewayProxyResponse;
use insta::{assert_json_snapshot, assert_snapshot};
use serde_json::{Value, json};

use crate::rotation::Store;
use crate::sign::{self, NOW, SIGNING_SECRET, STRIPE_SECRET};
use crate::{event, logs};
use payments::publish::{Message, PublishError, PublishEvent};
use payments::rotation::RotatingVerifier;
use payments::webhook::{Deps, handle};

/// An event type and a body.
type Published = (String, String);

/// Keeps what is published, or fails to.
#[derive(Default)]
struct Topic {
    fails: bool,
    messages: RefCell<Vec<Published>>,
}

fn published(event_type: &str, body: &str) -> Published {
    (event_type.to_owned(), body.to_owned())
}

impl PublishEvent for Topic {
    async fn publish(&self, message: &Message<'_>) -> Result<String, PublishError> {
        let recorded = published(message.event_type, message.body);
        self.messages.borrow_mut().push(recorded);
        if self.fails {
            return Err(PublishError(
                "dispatch failure: the topic is gone".to_owned(),
            ));
        }
        Ok("message-1".to_owned())
    }
}

fn deps(publisher: Topic) -> Deps<Topic, Store> {
    Deps {
        verifier: RotatingVerifier::fixed(sign::config(&[]).unwrap().verifier),
        publisher,
        clock: || NOW,
        metrics: |_| {},
    }
}

/// The response, and what was published.
async fn respond(event: Value) -> (ApiGatewayProxyResponse, Vec<Published>) {
    let deps = deps(Topic::default());
    let response = handle(event::invocation(event), &deps).await.unwrap();
    (response, deps.publisher.messages.take())
}

/// The answer as API Gateway gets it.
async fn answer(event: Value) -> Value {
    serde_json::to_value(respond(event).await.0).unwrap()
}

/// Status and message of a refusal, after a look at everything around them.
async fn refusal(event: Value) -> String {
    let (response, messages) = respond(event).await;
    assert_eq!(messages, [], "published although refused");
    let answer = serde_json::to_value(response).unwrap();
    assert_eq!(answer["headers"]["content-type"], "application/json");
    let body: Value = serde_json::from_str(answer["body"].as_str().unwrap()).unwrap();
    let fields = body.as_object().unwrap();
    assert_eq!(fields.len(), 1, "{body}");
    let message = fields["error"].as_str().unwrap();
    format!("{} {message}", answer["statusCode"])
}

/// A request with a header that Stripe would send with `signed`.
fn stripe_signed(mut event: Value, signed: &[u8]) -> Value {
    let header = sign::stripe(STRIPE_SECRET, NOW, signed);
    event::add_header(&mut event, "Stripe-Signature", &[&header]);
    event
}

/// A request with the plain HMAC of `signed`.
fn generic_signed(mut event: Value, signed: &[u8]) -> Value {
    let header = sign::generic(SIGNING_SECRET, signed);
    event::add_header(&mut event, "X-Signature", &[&header]);
    event
}

#[tokio::test]
async fn an_event_signed_by_stripe_is_received() {
    let event = event::with_body(event::PAYMENT);
    let event = stripe_signed(event, event::PAYMENT.as_bytes());
    assert_json_snapshot!(respond(event).await, @r#"
    [
      {
        "statusCode": 200,
        "headers": {
          "content-type": "application/json"
        },
        "multiValueHeaders": {},
        "body": "{\"received\":true,\"id\":\"evt_3TutorialAAAA0001\"}",
        "isBase64Encoded": false
      },
      [
        [
          "payment_intent.succeeded",
          "{\n  \"id\": \"evt_3TutorialAAAA0001\",\n  \"object\": \"event\",\n  \"api_version\": \"2026-09-30.endive\",\n  \"created\": 1793000004,\n  \"data\": {\n    \"object\": {\n      \"id\": \"pi_3TutorialAAAA0001\",\n      \"object\": \"payment_intent\",\n      \"amount\": 2000,\n      \"amount_capturable\": 0,\n      \"amount_details\": {\n        \"tip\": {}\n      },\n      \"amount_received\": 2000,\n      \"application\": null,\n      \"application_fee_amount\": null,\n      \"automatic_payment_methods\": {\n        \"allow_redirects\": \"always\",\n        \"enabled\": true\n      },\n      \"canceled_at\": null,\n      \"cancellation_reason\": null,\n      \"capture_method\": \"automatic_async\",\n      \"client_secret\": \"pi_3TutorialAAAA0001_secret_exampleonly\",\n      \"confirmation_method\": \"automatic\",\n      \"created\": 1793000000,\n      \"currency\": \"usd\",\n      \"customer\": \"cus_TutorialSam01\",\n      \"description\": \"Order 1001\",\n      \"last_payment_error\": null,\n      \"latest_charge\": \"ch_3TutorialAAAA0001\",\n      \"livemode\": false,\n      \"metadata\": {\n        \"order_id\": \"1001\"\n      },\n      \"next_action\": null,\n      \"on_behalf_of\": null,\n      \"payment_method\": \"pm_1TutorialVisa0001\",\n      \"payment_method_options\": {\n        \"card\": {\n          \"installments\": null,\n          \"mandate_options\": null,\n          \"network\": null,\n          \"request_three_d_secure\": \"automatic\"\n        }\n      },\n      \"payment_method_types\": [\n        \"card\"\n      ],\n      \"processing\": null,\n      \"receipt_email\": null,\n      \"review\": null,\n      \"setup_future_usage\": null,\n      \"shipping\": null,\n      \"source\": null,\n      \"statement_descriptor\": null,\n      \"statement_descriptor_suffix\": null,\n      \"status\": \"succeeded\",\n      \"transfer_data\": null,\n      \"transfer_group\": null\n    }\n  },\n  \"livemode\": false,\n  \"pending_webhooks\": 1,\n  \"request\": {\n    \"id\": \"req_TutorialReq0001\",\n    \"idempotency_key\": \"order-1001\"\n  },\n  \"type\": \"payment_intent.succeeded\"\n}"
        ]
      ]
    ]
    "#);
}

#[tokio::test]
async fn an_event_signed_with_hmac_is_received() {
    let body = r#"{"type":"test.payment.succeeded"}"#;
    let event = generic_signed(event::with_body(body), body.as_bytes());
    assert_json_snapshot!(respond(event).await, @r#"
    [
      {
        "statusCode": 200,
        "headers": {
          "content-type": "application/json"
        },
        "multiValueHeaders": {},
        "body": "{\"received\":true,\"id\":null}",
        "isBase64Encoded": false
      },
      [
        [
          "test.payment.succeeded",
          "{\"type\":\"test.payment.succeeded\"}"
        ]
      ]
    ]
    "#);
}

/// Not a space is changed on the way: receivers get the very text that was signed.
#[tokio::test]
async fn the_body_is_published_as_it_was_received() {
    let body = "{ \"type\": \"b\",\r\n  \"a\": 1.0, \"name\": \"Zo\\u00eb Łódź\" }";
    for event in [event::with_body(body), event::with_bytes(body.as_bytes())] {
        let (_, messages) = respond(stripe_signed(event, body.as_bytes())).await;
        assert_eq!(messages, [published("b", body)]);
    }
}

#[tokio::test]
async fn only_the_generic_scheme_reads_the_type_from_a_header() {
    let body = r#"{"type":"in.body"}"#;
    for (event, event_type) in [
        (
            stripe_signed(event::with_body(body), body.as_bytes()),
            "in.body",
        ),
        (
            generic_signed(event::with_body(body), body.as_bytes()),
            "in.header",
        ),
    ] {
        let mut event = event;
        event::add_header(&mut event, "x-EVENT-type", &["in.header"]);
        let (_, messages) = respond(event).await;
        assert_eq!(messages, [published(event_type, body)]);
    }
}

/// facts/aws.md 3.2: 262,144 bytes for message and attributes together. Here
/// the attribute takes 23: `event_type`, `String` and `unknown`.
#[tokio::test]
async fn fact_3_2_what_sns_would_not_take_is_refused() {
    let of_size = |bytes: usize| {
        let body = format!("{{\"a\":\"{}\"}}", "x".repeat(bytes - 8));
        assert_eq!(body.len(), bytes);
        generic_signed(event::with_body(&body), body.as_bytes())
    };
    let largest = 262_144 - 23;
    assert_eq!(answer(of_size(largest)).await["statusCode"], 200);
    let refusal_of_larger = refusal(of_size(largest + 1)).await;
    assert_eq!(
        refusal_of_larger,
        "413 the event is too large to be passed on"
    );

    // Signed first, JSON second, size third.
    let long = "x".repeat(300_000);
    assert!(refusal(event::with_body(&long)).await.starts_with("401 "));
    let not_json = generic_signed(event::with_body(&long), long.as_bytes());
    assert!(refusal(not_json).await.starts_with("400 "));
}

/// Bytes are counted, not characters.
#[tokio::test]
async fn a_letter_of_two_bytes_counts_twice() {
    let body = format!("{{\"a\":\"{}\"}}", "é".repeat(131_072));
    let event = generic_signed(event::with_body(&body), body.as_bytes());
    assert!(refusal(event).await.starts_with("413 "));
}

/// An `Ok` with 500, so that the provider sends the event again. An `Err` would
/// be API Gateway's 502.
#[tokio::test]
async fn an_event_that_could_not_be_published_is_asked_for_again() {
    let deps = deps(Topic {
        fails: true,
        ..Topic::default()
    });
    let event = generic_signed(event::with_body("{}"), b"{}");
    let (response, log) = logs::captured(handle(event::invocation(event), &deps)).await;
    assert_json_snapshot!(response.unwrap(), @r#"
    {
      "statusCode": 500,
      "headers": {
        "content-type": "application/json"
      },
      "multiValueHeaders": {},
      "body": "{\"error\":\"the event could not be passed on; send it again later\"}",
      "isBase64Encoded": false
    }
    "#);
    assert_eq!(deps.publisher.messages.borrow().len(), 1);
    assert!(log.contains("ERROR"), "{log}");
    assert!(log.contains("dispatch failure: the topic is gone"), "{log}");
}

/// facts/aws.md 1.4: decode first, then verify over the decoded bytes.
#[tokio::test]
async fn fact_1_4_the_decoded_bytes_are_what_is_signed() {
    let body = event::PAYMENT.as_bytes();
    let signed = stripe_signed(event::with_bytes(body), body);
    assert_eq!(answer(signed).await["statusCode"], 200);

    let mut encoded = event::with_bytes(body);
    let text = encoded["body"].as_str().unwrap().to_owned();
    encoded = stripe_signed(encoded, text.as_bytes());
    assert_eq!(answer(encoded).await["statusCode"], 401);
}

/// facts/aws.md 1.3 (ii): header names arrive in lower case here.
#[tokio::test]
async fn fact_1_3_a_signature_through_cloudfront_is_found() {
    let mut event = event::through_cloudfront();
    let body = event["body"].as_str().unwrap().to_owned();
    let header = sign::stripe(STRIPE_SECRET, NOW, body.as_bytes());
    event::add_header(&mut event, "stripe-signature", &[&header]);
    assert_eq!(answer(event).await["statusCode"], 200);
}

#[tokio::test]
async fn the_id_is_the_events_own_if_it_is_text() {
    for (body, id) in [
        (r#"{"id":"evt_1"}"#, json!("evt_1")),
        (r#"{"id":7}"#, Value::Null),
        (r#"{"id":null}"#, Value::Null),
        ("{}", Value::Null),
        (r#"{"data":{"id":"evt_1"}}"#, Value::Null),
    ] {
        let event = generic_signed(event::with_body(body), body.as_bytes());
        let answer = answer(event).await;
        let received: Value = serde_json::from_str(answer["body"].as_str().unwrap()).unwrap();
        assert_eq!(received, json!({ "received": true, "id": id }), "{body}");
    }
}

/// Base64 before the signature, the signature before anything in the body.
#[tokio::test]
async fn refusals_come_in_order() {
    let mut not_base64 = event::with_body("{}");
    not_base64["isBase64Encoded"] = json!(true);
    let mut no_body = event::direct();
    no_body["body"] = Value::Null;

    let refusals = [
        ("1. not base64, not signed", refusal(not_base64).await),
        ("2. not signed", refusal(event::with_body("{}")).await),
        ("2. not signed, no body", refusal(no_body.clone()).await),
        (
            "2. not signed, not JSON",
            refusal(event::with_body("hello")).await,
        ),
        (
            "2. other body signed",
            refusal(stripe_signed(event::with_body("{}"), b"[]")).await,
        ),
        (
            "3. signed, no body",
            refusal(stripe_signed(no_body, b"")).await,
        ),
        (
            "3. signed, empty body",
            refusal(generic_signed(event::with_body(""), b"")).await,
        ),
        (
            "3. signed, not JSON",
            refusal(stripe_signed(event::with_body("hello"), b"hello")).await,
        ),
        (
            "3. signed, not an object",
            refusal(generic_signed(event::with_body("[1]"), b"[1]")).await,
        ),
        (
            "3. signed, not UTF-8",
            refusal(stripe_signed(event::with_bytes(b"\"\xff\""), b"\"\xff\"")).await,
        ),
    ];
    let lines = refusals.map(|(case, refusal)| format!("{case}: {refusal}"));
    assert_snapshot!(lines.join("\n"), @r#"
    1. not base64, not signed: 400 the body is not valid base64
    2. not signed: 401 the signature is missing or not valid
    2. not signed, no body: 401 the signature is missing or not valid
    2. not signed, not JSON: 401 the signature is missing or not valid
    2. other body signed: 401 the signature is missing or not valid
    3. signed, no body: 400 the body is empty
    3. signed, empty body: 400 the body is empty
    3. signed, not JSON: 400 the body is not a JSON object
    3. signed, not an object: 400 the body is not a JSON object
    3. signed, not UTF-8: 400 the body is not a JSON object
    "#);
}

/// Each reason has its own name in the log; the caller cannot tell them apart.
#[tokio::test]
async fn the_reason_is_in_the_log_and_not_in_the_answer() {
    let v1 = sign::stripe_v1(STRIPE_SECRET, NOW, b"{}");
    for (header, reason) in [
        (String::new(), "missing_header"),
        (v1.clone(), "malformed"),
        (format!("t={NOW}"), "no_v1"),
        (format!("t={},v1={v1}", NOW + 1), "mismatch"),
        (sign::stripe(STRIPE_SECRET, NOW - 301, b"{}"), "too_old"),
        (
            sign::stripe(STRIPE_SECRET, NOW + 301, b"{}"),
            "too_far_ahead",
        ),
    ] {
        let mut event = event::with_body("{}");
        event::add_header(&mut event, "Stripe-Signature", &[&header]);
        let (refusal, log) = logs::captured(refusal(event)).await;
        assert_eq!(
            refusal, "401 the signature is missing or not valid",
            "{reason}"
        );
        assert!(log.contains(&format!("reason=\"{reason}\"")), "{log}");
        assert!(!log.contains(&v1), "{log}");
    }
}

/// facts/aws.md 1.5: any other key in the answer makes API Gateway send a 502.
#[tokio::test]
async fn fact_1_5_an_answer_has_the_allowed_keys_only() {
    let allowed = [
        "body",
        "headers",
        "isBase64Encoded",
        "multiValueHeaders",
        "statusCode",
    ];
    for event in [
        generic_signed(event::with_body("{}"), b"{}"),
        event::direct(),
    ] {
        let answer = answer(event).await;
        for key in answer.as_object().unwrap().keys() {
            assert!(allowed.contains(&key.as_str()), "{key}");
        }
    }
}

#[tokio::test]
async fn the_log_has_sizes_and_reasons_but_nothing_of_the_request() {
    for (body, expected) in [
        ("{\"card\":\"4242-private\"}", "bytes=23"),
        ("4242-private", "the body is not a JSON object"),
    ] {
        let mut event = generic_signed(event::with_body(body), body.as_bytes());
        event::add_header(&mut event, "Authorization", &["Bearer 4242-private"]);
        let (_, log) = logs::captured(answer(event)).await;
        assert!(log.contains(expected), "{log}");
        assert!(!log.contains("private"), "{log}");
        assert!(
            !log.contains(&sign::generic(SIGNING_SECRET, body.as_bytes())),
            "{log}"
        );
        assert!(!log.contains(SIGNING_SECRET), "{log}");
    }
}
