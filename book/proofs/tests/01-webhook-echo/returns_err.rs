//! A handler that passes every refusal on with `?`.

use aws_lambda_events::apigw::{ApiGatewayProxyRequest, ApiGatewayProxyResponse};
use lambda_runtime::{Error, LambdaEvent};
use serde_json::json;
use step_01_webhook_echo::{answer, body};

use crate::event::{answered, invocation, request, with_body};

pub async fn echo_or_fail(
    event: LambdaEvent<ApiGatewayProxyRequest>,
) -> Result<ApiGatewayProxyResponse, Error> {
    let bytes = body::decode(&event.payload)?;
    let event = body::parse(&bytes)?;
    answer::json(
        200,
        &json!({ "bodyBytes": bytes.len(), "body": event.text }),
    )
}

#[tokio::test]
async fn a_bad_request_is_an_error_of_the_naive_function_and_an_answer_of_ours() {
    let failed = echo_or_fail(invocation(request(with_body("hello")))).await;
    let error = failed.unwrap_err().to_string();
    assert_eq!(error, "the body is not a JSON object");

    let (status, told) = answered(with_body("hello")).await;
    assert_eq!((status, &told["error"]), (400, &json!(error)));
}

#[tokio::test]
async fn a_good_request_shows_no_difference() {
    let answer = echo_or_fail(invocation(request(with_body("{}"))))
        .await
        .unwrap();
    assert_eq!(answer.status_code, 200);
    assert_eq!(answered(with_body("{}")).await.0, 200);
}
