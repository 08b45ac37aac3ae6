//! Exercise: the id that the caller has, in each line of the log.

use aws_lambda_events::apigw::{ApiGatewayProxyRequest, ApiGatewayProxyResponse};
use lambda_runtime::{Error, LambdaEvent};
use step_01_webhook_echo::webhook;
use tracing::Instrument;

/// The id under which API Gateway answers, in the header `x-amzn-RequestId`.
pub fn request_id(request: &ApiGatewayProxyRequest) -> &str {
    let id = request.request_context.request_id.as_deref();
    id.unwrap_or("unknown")
}

/// Handles the request within a span, which every line that is logged meanwhile carries.
pub async fn handle_with_id(
    event: LambdaEvent<ApiGatewayProxyRequest>,
) -> Result<ApiGatewayProxyResponse, Error> {
    let span = tracing::info_span!("request", id = request_id(&event.payload));
    webhook::handle(event).instrument(span).await
}

#[cfg(test)]
mod tests {
    use super::{handle_with_id, request_id};
    use crate::event::{direct, invocation, request, with_body};
    use crate::logs::captured;
    use crate::stack::{Stack, edited};
    use serde_json::Value;
    use step_01_webhook_echo::webhook::handle;

    const ID: &str = "8f0c5b1e-6f2d-4f7e-9d53-0c1a2b3c4d5e";

    #[tokio::test]
    async fn good_or_refused_the_line_has_the_id() {
        for body in ["{}", "hello"] {
            let event = invocation(request(with_body(body)));
            let (answer, log) = captured(handle_with_id(event)).await;
            assert!(answer.is_ok());
            assert!(log.contains(ID), "{log}");

            let event = invocation(request(with_body(body)));
            let (_, log) = captured(handle(event)).await;
            assert!(!log.is_empty() && !log.contains(ID), "{log}");
        }
    }

    #[test]
    fn an_event_written_by_hand_may_have_none() {
        assert_eq!(request_id(&request(direct())), ID);
        let mut event = direct();
        event["requestContext"]["requestId"] = Value::Null;
        assert_eq!(request_id(&request(event)), "unknown");
    }

    /// The caller has the same id in a header.
    #[tokio::test(flavor = "multi_thread")]
    async fn the_caller_has_it_in_a_header() {
        let stack = Stack::start(&edited("", ""), None).await;
        let url = stack.sandbox.output("RestApiInvokeUrl").unwrap() + "/webhook";
        let response = ureq::post(url).send("{}").unwrap();
        let id = response.headers()["x-amzn-requestid"].to_str().unwrap();
        let trail = stack.sandbox.trail(id).await;
        let trail = serde_json::to_value(&trail).unwrap();
        let hops = trail["hops"].as_array().unwrap();
        let function = hops.iter().find(|hop| hop["service"] == "lambda").unwrap();
        assert_eq!(function["in"]["requestContext"]["requestId"], id);
        stack.stop().await;
    }
}
