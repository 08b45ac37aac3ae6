//! Looking up request headers.

use aws_lambda_events::apigw::ApiGatewayProxyRequest;

/// The value of a header, whatever casing its name came in: API Gateway keeps
/// the sender's, and `HeaderMap` compares names without regard to it.
///
/// A header that came more than once is joined with commas, as RFC 9110
/// section 5.3 defines. `headers` alone would hide that: it keeps only the last
/// value. It is still the place to look when `multiValueHeaders` is empty, as
/// it is in events written by hand.
pub fn value(request: &ApiGatewayProxyRequest, name: &str) -> Option<String> {
    let headers = if request.multi_value_headers.is_empty() {
        &request.headers
    } else {
        &request.multi_value_headers
    };

    headers
        .get_all(name)
        .iter()
        .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
        .reduce(|joined, value| joined + "," + &value)
}
