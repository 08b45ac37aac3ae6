//! A message as it is shown.

use sandbox::trail::on_one_line;
use serde::de::IgnoredAny;
use serde_json::Value;

use crate::output::{DIM, GOOD, NAME, one_line, painted};

/// A payload as one line of JSON: exactly as it came, if it is that already.
#[must_use]
pub fn json_line(payload: &str) -> String {
    let is_json = serde_json::from_str::<IgnoredAny>(payload).is_ok();
    match is_json {
        true if payload.contains(['\n', '\r']) => on_one_line(payload),
        true => payload.to_owned(),
        false => Value::from(payload).to_string(),
    }
}

/// A payload for a person: when it came, its type and id, and as much of it as
/// fits in `width` columns.
#[must_use]
pub fn short_line(time: &str, payload: &str, width: usize) -> String {
    let event: Value = serde_json::from_str(payload).unwrap_or_default();
    let field = |name: &str| {
        let text = event.get(name).and_then(Value::as_str);
        text.map(|text| one_line(text, 60))
    };
    let parts = [
        (DIM, Some(time.to_owned())),
        (GOOD, field("type")),
        (NAME, field("id")),
    ];
    let mut line = String::new();
    let mut used = 0;
    for (style, text) in parts {
        let Some(text) = text else { continue };
        used += text.chars().count() + 2;
        line.push_str(&painted(style, &text));
        line.push_str("  ");
    }
    let room = width.saturating_sub(used);
    if room > 1 {
        line.push_str(&one_line(payload, room));
    }
    line.trim_end().to_owned()
}

/// Whether it is no event but API Gateway's own word about something that this
/// client sent: the stack has no route for a ping, or the route failed.
#[must_use]
pub fn is_about_a_ping(payload: &str) -> bool {
    const FIELDS: [&str; 3] = ["message", "connectionId", "requestId"];
    let object: Option<serde_json::Map<String, Value>> = serde_json::from_str(payload).ok();
    object.is_some_and(|object| object.keys().eq(FIELDS))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_payload_that_is_one_line_of_json_stays_as_it_is() {
        for payload in [
            r#"{"id": "evt_1",  "amount": 1.0e2, "é": "\\n"}"#,
            "1.50",
            "\"text\"",
            "null",
        ] {
            assert_eq!(json_line(payload), payload);
        }
    }

    #[test]
    fn anything_else_becomes_one_line_of_json() {
        let pretty = "{\r\n  \"b\": 1.50,\n  \"a\": \"x  y\"\n}\n";
        assert_eq!(json_line(pretty), r#"{"b":1.50,"a":"x  y"}"#);
        assert_eq!(json_line("not json\n"), r#""not json\n""#);
        assert_eq!(json_line(""), "\"\"");
    }

    #[test]
    fn a_person_sees_what_it_is_and_what_fits() {
        let payload = r#"{"id":"evt_1","type":"invoice.paid","data":{"n":1}}"#;
        let shown = |payload: &str, width| {
            let line = short_line("12:00:00", payload, width);
            anstream::adapter::strip_str(&line).to_string()
        };
        assert_eq!(
            shown(payload, 200),
            format!("12:00:00  invoice.paid  evt_1  {payload}")
        );
        let cut = shown(payload, 50);
        assert_eq!(cut.chars().count(), 50, "{cut}");
        assert!(cut.ends_with('…'));
        assert_eq!(shown(payload, 3), "12:00:00  invoice.paid  evt_1");
        assert_eq!(shown("a\n\u{1b}[2Jb", 80), "12:00:00  a b");
    }

    #[test]
    fn the_answer_to_a_ping_is_told_from_an_event() {
        let forbidden = r#"{"message": "Forbidden", "connectionId":"L0=", "requestId":"X="}"#;
        assert!(is_about_a_ping(forbidden));
        for event in [r#"{"message":"Forbidden"}"#, "{\"id\":\"evt_1\"}", "[]", ""] {
            assert!(!is_about_a_ping(event), "{event}");
        }
    }
}
