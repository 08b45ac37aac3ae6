//! Exercise: only JSON, by its label too.

use aws_lambda_events::apigw::{ApiGatewayProxyRequest, ApiGatewayProxyResponse};
use lambda_runtime::{Error, LambdaEvent};
use serde_json::json;
use step_01_webhook_echo::{answer, headers, webhook};

/// Whether a `Content-Type` says JSON. Whatever stands behind a semicolon, such as the
/// charset, does not matter; neither does casing. No header is no JSON.
pub fn is_json(content_type: Option<&str>) -> bool {
    let media_type = content_type.unwrap_or_default().split(';').next();
    let media_type = media_type.unwrap_or_default().trim();
    media_type.eq_ignore_ascii_case("application/json")
}

/// Refuses what is not labeled as JSON and leaves everything else to the webhook.
pub async fn handle_json_only(
    event: LambdaEvent<ApiGatewayProxyRequest>,
) -> Result<ApiGatewayProxyResponse, Error> {
    let content_type = headers::value(&event.payload, "content-type");
    if !is_json(content_type.as_deref()) {
        let error = "the content type is not application/json";
        tracing::warn!(status = 415, "refused: {error}");
        return answer::json(415, &json!({ "error": error }));
    }
    webhook::handle(event).await
}

#[cfg(test)]
mod tests {
    use super::{handle_json_only, is_json};
    use crate::event::{answered, direct, invocation, read, request, through_cloudfront};
    use serde_json::{Value, json};

    async fn status(event: Value) -> i64 {
        let answer = handle_json_only(invocation(request(event))).await.unwrap();
        read(&serde_json::to_value(answer).unwrap()).0
    }

    fn with_types(types: &[&str]) -> Value {
        let mut event = direct();
        event["multiValueHeaders"]["Content-Type"] = json!(types);
        event
    }

    #[test]
    fn json_is_json_with_a_charset_and_in_any_casing() {
        for good in [
            "application/json",
            "Application/JSON",
            "application/json; charset=utf-8",
            " application/json ;charset=utf-8",
        ] {
            assert!(is_json(Some(good)), "{good}");
        }
    }

    #[test]
    fn anything_else_is_not() {
        for bad in [
            "",
            "text/plain",
            "application/jsonp",
            "text/plain; application/json",
        ] {
            assert!(!is_json(Some(bad)), "{bad}");
        }
        assert!(!is_json(None));
    }

    #[tokio::test]
    async fn json_is_handled_as_before() {
        assert_eq!(status(direct()).await, 200);
        assert_eq!(status(through_cloudfront()).await, 200);
    }

    /// Two headers are joined with a comma, and two types are none.
    #[tokio::test]
    async fn another_type_is_refused_and_so_are_two() {
        assert_eq!(status(with_types(&["text/plain"])).await, 415);
        assert_eq!(
            status(with_types(&["application/json", "text/plain"])).await,
            415
        );
        assert_eq!(status(with_types(&[])).await, 415);
    }

    #[tokio::test]
    async fn the_step_takes_json_under_any_name() {
        assert_eq!(answered(with_types(&["text/plain"])).await.0, 200);
    }
}
