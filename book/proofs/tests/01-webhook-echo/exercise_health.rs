//! Exercise: a GET that tells whether the function answers.

use aws_lambda_events::apigw::{ApiGatewayProxyRequest, ApiGatewayProxyResponse};
use lambda_runtime::{Error, LambdaEvent};
use serde_json::json;
use step_01_webhook_echo::{answer, webhook};

/// Answers a GET itself and leaves everything else to the webhook.
pub async fn handle_or_report(
    event: LambdaEvent<ApiGatewayProxyRequest>,
) -> Result<ApiGatewayProxyResponse, Error> {
    if event.payload.http_method == "GET" {
        return answer::json(200, &json!({ "ok": true }));
    }
    webhook::handle(event).await
}

#[cfg(test)]
mod tests {
    use super::handle_or_report;
    use crate::event::{direct, invocation, read, request, without_body};
    use crate::stack::{Stack, edited};
    use serde_json::{Value, json};

    /// The template of the exercise, read from the listing's own file.
    const SOLUTION: &str = include_str!("health.yaml");

    async fn answered(event: Value) -> (i64, Value) {
        let answer = handle_or_report(invocation(request(event))).await.unwrap();
        read(&serde_json::to_value(answer).unwrap())
    }

    #[tokio::test]
    async fn a_get_is_answered_and_a_post_is_handled_as_before() {
        let mut get = without_body();
        get["httpMethod"] = json!("GET");
        assert_eq!(answered(get).await, (200, json!({ "ok": true })));
        assert_eq!(answered(direct()).await.0, 200);
        assert_eq!(answered(without_body()).await.0, 400);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn before_the_template_changes_no_get_reaches_the_function() {
        let mut stack = Stack::start(&edited("", ""), None).await;
        let answer = stack.get("/webhook").await;
        let told = r#"{"message":"Missing Authentication Token"}"#;
        assert_eq!((answer.status, answer.body.as_str()), (403, told));
        assert!(answer.function().is_none());
        stack.stop().await;
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn with_the_second_event_a_get_reaches_the_function() {
        let mut stack = Stack::start(SOLUTION, None).await;
        let answer = stack.get("/webhook").await;
        assert_eq!(answer.function_in("httpMethod"), "GET");
        // The step's own handler: it wants a body.
        assert_eq!(answer.status, 400);
        stack.stop().await;
    }
}
