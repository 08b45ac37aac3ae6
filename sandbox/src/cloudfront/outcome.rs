//! What a CloudFront Function returned, and what becomes of it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use serde_json::{Map, Value};

use crate::aws::same_header;
use crate::cloudfront::event::{self, is_disallowed};
use crate::cloudfront::visit::Visit;
use crate::http1::head::Header;
use crate::http1::is_local;
use crate::http1::reply::Reply;

/// Headers that Functions can read only.
const READ_ONLY_IN_REQUESTS: &[&str] = &["content-length", "host", "transfer-encoding", "via"];
const READ_ONLY_IN_RESPONSES: &[&str] = &["transfer-encoding", "via", "warning"];
/// What cannot stand in a URL as it is.
const NOT_IN_PATHS: &AsciiSet = &CONTROLS.add(b' ').add(b'#').add(b'?');
const NOT_IN_QUERIES: &AsciiSet = &CONTROLS.add(b' ').add(b'#');

/// What follows a `viewer-request` Function.
#[derive(Debug)]
pub(super) enum Verdict {
    /// The request goes on, perhaps changed.
    Forward(Visit),
    /// The Function answered itself.
    Respond(Reply),
}

/// Why a returned value is not valid, in words.
type Invalid = String;

/// Reads what a `viewer-request` Function returned for `visit`.
pub(super) fn of_request(json: &str, visit: &Visit) -> Result<Verdict, Invalid> {
    let returned = object(json)?;
    if returned.contains_key("statusCode") {
        let nothing = Reply {
            status: 200,
            headers: Vec::new(),
            body: Bytes::new(),
        };
        return response(&returned, nothing).map(Verdict::Respond);
    }
    if returned.get("method").and_then(Value::as_str) != Some(&visit.method) {
        return Err("request.method is read-only".to_owned());
    }
    let path = match returned.get("uri").and_then(Value::as_str) {
        Some(path) if path.starts_with('/') => path,
        _ => return Err("request.uri must be text that begins with a slash".to_owned()),
    };
    let path = match path == visit.path {
        true => path.to_owned(),
        false => utf8_percent_encode(path, NOT_IN_PATHS).to_string(),
    };
    let (parameters, known) = (fields(&returned, "querystring")?, event::querystring(visit));
    let query = match *parameters == known {
        // As it was written, to the letter.
        true => visit.query.clone(),
        false => rebuilt(parameters, &known, "&")?
            .map(|query| utf8_percent_encode(&query, NOT_IN_QUERIES).to_string()),
    };
    let known = event::headers(&visit.headers, "cookie");
    let mut headers = changed(fields(&returned, "headers")?, &known, READ_ONLY_IN_REQUESTS)?;
    // What Functions do not see stays as it is.
    let unseen = visit
        .headers
        .iter()
        .filter(|header| is_disallowed(&header.name.to_ascii_lowercase()));
    headers.extend(unseen.cloned());
    let cookies = rebuilt(fields(&returned, "cookies")?, &event::cookies(visit), "; ")?;
    if let Some(value) = cookies {
        headers.push(header("cookie", &value)?);
    }
    Ok(Verdict::Forward(Visit {
        path,
        query,
        headers,
        ..visit.clone()
    }))
}

/// Reads what a `viewer-response` Function returned for `reply`.
pub(super) fn of_response(json: &str, reply: Reply) -> Result<Reply, Invalid> {
    response(&object(json)?, reply)
}

/// A response that a Function returned, made of `before`.
fn response(returned: &Map<String, Value>, before: Reply) -> Result<Reply, Invalid> {
    let status = returned.get("statusCode").and_then(Value::as_u64);
    let status = status.and_then(|status| u16::try_from(status).ok());
    let status = status
        .filter(|status| (200..600).contains(status))
        .ok_or("response.statusCode must be a whole number from 200 to 599")?;
    let nothing = Map::new();
    let optional = |name: &str| match returned.contains_key(name) {
        true => fields(returned, name),
        false => Ok(&nothing),
    };
    let known = event::headers(&before.headers, "set-cookie");
    let mut headers = changed(optional("headers")?, &known, READ_ONLY_IN_RESPONSES)?;
    // These follow from the body and the clock.
    headers.retain(|header| {
        !same_header(&header.name, "content-length") && !same_header(&header.name, "date")
    });
    let unseen = before
        .headers
        .into_iter()
        .filter(|header| is_disallowed(&header.name.to_ascii_lowercase()));
    headers.extend(unseen);
    for (name, field) in optional("cookies")? {
        let single = std::slice::from_ref(field);
        let several = field.get("multiValue").and_then(Value::as_array);
        for cookie in several.map_or(single, Vec::as_slice) {
            let mut text = format!("{name}={}", text(cookie, name)?);
            if let Some(attributes) = cookie.get("attributes").and_then(Value::as_str) {
                text.push_str("; ");
                text.push_str(attributes);
            }
            headers.push(header("set-cookie", &text)?);
        }
    }
    Ok(Reply {
        status,
        headers,
        body: body(returned.get("body"))?.unwrap_or(before.body),
    })
}

/// The body that a Function put in place of another.
fn body(body: Option<&Value>) -> Result<Option<Bytes>, Invalid> {
    let invalid = "response.body must be text, or an object with encoding and data";
    let Some(body) = body else {
        return Ok(None);
    };
    if let Some(text) = body.as_str() {
        return Ok(Some(Bytes::copy_from_slice(text.as_bytes())));
    }
    let data = body.get("data").and_then(Value::as_str).ok_or(invalid)?;
    match body.get("encoding").and_then(Value::as_str) {
        Some("text") => Ok(Some(Bytes::copy_from_slice(data.as_bytes()))),
        Some("base64") => match STANDARD.decode(data) {
            Ok(bytes) => Ok(Some(bytes.into())),
            Err(_) => Err("response.body.data is not base64".to_owned()),
        },
        _ => Err(invalid.to_owned()),
    }
}

fn object(json: &str) -> Result<Map<String, Value>, Invalid> {
    match serde_json::from_str(json) {
        Ok(Value::Object(fields)) => Ok(fields),
        _ => Err("the Function must return a request or a response".to_owned()),
    }
}

fn fields<'a>(of: &'a Map<String, Value>, name: &str) -> Result<&'a Map<String, Value>, Invalid> {
    let fields = of.get(name).and_then(Value::as_object);
    fields.ok_or_else(|| format!("{name} must be an object"))
}

/// The text of a field's `value`.
fn text<'a>(field: &'a Value, name: &str) -> Result<&'a str, Invalid> {
    let text = field.get("value").and_then(Value::as_str);
    text.ok_or_else(|| format!("{name} must be an object whose value is text"))
}

/// The values of a field that was `known` so before. Changes of `multiValue`
/// count; without any a changed `value` is the first one.
fn values(name: &str, field: &Value, known: Option<&Value>) -> Result<Vec<String>, Invalid> {
    let Some(several) = field.get("multiValue") else {
        return Ok(vec![text(field, name)?.to_owned()]);
    };
    let items = several
        .as_array()
        .ok_or_else(|| format!("multiValue of {name} must be a list"))?;
    let mut values = Vec::new();
    for item in items {
        values.push(text(item, name)?.to_owned());
    }
    let unchanged = known.and_then(|known| known.get("multiValue")) == Some(several);
    if unchanged && let Some(first) = values.first_mut() {
        text(field, name)?.clone_into(first);
    }
    Ok(values)
}

/// Fields as `name=value`, or nothing if there are none.
fn rebuilt(
    fields: &Map<String, Value>,
    known: &Map<String, Value>,
    between: &str,
) -> Result<Option<String>, Invalid> {
    let mut parts = Vec::new();
    for (name, field) in fields {
        for value in values(name, field, known.get(name))? {
            parts.push(format!("{name}={value}"));
        }
    }
    Ok((!parts.is_empty()).then(|| parts.join(between)))
}

/// The headers that a Function returned, where it saw `known`.
fn changed(
    fields: &Map<String, Value>,
    known: &Map<String, Value>,
    read_only: &[&str],
) -> Result<Vec<Header>, Invalid> {
    let touched = read_only
        .iter()
        .find(|name| fields.get(**name) != known.get(**name));
    if let Some(name) = touched {
        return Err(format!("the header {name} is read-only"));
    }
    let mut headers = Vec::new();
    for (name, field) in fields {
        if is_disallowed(name) || is_local(name) {
            return Err(format!("a Function may not set the header {name}"));
        }
        for value in values(name, field, known.get(name))? {
            headers.push(header(name, &value)?);
        }
    }
    Ok(headers)
}

/// A header as CloudFront writes it after a Function: each word of its name
/// with a capital letter.
fn header(name: &str, value: &str) -> Result<Header, Invalid> {
    if name.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return Err(format!("the header name {name} must be in lower case"));
    }
    if http::HeaderName::from_bytes(name.as_bytes()).is_err() {
        return Err(format!("{name:?} is not the name of a header"));
    }
    if value.chars().any(|c| c.is_control() && c != '\t') {
        return Err(format!("the value of the header {name} is not one line"));
    }
    let words = name.split('-').map(|word| {
        let (first, rest) = word.split_at(word.len().min(1));
        first.to_ascii_uppercase() + rest
    });
    Ok(Header {
        name: words.collect::<Vec<_>>().join("-"),
        value: value.to_owned(),
    })
}
