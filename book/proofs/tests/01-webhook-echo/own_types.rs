//! A handler with types of its own, written after a look at one event.

use std::collections::HashMap;

use lambda_runtime::{Error, LambdaEvent};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::event::{answered, direct, invocation, read, through_cloudfront, without_body};

/// The three fields that this handler needs.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Request {
    http_method: String,
    headers: HashMap<String, String>,
    body: String,
}

pub async fn echo_own_types(event: LambdaEvent<Request>) -> Result<Value, Error> {
    let request = event.payload;
    let echo = json!({
        "method": request.http_method,
        "contentType": request.headers.get("Content-Type"),
        "bodyBytes": request.body.len(),
    });
    Ok(json!({ "statusCode": 200, "body": echo.to_string() }))
}

async fn naive(event: Value) -> (i64, Value) {
    let request = serde_json::from_value(event).unwrap();
    read(&echo_own_types(invocation(request)).await.unwrap())
}

#[tokio::test]
async fn with_the_event_that_it_was_written_after_it_is_right() {
    let (status, echo) = naive(direct()).await;
    assert_eq!(status, 200);
    assert_eq!(echo["contentType"], "application/json");
    assert_eq!(
        answered(direct()).await.1["contentType"],
        "application/json"
    );
}

#[tokio::test]
async fn a_name_in_exact_casing_is_not_found_through_cloudfront() {
    let (status, echo) = naive(through_cloudfront()).await;
    assert_eq!((status, &echo["contentType"]), (200, &Value::Null));

    let (_, echo) = answered(through_cloudfront()).await;
    assert_eq!(echo["contentType"], "application/json");
}

#[tokio::test]
async fn of_a_header_that_came_twice_it_sees_the_last() {
    let mut event = direct();
    event["headers"]["Content-Type"] = json!("text/plain");
    event["multiValueHeaders"]["Content-Type"] = json!(["application/json", "text/plain"]);

    let (_, echo) = naive(event.clone()).await;
    assert_eq!(echo["contentType"], "text/plain");
    let (_, echo) = answered(event).await;
    assert_eq!(echo["contentType"], "application/json,text/plain");
}

#[tokio::test]
async fn a_request_without_a_body_does_not_even_reach_it() {
    let error = serde_json::from_value::<Request>(without_body());
    let error = error.err().unwrap().to_string();
    assert_eq!(error, "invalid type: null, expected a string");

    let (status, told) = answered(without_body()).await;
    assert_eq!((status, &told["error"]), (400, &json!("the body is empty")));
}
