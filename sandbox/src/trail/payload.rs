//! What went into a hop or came out of it.

use bytes::Bytes;
use serde::{Serialize, Serializer};
use serde_json::Value;
use serde_json::value::RawValue;

/// How much of a payload a hop keeps, in bytes: enough for any sample event,
/// little enough that a load run does not fill the memory.
const PAYLOAD_KEPT: usize = 8 * 1024;

/// The start of a payload that went into or came out of a hop, and its length.
///
/// To be serialised with `serde_json`, which alone knows raw JSON.
#[derive(Clone, Debug)]
pub struct Payload {
    kept: Bytes,
    length: usize,
}

impl Payload {
    /// Keeps the start of `bytes`, with stars over the `secrets` in it.
    pub(super) fn new(bytes: &Bytes, secrets: &[String]) -> Self {
        // A copy, so that a kept excerpt does not keep a large body alive.
        let mut kept = bytes[..bytes.len().min(PAYLOAD_KEPT)].to_vec();
        for secret in secrets {
            // One that the cut would split is found as well.
            let seen = &bytes[..bytes.len().min(PAYLOAD_KEPT + secret.len())];
            for (at, window) in seen.windows(secret.len()).enumerate() {
                if window == secret.as_bytes() {
                    let end = kept.len().min(at + secret.len());
                    kept[at.min(end)..end].fill(b'*');
                }
            }
        }
        Self {
            kept: kept.into(),
            length: bytes.len(),
        }
    }

    /// This payload once more, if `bytes` look the same in it.
    pub(super) fn same(&self, bytes: &Bytes) -> Option<Self> {
        let same = self.length == bytes.len() && bytes.starts_with(&self.kept);
        same.then(|| self.clone())
    }

    /// How much of it is in memory, in bytes.
    pub(super) fn kept(&self) -> usize {
        self.kept.len()
    }

    /// Length of the whole payload in bytes.
    #[must_use]
    pub fn length(&self) -> usize {
        self.length
    }

    /// The payload as text, or as much of it as was kept.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::from_utf8_lossy(&self.kept).into_owned();
        if self.kept.len() < self.length {
            text.push_str(&format!("… ({} bytes in all)", self.length));
        }
        text
    }

    /// The payload as JSON if it is JSON, else as a JSON string.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::to_value(self).unwrap_or_default()
    }
}

impl Serialize for Payload {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // Trails are written by the thousand under load: JSON is checked and
        // copied then, not taken apart and put together again.
        let whole = self.kept.len() == self.length;
        let text = std::str::from_utf8(&self.kept).ok().filter(|_| whole);
        match text.and_then(|text| RawValue::from_string(on_one_line(text)).ok()) {
            Some(json) => json.serialize(serializer),
            None => serializer.serialize_str(&self.text()),
        }
    }
}

/// JSON without white space between its parts, which makes it one line. Numbers,
/// names and their order stay as they are written.
#[must_use]
pub fn on_one_line(json: &str) -> String {
    let mut in_string = false;
    let mut escaped = false;
    let significant = json.chars().filter(|character| {
        let keep = in_string || !character.is_ascii_whitespace();
        in_string = in_string != (*character == '"' && !escaped);
        escaped = in_string && *character == '\\' && !escaped;
        keep
    });
    significant.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_payload_is_cut_and_its_length_kept() {
        let payload = Payload::new(&Bytes::from(vec![b'x'; PAYLOAD_KEPT + 1]), &[]);
        assert_eq!(payload.length(), PAYLOAD_KEPT + 1);
        assert!(payload.text().ends_with("(8193 bytes in all)"));
    }

    #[test]
    fn secrets_are_starred_wherever_they_stand() {
        let secrets = ["s3cret".to_owned()];
        let shown =
            |text: &str| Payload::new(&Bytes::copy_from_slice(text.as_bytes()), &secrets).text();
        assert_eq!(shown("s3cret, s3cret!"), "******, ******!");
        let cut = shown(&format!("{}s3cret", "x".repeat(PAYLOAD_KEPT - 3)));
        assert!(cut.contains("x***…"), "{}", &cut[PAYLOAD_KEPT - 9..]);
    }

    #[test]
    fn a_payload_is_json_on_one_line_or_else_text() {
        let written = |payload: &str| {
            let payload = Payload::new(&Bytes::copy_from_slice(payload.as_bytes()), &[]);
            serde_json::to_string(&payload).unwrap()
        };
        let spaced = "{ \"a b\" :\r\n [1,\t\"\\\" \\\\\" ] }";
        assert_eq!(written(spaced), r#"{"a b":[1,"\" \\"]}"#);
        assert_eq!(written("{\"a\": "), r#""{\"a\": ""#);
        assert_eq!(written(""), "\"\"");
    }
}
