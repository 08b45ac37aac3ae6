//! The function's answer: the contract of a Lambda proxy integration
//! (API Gateway Developer Guide, "Set up Lambda proxy integrations in API
//! Gateway", and what was recorded from the service where the guide is silent).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{HeaderName, HeaderValue};
use serde_json::{Map, Value};

use crate::aws::same_header;
use crate::http1::head::Header;
use crate::http1::reply::Reply;
use crate::rest::errors::{GatewayError, Kind};

/// Names that the function cannot set: they arrive as `x-amzn-Remapped-<Name>`.
const REMAPPED: [&str; 17] = [
    "Connection",
    "Content-Length",
    "Date",
    "Server",
    "Authorization",
    "Content-MD5",
    "Expect",
    "Host",
    "Max-Forwards",
    "Proxy-Authenticate",
    "Trailer",
    "Upgrade",
    "User-Agent",
    "WWW-Authenticate",
    // Recorded for the first of these only, but two of any would be no id.
    "x-amzn-RequestId",
    "x-amz-apigw-id",
    "X-Amzn-Trace-Id",
];

/// Reads a function's payload. `decode` says whether the client accepts a
/// binary body, so that `isBase64Encoded` counts.
///
/// The error says what is wrong, as the end of "the function's response …".
pub(crate) fn read(payload: &[u8], decode: bool) -> Result<Reply, GatewayError> {
    let wrong = |reason: String| {
        GatewayError::new(
            Kind::BadIntegration,
            format!("the function's response {reason}"),
        )
    };
    let value: Value =
        serde_json::from_slice(payload).map_err(|error| wrong(format!("is not JSON: {error}")))?;
    let Value::Object(mut object) = value else {
        return Err(wrong(format!(
            "is {}; it must be a JSON object with statusCode, headers and body",
            described(&value)
        )));
    };
    let parts = Parts::take(&mut object).map_err(wrong)?;
    let body = if parts.encoded && decode {
        let decoded = STANDARD.decode(&parts.body).map_err(|error| {
            let reason = format!("says isBase64Encoded, but its body is not base64: {error}");
            GatewayError::new(Kind::Internal, format!("the function's response {reason}"))
        })?;
        Bytes::from(decoded)
    } else {
        Bytes::from(parts.body)
    };
    Ok(Reply {
        status: parts.status,
        headers: parts.headers,
        body,
    })
}

struct Parts {
    status: u16,
    headers: Vec<Header>,
    body: String,
    encoded: bool,
}

impl Parts {
    fn take(object: &mut Map<String, Value>) -> Result<Self, String> {
        let status = status(&object.remove("statusCode").unwrap_or_default())?;
        let multi = multi_value_headers(object.remove("multiValueHeaders").unwrap_or_default())?;
        let single = headers(object.remove("headers").unwrap_or_default())?;
        let body = match object.remove("body").unwrap_or_default() {
            Value::Null => String::new(),
            Value::String(body) => body,
            other => {
                return Err(format!(
                    "has {} as \"body\"; it must be a string (JSON as text)",
                    described(&other)
                ));
            }
        };
        let encoded = match object.remove("isBase64Encoded").unwrap_or_default() {
            Value::Null => false,
            Value::Bool(encoded) => encoded,
            other => {
                return Err(format!(
                    "has {} as \"isBase64Encoded\"; it must be true or false",
                    described(&other)
                ));
            }
        };
        if let Some(key) = object.keys().next() {
            return Err(format!(
                "has the key {key:?}; only statusCode, headers, multiValueHeaders, body and isBase64Encoded are allowed"
            ));
        }
        Ok(Self {
            status,
            headers: outgoing(merged(multi, single)),
            body,
            encoded,
        })
    }
}

/// A number or a numeric string; absent it is 200. Which numbers AWS takes is
/// not confirmed: 1xx would not be a final answer, and HTTP has three digits.
fn status(value: &Value) -> Result<u16, String> {
    let number = match value {
        Value::Null => return Ok(200),
        Value::Number(number) => number
            .as_u64()
            .and_then(|number| u16::try_from(number).ok()),
        Value::String(text) => text.parse().ok(),
        _ => None,
    };
    number
        .filter(|status| (200..=999).contains(status))
        .ok_or_else(|| {
            let shown: String = value.to_string().chars().take(40).collect();
            format!("has {shown} as \"statusCode\"; it must be a number such as 200")
        })
}

fn headers(value: Value) -> Result<Vec<Header>, String> {
    let pairs = map(value, "headers")?;
    pairs
        .into_iter()
        .map(|(name, value)| header("headers", name, value))
        .collect()
}

fn multi_value_headers(value: Value) -> Result<Vec<Header>, String> {
    let mut headers = Vec::new();
    for (name, values) in map(value, "multiValueHeaders")? {
        let Value::Array(values) = values else {
            return Err(format!(
                "has {} as value of {name:?} in \"multiValueHeaders\"; it must be a list of strings",
                described(&values)
            ));
        };
        for value in values {
            headers.push(header("multiValueHeaders", name.clone(), value)?);
        }
    }
    Ok(headers)
}

fn map(value: Value, key: &str) -> Result<Map<String, Value>, String> {
    match value {
        Value::Null => Ok(Map::new()),
        Value::Object(map) => Ok(map),
        other => Err(format!(
            "has {} as {key:?}; it must be an object",
            described(&other)
        )),
    }
}

/// A header whose value is a string or a bool. Whether AWS takes a number is not
/// confirmed; refusing it here keeps code that relies on it from being deployed.
fn header(key: &str, name: String, value: Value) -> Result<Header, String> {
    let value = match value {
        Value::String(text) => text,
        Value::Bool(value) => value.to_string(),
        other => {
            return Err(format!(
                "has {} as value of {name:?} in {key:?}; it must be a string",
                described(&other)
            ));
        }
    };
    // Else a line end in a value would let the function's input write headers.
    if HeaderName::from_bytes(name.as_bytes()).is_err() {
        return Err(format!(
            "has the header name {name:?}, which HTTP does not allow"
        ));
    }
    if HeaderValue::from_bytes(value.as_bytes()).is_err() {
        return Err(format!(
            "has a value of {name:?} in {key:?} with a character that HTTP does not allow, such as a line end"
        ));
    }
    Ok(Header { name, value })
}

fn described(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a bool",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

/// Both maps as one list: the multi values of a name first and under their
/// casing, then its single value unless it is among them.
fn merged(multi: Vec<Header>, single: Vec<Header>) -> Vec<Header> {
    let mut all = multi;
    for mut header in single {
        let last = all
            .iter()
            .rposition(|known| same_header(&known.name, &header.name));
        let known =
            |known: &Header| same_header(&known.name, &header.name) && known.value == header.value;
        match last {
            None => all.push(header),
            Some(_) if all.iter().any(known) => {}
            Some(last) => {
                header.name.clone_from(&all[last].name);
                all.insert(last + 1, header);
            }
        }
    }
    all
}

/// The headers under the names that reach the client, `Content-Type` added.
fn outgoing(mut headers: Vec<Header>) -> Vec<Header> {
    headers.retain(|header| !same_header(&header.name, "transfer-encoding"));
    for header in &mut headers {
        if REMAPPED.iter().any(|name| same_header(name, &header.name)) {
            header.name.insert_str(0, "x-amzn-Remapped-");
        }
    }
    if !headers
        .iter()
        .any(|header| same_header(&header.name, "content-type"))
    {
        headers.push(Header {
            name: "Content-Type".to_owned(),
            value: "application/json".to_owned(),
        });
    }
    headers
}

/// Whether a media type is one of an API's `binaryMediaTypes`. As recorded from
/// AWS only the first of a list counts, `image/*` is a pattern in the setting
/// alone, and `*/png` is none.
pub(crate) fn is_binary(binary_media_types: &[String], value: Option<&str>) -> bool {
    if binary_media_types.iter().any(|wanted| wanted == "*/*") {
        return true;
    }
    let first = value
        .unwrap_or_default()
        .split([',', ';'])
        .next()
        .unwrap_or_default()
        .trim();
    let Some((kind, _)) = first.split_once('/') else {
        return false;
    };
    binary_media_types
        .iter()
        .any(|wanted| match wanted.strip_suffix("/*") {
            Some(wanted) => wanted.eq_ignore_ascii_case(kind),
            None => !wanted.starts_with('*') && wanted.eq_ignore_ascii_case(first),
        })
}
