//! Events as API Gateway sends them, and what the step answers.

use aws_lambda_events::apigw::ApiGatewayProxyRequest;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use lambda_runtime::{Context, LambdaEvent};
use serde_json::{Value, json};
use step_01_webhook_echo::webhook::handle;

/// A POST straight to the API.
pub fn direct() -> Value {
    let text = include_str!("../../../../steps/01-webhook-echo/tests/events/rest-direct.json");
    serde_json::from_str(text).unwrap()
}

/// The same through CloudFront, which wrote the names of headers in lower case.
pub fn through_cloudfront() -> Value {
    let text =
        include_str!("../../../../steps/01-webhook-echo/tests/events/rest-through-cloudfront.json");
    serde_json::from_str(text).unwrap()
}

pub fn without_body() -> Value {
    let mut event = direct();
    event["body"] = Value::Null;
    event
}

pub fn with_body(body: &str) -> Value {
    let mut event = direct();
    event["body"] = json!(body);
    event
}

/// As an API hands over what it takes for binary.
pub fn in_base64(bytes: &[u8]) -> Value {
    let mut event = with_body(&STANDARD.encode(bytes));
    event["isBase64Encoded"] = json!(true);
    event
}

pub fn request(event: Value) -> ApiGatewayProxyRequest {
    serde_json::from_value(event).unwrap()
}

pub fn invocation<T>(payload: T) -> LambdaEvent<T> {
    LambdaEvent::new(payload, Context::default())
}

/// Status and body of the step's own answer.
pub async fn answered(event: Value) -> (i64, Value) {
    let answer = handle(invocation(request(event))).await.unwrap();
    read(&serde_json::to_value(answer).unwrap())
}

/// Status and body of an answer in the form that API Gateway gets.
pub fn read(answer: &Value) -> (i64, Value) {
    let status = answer["statusCode"].as_i64().unwrap();
    let body = answer["body"].as_str().unwrap();
    (status, serde_json::from_str(body).unwrap())
}
