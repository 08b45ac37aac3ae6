//! A handler that takes the event's `body` for what was sent.

use aws_lambda_events::apigw::ApiGatewayProxyRequest;
use aws_lambda_events::apigw::ApiGatewayProxyResponse;
use lambda_runtime::{Error, LambdaEvent};
use serde_json::{Value, json};
use step_01_webhook_echo::{answer, body};

use crate::event::{answered, in_base64, invocation, read, request, with_body};
use crate::stack::{Stack, edited};

pub async fn echo_text(
    event: LambdaEvent<ApiGatewayProxyRequest>,
) -> Result<ApiGatewayProxyResponse, Error> {
    let text = event.payload.body.unwrap_or_default();
    match body::parse(text.as_bytes()) {
        Ok(event) => answer::json(200, &json!({ "bodyBytes": text.len(), "body": event.text })),
        Err(refusal) => answer::refuse(&refusal),
    }
}

const BODY: &str = r#"{"id":"evt_1"}"#;

async fn naive(event: Value) -> (i64, Value) {
    let answer = echo_text(invocation(request(event))).await.unwrap();
    read(&serde_json::to_value(answer).unwrap())
}

#[tokio::test]
async fn it_is_right_until_the_body_comes_as_base64() {
    assert_eq!(naive(with_body(BODY)).await.0, 200);

    let (status, told) = naive(in_base64(BODY.as_bytes())).await;
    assert_eq!(status, 400);
    assert_eq!(told["error"], "the body is not a JSON object");

    let (status, echo) = answered(in_base64(BODY.as_bytes())).await;
    assert_eq!((status, &echo["body"]), (200, &json!(BODY)));
}

/// The step's template, with JSON among the API's binary media types.
pub fn with_binary_json() -> String {
    edited(
        "      OpenApiVersion: 3.0.1\n",
        "      OpenApiVersion: 3.0.1\n      BinaryMediaTypes: [application~1json]\n",
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn one_line_of_the_template_makes_every_json_body_base64() {
    let mut stack = Stack::start(&with_binary_json(), None).await;
    let answer = stack.post("/webhook", BODY.as_bytes()).await;

    assert_eq!(answer.function_in("isBase64Encoded"), true);
    assert_eq!(answer.function_in("body"), "eyJpZCI6ImV2dF8xIn0=");
    assert_eq!(answer.status, 200);
    assert_eq!(answer.json()["body"], BODY);
    stack.stop().await;
}

/// Without that line bytes that are no UTF-8 have become others on their way.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_text_arrives_as_another_text_unless_it_comes_as_base64() {
    let latin_1 = b"{\"name\":\"Zo\xeb\"}";

    let mut stack = Stack::start(&edited("", ""), None).await;
    let damaged = stack.post("/webhook", latin_1).await;
    assert_eq!(damaged.status, 200);
    assert_eq!(damaged.json()["body"], "{\"name\":\"Zo\u{fffd}\"}");
    assert_eq!(damaged.json()["bodyBytes"], latin_1.len() + 2);
    stack.stop().await;

    let mut stack = Stack::start(&with_binary_json(), None).await;
    let whole = stack.post("/webhook", latin_1).await;
    assert_eq!(whole.status, 400);
    assert_eq!(whole.json()["error"], "the body is not a JSON object");
    stack.stop().await;
}
