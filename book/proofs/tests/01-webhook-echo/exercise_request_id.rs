//! Exercise: the id that the caller has. To be worked into `src/webhook.rs`.

use aws_lambda_events::apigw::ApiGatewayProxyRequest;

/// The id under which API Gateway answers, in the header `x-amzn-RequestId`.
pub fn request_id(request: &ApiGatewayProxyRequest) -> &str {
    let id = request.request_context.request_id.as_deref();
    id.unwrap_or("unknown")
}

#[cfg(test)]
mod tests {
    use super::request_id;
    use crate::event::{direct, request};
    use crate::stack::{Stack, edited};
    use serde_json::Value;

    #[test]
    fn it_is_the_id_of_the_request_context() {
        let id = "8f0c5b1e-6f2d-4f7e-9d53-0c1a2b3c4d5e";
        assert_eq!(request_id(&request(direct())), id);
    }

    #[test]
    fn an_event_written_by_hand_may_have_none() {
        let mut event = direct();
        event["requestContext"]["requestId"] = Value::Null;
        assert_eq!(request_id(&request(event)), "unknown");
    }

    /// The caller gets the same id, and it is not the one of the invocation.
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
