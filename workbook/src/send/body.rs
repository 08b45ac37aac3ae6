//! The bodies to send: the repository's sample events, or a file.

use std::path::Path;

use serde_json::Value;

use crate::error::{Result, io, usage};

/// Event that is sent when none is named.
pub const DEFAULT_EVENT: &str = "payment_intent.succeeded";

/// A sample event and its text, built in so that it is at hand in any folder.
macro_rules! samples {
    ($($name:literal),+ $(,)?) => {
        [$(($name, include_str!(concat!("../../../events/", $name, ".json")))),+]
    };
}

const SAMPLES: [(&str, &str); 6] = samples![
    "charge.refunded",
    "checkout.session.completed",
    "invoice.paid",
    "payment_intent.payment_failed",
    "payment_intent.succeeded",
    "test.payment.succeeded",
];

/// Names of the sample events.
pub fn event_names() -> impl Iterator<Item = &'static str> {
    SAMPLES.iter().map(|(name, _)| *name)
}

/// A body, and where in it the event's id stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Body {
    bytes: Vec<u8>,
    id: Option<std::ops::Range<usize>>,
}

impl Body {
    /// The sample or file that `event` names, seen from `current`.
    ///
    /// # Errors
    /// If it is neither.
    pub fn find(event: &str, current: &Path) -> Result<Self> {
        let name = event.strip_suffix(".json").unwrap_or(event);
        let file = current.join(event);
        let sample = SAMPLES.iter().find(|(known, _)| *known == name);
        match sample {
            // A file that lies here under a sample's name is what was meant.
            Some((_, text)) if !file.is_file() => Ok(Self::new(text.as_bytes().to_vec())),
            None if !file.is_file() => {
                let names: Vec<&str> = event_names().collect();
                Err(usage(format!(
                    "{event:?} is neither a file nor a sample event; the samples are {}",
                    names.join(", ")
                )))
            }
            _ => Ok(Self::new(std::fs::read(&file).map_err(io("read", &file))?)),
        }
    }

    /// A body of these bytes, JSON or not.
    #[must_use]
    pub fn new(bytes: Vec<u8>) -> Self {
        let id = place_of_id(&bytes);
        Self { bytes, id }
    }

    /// The bytes as they are.
    #[must_use]
    pub fn as_is(&self) -> Vec<u8> {
        self.bytes.clone()
    }

    /// The bytes with `id` as the event's id, the rest untouched; as they are
    /// if they have no id.
    #[must_use]
    pub fn with_id(&self, id: &str) -> Vec<u8> {
        let mut bytes = self.bytes.clone();
        if let Some(place) = &self.id {
            bytes.splice(place.clone(), id.bytes());
        }
        bytes
    }
}

/// Where the value of the top-level `id` stands, without its quotes. The text
/// is not printed anew: signatures are made over bytes, and a file that was
/// written with care should arrive as it was written.
fn place_of_id(bytes: &[u8]) -> Option<std::ops::Range<usize>> {
    let event: Value = serde_json::from_slice(bytes).ok()?;
    let id = event.get("id")?.as_str().filter(|id| !id.is_empty())?;
    let quoted = format!("\"{id}\"");
    let mut places = bytes.windows(quoted.len()).enumerate();
    places.find_map(|(start, window)| {
        let place = start + 1..start + 1 + id.len();
        // The text may stand elsewhere too: it is the id if changing it changes
        // the id and nothing else would.
        let is_id = || {
            let mut changed = bytes.to_vec();
            changed.splice(place.clone(), *b"?");
            let changed: Option<Value> = serde_json::from_slice(&changed).ok();
            changed.is_some_and(|changed| changed["id"] == "?")
        };
        (window == quoted.as_bytes() && is_id()).then(|| place.clone())
    })
}

/// A fresh event id.
#[must_use]
pub fn fresh_id() -> String {
    format!("evt_{}", uuid::Uuid::new_v4().simple())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_event_of_the_repository_is_built_in_and_has_an_id() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("..")
            .join("events");
        let mut files: Vec<String> = std::fs::read_dir(&folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        files.sort();
        let names: Vec<String> = event_names().map(|name| format!("{name}.json")).collect();
        assert_eq!(files, names);
        for (name, text) in SAMPLES {
            let body = Body::find(name, &folder.join("..")).unwrap();
            assert_eq!(body.as_is(), text.as_bytes());
            assert!(body.id.is_some(), "{name}");
        }
        assert!(event_names().any(|name| name == DEFAULT_EVENT));
    }

    #[test]
    fn only_the_events_own_id_is_made_fresh() {
        let text = r#"{"data": {"id": "evt_1", "of": "evt_1"},  "id": "evt_1", "é": [1.0]}"#;
        let fresh = Body::new(text.into()).with_id("evt_2");
        assert_eq!(
            String::from_utf8(fresh).unwrap(),
            r#"{"data": {"id": "evt_1", "of": "evt_1"},  "id": "evt_2", "é": [1.0]}"#
        );
    }

    #[test]
    fn a_body_without_an_id_stays_as_it_is() {
        for text in ["", "{", "[]", "{\"id\":7}", "{\"id\":\"\"}", "\u{1F4B3}"] {
            assert_eq!(Body::new(text.into()).with_id("evt_2"), text.as_bytes());
        }
        let broken = vec![0xff, 0xfe];
        assert_eq!(Body::new(broken.clone()).with_id("evt_2"), broken);
    }

    #[test]
    fn a_name_is_a_sample_or_a_file() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("mine.json"), "{\"id\":\"a\"}").unwrap();
        let mine = Body::find("mine.json", folder.path()).unwrap();
        assert_eq!(mine.with_id("b"), b"{\"id\":\"b\"}");
        assert!(Body::find("invoice.paid", folder.path()).is_ok());
        assert!(Body::find("invoice.paid.json", folder.path()).is_ok());
        let error = Body::find("invoice.lost", folder.path())
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("invoice.lost") && error.contains("invoice.paid"),
            "{error}"
        );
    }

    #[test]
    fn ids_are_fresh() {
        assert_ne!(fresh_id(), fresh_id());
    }
}
