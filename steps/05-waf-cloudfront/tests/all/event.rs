//! Events as API Gateway sends them, for the other tests to use and to bend.

use aws_lambda_events::apigw::ApiGatewayProxyRequest;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use lambda_runtime::{Context, LambdaEvent};
use serde_json::{Value, json};

/// A webhook body as Stripe sends it.
pub const PAYMENT: &str = include_str!("../events/payment_intent.succeeded.json");

/// facts/aws.md 1.3 (i): a POST straight to the regional endpoint.
pub fn direct() -> Value {
    serde_json::from_str(include_str!("../events/rest-direct.json")).unwrap()
}

/// facts/aws.md 1.3 (ii): the same POST through a CloudFront distribution.
pub fn through_cloudfront() -> Value {
    serde_json::from_str(include_str!("../events/rest-through-cloudfront.json")).unwrap()
}

/// A direct request with this body.
pub fn with_body(body: &str) -> Value {
    let mut event = direct();
    event["body"] = json!(body);
    event
}

/// A direct request with these bytes as its body, as an API with binary media
/// types hands them over.
pub fn with_bytes(bytes: &[u8]) -> Value {
    let mut event = with_body(&STANDARD.encode(bytes));
    event["isBase64Encoded"] = json!(true);
    event
}

/// Adds a header in both forms, once for each value. The last one counts in
/// the single form (facts/aws.md 1.1).
pub fn add_header(event: &mut Value, name: &str, values: &[&str]) {
    if let Some(last) = values.last() {
        event["headers"][name] = json!(last);
        event["multiValueHeaders"][name] = json!(values);
    }
}

/// The typed request that the handler gets.
pub fn request(event: Value) -> ApiGatewayProxyRequest {
    serde_json::from_value(event).unwrap()
}

/// The typed event that the handler gets.
pub fn invocation(event: Value) -> LambdaEvent<ApiGatewayProxyRequest> {
    LambdaEvent::new(request(event), Context::default())
}
