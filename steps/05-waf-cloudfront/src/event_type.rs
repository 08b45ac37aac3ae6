//! What kind of event this is, in a form that SNS takes as an attribute.

use serde_json::{Map, Value};

use crate::signature::Scheme;

/// The type of an event: the body's `type` if Stripe sent it, else what the
/// sender wrote in `X-Event-Type`, else again the body's `type`.
///
/// SNS refuses a message with an odd attribute, so whatever is not a plain word
/// becomes `unknown`. `X-Event-Type` is not signed: the type is a hint for
/// subscribers that filter, and nothing to rely on.
pub fn event_type<'a>(
    scheme: Scheme,
    header: Option<&'a str>,
    fields: &'a Map<String, Value>,
) -> &'a str {
    let in_body = fields.get("type").and_then(Value::as_str);
    let named = match scheme {
        Scheme::Stripe => in_body,
        Scheme::Generic => header.or(in_body),
    };
    named.filter(|name| is_plain(name)).unwrap_or("unknown")
}

fn is_plain(name: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    (1..=256).contains(&name.len()) && name.bytes().all(allowed)
}
