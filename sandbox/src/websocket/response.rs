//! What functions answer, as far as it counts.

use http::{HeaderValue, StatusCode};
use serde_json::{Map, Value};

use crate::aws::same_header;

/// Header by which client and `$connect` agree on a sub-protocol.
pub(super) const PROTOCOL: &str = "Sec-WebSocket-Protocol";

/// What the function of `$connect` wants.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Connect {
    pub(super) status: u16,
    pub(super) protocol: Option<String>,
}

/// Reads the answer of `$connect`. The error says what is wrong, as the end of
/// "the function's response …".
pub(super) fn connect(payload: &[u8]) -> Result<Connect, String> {
    let (status, object) = object(payload)?;
    let protocol = header(&object, PROTOCOL);
    // Else a line end in the value would let the function's input write headers.
    if protocol.is_some_and(|value| HeaderValue::from_str(value).is_err()) {
        return Err(format!(
            "has a value of {PROTOCOL} that HTTP does not allow"
        ));
    }
    Ok(Connect {
        status,
        protocol: protocol.map(str::to_owned),
    })
}

/// Reads the body that goes back to the client, if there is one.
pub(super) fn body(payload: &[u8]) -> Result<Option<String>, String> {
    let (_, mut object) = object(payload)?;
    match object.remove("body") {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(body)) => Ok(Some(body)),
        Some(_) => Err("has a \"body\" that is not a string".to_owned()),
    }
}

fn object(payload: &[u8]) -> Result<(u16, Map<String, Value>), String> {
    let value: Value =
        serde_json::from_slice(payload).map_err(|error| format!("is not JSON: {error}"))?;
    let Value::Object(object) = value else {
        return Err("is not a JSON object with statusCode".to_owned());
    };
    let status = match object.get("statusCode") {
        Some(Value::Number(number)) => number.as_u64(),
        Some(Value::String(text)) => text.parse().ok(),
        _ => return Err("has no statusCode".to_owned()),
    };
    let status = status
        .and_then(|status| u16::try_from(status).ok())
        // Below 200 it would not be a final answer.
        .filter(|status| *status >= 200 && StatusCode::from_u16(*status).is_ok())
        .ok_or("has a statusCode that is no status")?;
    Ok((status, object))
}

fn header<'a>(object: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    let named = |key: &str| {
        let headers = object.get(key)?.as_object()?;
        let mut named = headers.iter().filter(|(known, _)| same_header(known, name));
        named.next().map(|(_, value)| value)
    };
    let single = named("headers").and_then(Value::as_str);
    single.or_else(|| named("multiValueHeaders")?.get(0)?.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_must_be_one() {
        for payload in [
            "",
            "null",
            "\"ok\"",
            "[]",
            "{}",
            r#"{"statusCode":null}"#,
            r#"{"statusCode":101}"#,
            r#"{"statusCode":99999}"#,
            r#"{"statusCode":"ok"}"#,
            r#"{"statusCode":200.5}"#,
            r#"{"statusCode":200,"headers":{"sec-websocket-protocol":"a\r\nb: c"}}"#,
        ] {
            assert!(connect(payload.as_bytes()).is_err(), "{payload}");
        }
        let plain = connect(br#"{"statusCode":"204","headers":null}"#);
        assert_eq!(plain.map(|connect| connect.status), Ok(204));
    }

    #[test]
    fn the_sub_protocol_may_be_in_either_map() {
        for payload in [
            r#"{"statusCode":200,"headers":{"sec-websocket-protocol":"v1"}}"#,
            r#"{"statusCode":200,"multiValueHeaders":{"Sec-WebSocket-Protocol":["v1"]}}"#,
        ] {
            let protocol = connect(payload.as_bytes()).unwrap().protocol;
            assert_eq!(protocol.as_deref(), Some("v1"), "{payload}");
        }
    }
}
