//! A webhook as it reaches the function through the edge.

use aws_lambda_events::apigw::ApiGatewayProxyRequest;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

pub const SECRET: &str = "signing_proofs_only";
pub const ORIGIN_SECRET: &str = "the-edge-knows-this";
pub const BODY: &str = r#"{"id":"evt_1","type":"payment.test","card":"4242"}"#;

pub fn signature() -> String {
    let mut hmac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).unwrap();
    hmac.update(BODY.as_bytes());
    hex::encode(hmac.finalize().into_bytes())
}

pub fn request() -> ApiGatewayProxyRequest {
    serde_json::from_value(serde_json::json!({
        "resource": "/webhook",
        "path": "/webhook",
        "httpMethod": "POST",
        "headers": {
            "X-Signature": signature(),
            "x-origin-verify": ORIGIN_SECRET,
        },
        "multiValueHeaders": {
            "X-Signature": [signature()],
            "x-origin-verify": [ORIGIN_SECRET],
        },
        "requestContext": { "httpMethod": "POST", "identity": {} },
        "body": BODY,
        "isBase64Encoded": false,
    }))
    .unwrap()
}

/// What is in the request and must not be in a log.
pub fn hidden() -> [String; 3] {
    [signature(), ORIGIN_SECRET.to_owned(), "4242".to_owned()]
}
