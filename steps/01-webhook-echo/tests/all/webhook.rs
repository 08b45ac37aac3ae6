use aws_lambda_events::apigw::ApiGatewayProxyResponse;
use insta::{assert_json_snapshot, assert_snapshot};
use serde_json::{Value, json};

use crate::{event, logs};
use step_01_webhook_echo::webhook::handle;

async fn respond(event: Value) -> ApiGatewayProxyResponse {
    handle(event::invocation(event)).await.unwrap()
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

/// facts/aws.md 1.3 (i).
#[tokio::test]
async fn fact_1_3_a_direct_request_is_echoed() {
    assert_json_snapshot!(respond(event::direct()).await, @r#"
    {
      "statusCode": 200,
      "headers": {
        "content-type": "application/json"
      },
      "multiValueHeaders": {},
      "body": "{\"method\":\"POST\",\"path\":\"/webhook\",\"contentType\":\"application/json\",\"bodyBytes\":41,\"body\":\"{\\\"id\\\":\\\"evt_1\\\",\\\"type\\\":\\\"payment.succeeded\\\"}\"}",
      "isBase64Encoded": false
    }
    "#);
}

/// facts/aws.md 1.3 (ii): header names arrive in lower case here.
#[tokio::test]
async fn fact_1_3_a_request_through_cloudfront_is_echoed() {
    assert_json_snapshot!(respond(event::through_cloudfront()).await, @r#"
    {
      "statusCode": 200,
      "headers": {
        "content-type": "application/json"
      },
      "multiValueHeaders": {},
      "body": "{\"method\":\"POST\",\"path\":\"/webhook\",\"contentType\":\"application/json\",\"bodyBytes\":41,\"body\":\"{\\\"id\\\":\\\"evt_1\\\",\\\"type\\\":\\\"payment.succeeded\\\"}\"}",
      "isBase64Encoded": false
    }
    "#);
}

#[tokio::test]
async fn a_base64_body_is_echoed_as_the_text_that_was_sent() {
    let plain = answer(event::with_body(event::PAYMENT)).await;
    let encoded = answer(event::with_bytes(event::PAYMENT.as_bytes())).await;
    assert_eq!(plain, encoded);

    let echo: Value = serde_json::from_str(plain["body"].as_str().unwrap()).unwrap();
    assert_eq!(echo["body"], event::PAYMENT);
    assert_eq!(echo["bodyBytes"], event::PAYMENT.len());
}

#[tokio::test]
async fn what_cannot_be_read_is_refused() {
    let mut not_base64 = event::with_body("{}");
    not_base64["isBase64Encoded"] = json!(true);
    let mut no_body = event::direct();
    no_body["body"] = Value::Null;

    let refusals = [
        ("not base64", refusal(not_base64).await),
        ("no body", refusal(no_body).await),
        ("empty body", refusal(event::with_body("")).await),
        (
            "empty body in base64",
            refusal(event::with_bytes(b"")).await,
        ),
        ("not JSON", refusal(event::with_body("hello")).await),
        ("not an object", refusal(event::with_body("[1]")).await),
        (
            "not UTF-8",
            refusal(event::with_bytes(b"{\"a\":\"\xff\"}")).await,
        ),
    ];
    let lines = refusals.map(|(case, refusal)| format!("{case}: {refusal}"));
    assert_snapshot!(lines.join("\n"), @r#"
    not base64: 400 the body is not valid base64
    no body: 400 the body is empty
    empty body: 400 the body is empty
    empty body in base64: 400 the body is empty
    not JSON: 400 the body is not a JSON object
    not an object: 400 the body is not a JSON object
    not UTF-8: 400 the body is not a JSON object
    "#);
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
    for event in [event::direct(), event::with_body("")] {
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
        let mut event = event::with_body(body);
        event::add_header(&mut event, "Authorization", &["Bearer 4242-private"]);
        let (result, log) = logs::captured(handle(event::invocation(event))).await;
        assert!(result.is_ok());
        assert!(log.contains(expected), "{log}");
        assert!(!log.contains("private"), "{log}");
    }
}
