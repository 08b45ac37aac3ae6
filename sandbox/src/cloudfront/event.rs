//! The event of a CloudFront Function (CloudFront Developer Guide, "CloudFront
//! Functions event structure").

use http::StatusCode;
use serde_json::{Map, Value, json};

use crate::aws::same_header;
use crate::cloudfront::visit::Visit;
use crate::http1::head::Header;
use crate::http1::reply::Reply;
use crate::template::model::Distribution;

/// Headers that Functions neither see nor may add (CloudFront Developer Guide,
/// "Restrictions on all edge functions").
const DISALLOWED: &[&str] = &[
    "connection",
    "expect",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "trailer",
    "upgrade",
    "x-accel-buffering",
    "x-accel-charset",
    "x-accel-limit-rate",
    "x-accel-redirect",
    "x-amzn-auth",
    "x-amzn-cf-billing",
    "x-amzn-cf-id",
    "x-amzn-cf-xff",
    "x-amzn-errortype",
    "x-amzn-fle-profile",
    "x-amzn-header-count",
    "x-amzn-header-order",
    "x-amzn-lambda-integration-tag",
    "x-amzn-requestid",
    "x-cache",
    "x-forwarded-proto",
    "x-real-ip",
];
/// Beginnings of such names.
const DISALLOWED_STARTS: &[&str] = &["x-amz-", "x-edge-"];

/// Whether Functions neither see a header nor may add it.
pub(super) fn is_disallowed(lower_case: &str) -> bool {
    DISALLOWED.contains(&lower_case)
        || DISALLOWED_STARTS
            .iter()
            .any(|start| lower_case.starts_with(start))
}

/// The event of a viewer's request, and for `viewer-response` of its answer.
pub(super) fn event(
    distribution: &Distribution,
    request_id: &str,
    visit: &Visit,
    reply: Option<&Reply>,
) -> Value {
    let mut event = json!({
        "version": "1.0",
        "context": {
            "distributionDomainName": distribution.domain_name,
            "distributionId": distribution.id,
            "eventType": if reply.is_some() { "viewer-response" } else { "viewer-request" },
            "requestId": request_id,
        },
        "viewer": {"ip": visit.viewer},
        "request": {
            "method": visit.method,
            "uri": visit.path,
            "querystring": querystring(visit),
            "headers": headers(&visit.headers, "cookie"),
            "cookies": cookies(visit),
        },
    });
    if let Some(reply) = reply {
        event["response"] = json!({
            "statusCode": reply.status,
            "statusDescription": description(reply.status),
            "headers": headers(&reply.headers, "set-cookie"),
            "cookies": set_cookies(reply),
        });
    }
    event
}

fn description(status: u16) -> &'static str {
    let status = StatusCode::from_u16(status).ok();
    status
        .and_then(|status| status.canonical_reason())
        .unwrap_or_default()
}

/// A field for each name, with all its values.
pub(super) fn grouped(pairs: impl Iterator<Item = (String, Value)>) -> Map<String, Value> {
    let mut fields: Map<String, Value> = Map::new();
    for (name, value) in pairs {
        let Some(field) = fields.get_mut(&name) else {
            fields.insert(name, value);
            continue;
        };
        if field.get("multiValue").is_none() {
            field["multiValue"] = Value::Array(vec![field.clone()]);
        }
        if let Some(Value::Array(values)) = field.get_mut("multiValue") {
            values.push(value);
        }
    }
    fields
}

/// The parameters, as they stand in the URL.
pub(super) fn querystring(visit: &Visit) -> Map<String, Value> {
    grouped(visit.parameters().map(field))
}

/// The cookies of the request.
pub(super) fn cookies(visit: &Visit) -> Map<String, Value> {
    grouped(visit.cookies().map(field))
}

/// `name=value` as name and field.
fn field(part: &str) -> (String, Value) {
    let (name, value) = part.split_once('=').unwrap_or((part, ""));
    (name.to_owned(), json!({"value": value}))
}

/// The headers that Functions see; cookies have a place of their own.
pub(super) fn headers(headers: &[Header], cookies: &str) -> Map<String, Value> {
    let seen = headers.iter().filter_map(|header| {
        let name = header.name.to_ascii_lowercase();
        let hidden = name == cookies || is_disallowed(&name);
        (!hidden).then(|| (name, json!({"value": header.value})))
    });
    grouped(seen)
}

/// The cookies of a response with their attributes.
fn set_cookies(reply: &Reply) -> Map<String, Value> {
    let named = reply
        .headers
        .iter()
        .filter(|header| same_header(&header.name, "set-cookie"));
    grouped(named.map(|header| {
        let (cookie, attributes) = header.value.split_once(';').unwrap_or((&header.value, ""));
        let (name, mut field) = field(cookie.trim());
        if !attributes.is_empty() {
            field["attributes"] = attributes.trim().into();
        }
        (name, field)
    }))
}
