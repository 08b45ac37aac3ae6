//! Trails without what differs from one run to the next, for snapshots.

use std::sync::LazyLock;

use regex::Regex;
use serde_json::Value;

use crate::trail::Trail;

/// What is replaced inside texts, in this order.
static PATTERNS: LazyLock<Vec<(Regex, &str)>> = LazyLock::new(|| {
    let patterns = [
        (r"Root=1-[0-9a-f]{8}-[0-9a-f]{24}", "[trace id]"),
        (
            r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
            "[uuid]",
        ),
        (r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z", "[time]"),
        (
            r"\d{2}/[A-Z][a-z]{2}/\d{4}:\d{2}:\d{2}:\d{2} \+0000",
            "[time]",
        ),
        (r"127\.0\.0\.1:\d+", "127.0.0.1:[port]"),
        (r"t=\d+,v1=[0-9a-f]{64}", "t=[seconds],v1=[signature]"),
        (
            r"(^|[^A-Za-z0-9+/_-])[A-Za-z0-9_-]{54}==",
            "${1}[request id]",
        ),
    ];
    // They are constants: one that does not compile would fail every test here.
    patterns
        .into_iter()
        .filter_map(|(regex, with)| Some((Regex::new(regex).ok()?, with)))
        .collect()
});

/// Fields whose values differ whatever they are.
const FIELDS: [(&str, &str); 7] = [
    ("trail", "[uuid]"),
    ("started", "[epoch]"),
    ("microseconds", "[duration]"),
    ("requestTimeEpoch", "[epoch]"),
    ("extendedRequestId", "[id]"),
    ("deploymentId", "[id]"),
    ("Signature", "[signature]"),
];

impl Trail {
    /// The trail as JSON, with ids, times and ports replaced by their kind, also
    /// inside texts.
    #[must_use]
    pub fn redacted(&self) -> Value {
        let mut value = serde_json::to_value(self).unwrap_or_default();
        redact(&mut value);
        value
    }
}

fn redact(value: &mut Value) {
    match value {
        Value::String(text) => {
            for (pattern, with) in PATTERNS.iter() {
                if pattern.is_match(text) {
                    *text = pattern.replace_all(text, *with).into_owned();
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(redact),
        Value::Object(fields) => {
            for (name, value) in fields.iter_mut() {
                match FIELDS.iter().find(|(field, _)| field == name) {
                    Some((_, with)) if !value.is_null() => {
                        *value = Value::String((*with).to_owned());
                    }
                    _ => redact(value),
                }
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_differs_is_replaced_and_the_rest_stays() {
        let mut value = json!({
            "trail": "8f0c5b1e-6f2d-4f7e-9d53-0c1a2b3c4d5e",
            "microseconds": 12,
            "in": {"time": "2026-04-09T12:34:56.234Z", "url": "http://127.0.0.1:4000/prod", "n": 1},
            "out": ["Root=1-66f1a2b3-0123456789abcdef01234567;Sampled=0", "09/Apr/2026:12:34:56 +0000"],
            "id": format!("{}==", "kZ2VYxPq0-".repeat(6).split_at(54).0),
        });
        redact(&mut value);
        let expected = json!({
            "trail": "[uuid]",
            "microseconds": "[duration]",
            "in": {"time": "[time]", "url": "http://127.0.0.1:[port]/prod", "n": 1},
            "out": ["[trace id];Sampled=0", "[time]"],
            "id": "[request id]",
        });
        assert_eq!(value, expected);
        assert_eq!(PATTERNS.len(), 7, "every pattern compiles");
    }
}
