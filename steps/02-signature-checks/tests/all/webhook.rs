use aws_lambda_events::apigw::ApiGatewayProxyResponse;
use insta::{assert_json_snapshot, assert_snapshot};
use serde_json::{Value, json};

use crate::sign::{self, NOW, SIGNING_SECRET, STRIPE_SECRET};
use crate::{event, logs};
use step_02_signature_checks::webhook::{Deps, handle};

fn deps() -> Deps {
    Deps {
        verifier: sign::config(&[]).unwrap().verifier,
        clock: || NOW,
    }
}

async fn respond(event: Value) -> ApiGatewayProxyResponse {
    handle(event::invocation(event), &deps()).await.unwrap()
}

/// The answer as API Gateway gets it.
async fn answer(event: Value) -> Value {
    serde_json::to_value(respond(event).await).unwrap()
}

/// Status and message of a refusal, after a look at everything around them.
async fn refusal(event: Value) -> String {
    let answer = answer(event).await;
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
    {
      "statusCode": 200,
      "headers": {
        "content-type": "application/json"
      },
      "multiValueHeaders": {},
      "body": "{\"received\":true,\"id\":\"evt_3TutorialAAAA0001\"}",
      "isBase64Encoded": false
    }
    "#);
}

#[tokio::test]
async fn an_event_signed_with_hmac_is_received() {
    let body = r#"{"type":"test.payment.succeeded"}"#;
    let event = generic_signed(event::with_body(body), body.as_bytes());
    assert_json_snapshot!(respond(event).await, @r#"
    {
      "statusCode": 200,
      "headers": {
        "content-type": "application/json"
      },
      "multiValueHeaders": {},
      "body": "{\"received\":true,\"id\":null}",
      "isBase64Encoded": false
    }
    "#);
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
