//! Responses in the shape that API Gateway's Lambda proxy integration takes.

use aws_lambda_events::apigw::ApiGatewayProxyResponse;
use aws_lambda_events::encodings::Body;
use aws_lambda_events::http::header::{CONTENT_TYPE, HeaderValue};
use lambda_runtime::Error;
use serde::Serialize;

use crate::refusal::Refusal;

/// A response with a JSON body.
///
/// # Errors
///
/// If `body` cannot be written as JSON.
pub fn json(status: i64, body: &impl Serialize) -> Result<ApiGatewayProxyResponse, Error> {
    let content_type = HeaderValue::from_static("application/json");

    let mut response = ApiGatewayProxyResponse::default();
    response.status_code = status;
    response.headers.insert(CONTENT_TYPE, content_type);
    response.body = Some(Body::Text(serde_json::to_string(body)?));
    Ok(response)
}

/// The answer to a request that was not accepted: `{"error":"…"}`.
///
/// # Errors
///
/// As [`json`].
pub fn refuse(refusal: &Refusal) -> Result<ApiGatewayProxyResponse, Error> {
    #[derive(Serialize)]
    struct Refused {
        error: String,
    }

    let error = refusal.to_string();
    json(refusal.status(), &Refused { error })
}
