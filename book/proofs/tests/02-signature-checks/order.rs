//! The order of the checks, seen from outside.

use aws_lambda_events::apigw::ApiGatewayProxyRequest;
use lambda_runtime::{Context, LambdaEvent};
use serde_json::{Value, json};
use step_02_signature_checks::webhook::{Deps, handle};

use crate::signer::{NOW, PAYMENT, STRIPE_SECRET, hex_hmac, stripe, verifier};

/// A POST straight to the regional endpoint, with this header and body.
fn request(header: &str, body: &str, base64: bool) -> ApiGatewayProxyRequest {
    let mut event: Value = serde_json::from_str(include_str!(
        "../../../../steps/02-signature-checks/tests/events/rest-direct.json"
    ))
    .unwrap();
    event["headers"]["Stripe-Signature"] = json!(header);
    event["multiValueHeaders"]["Stripe-Signature"] = json!([header]);
    event["body"] = json!(body);
    event["isBase64Encoded"] = json!(base64);
    serde_json::from_value(event).unwrap()
}

async fn answer(request: ApiGatewayProxyRequest) -> (i64, Value) {
    let deps = Deps {
        verifier: verifier(),
        clock: || NOW,
    };
    let event = LambdaEvent::new(request, Context::default());
    let answer = serde_json::to_value(handle(event, &deps).await.unwrap()).unwrap();
    let body = serde_json::from_str(answer["body"].as_str().unwrap()).unwrap();
    (answer["statusCode"].as_i64().unwrap(), body)
}

/// Verifies the body as it stands in the event.
pub fn verify_undecoded(secret: &str, digest: &str, request: &ApiGatewayProxyRequest) -> bool {
    let body = request.body.as_deref().unwrap_or_default();
    let time = NOW.to_string();
    hex_hmac(secret, &[time.as_bytes(), b".", body.as_bytes()]) == digest
}

#[tokio::test]
async fn who_verifies_before_decoding_refuses_every_event_of_an_api_with_binary_media_types() {
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;

    let header = stripe(STRIPE_SECRET, NOW, PAYMENT.as_bytes());
    let (_, digest) = header.split_once("v1=").unwrap();
    let as_text = request(&header, PAYMENT, false);
    let as_base64 = request(&header, &STANDARD.encode(PAYMENT), true);
    assert!(verify_undecoded(STRIPE_SECRET, digest, &as_text));
    assert!(!verify_undecoded(STRIPE_SECRET, digest, &as_base64));

    assert_eq!(answer(as_text).await.0, 200);
    assert_eq!(answer(as_base64).await.0, 200);
}

#[tokio::test]
async fn a_stranger_learns_the_same_from_every_refusal() {
    let good = stripe(STRIPE_SECRET, NOW, b"{}");
    let stale = stripe(STRIPE_SECRET, NOW - 301, b"{}");
    let wrong = stripe("whsec_wrong", NOW, b"{}");
    let mut answers = Vec::new();
    for (header, body) in [
        ("", "{}"),
        ("hello", "{}"),
        (&good, "{ }"),
        (&stale, "{}"),
        (&wrong, "{}"),
        // Whether it is an event is not even asked.
        (&wrong, "not JSON"),
        (&wrong, ""),
    ] {
        answers.push(answer(request(header, body, false)).await);
    }
    let expected = json!({ "error": "the signature is missing or not valid" });
    assert!(
        answers
            .iter()
            .all(|answer| *answer == (401, expected.clone()))
    );
}
