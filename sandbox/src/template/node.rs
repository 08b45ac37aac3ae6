//! The tree of a template: values that know where they were written.

use super::error::{Position, Problem};

/// A value of the template.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// Where it starts.
    pub at: Position,
    /// Whether a `NoEcho` parameter or a secret went into it: then no message
    /// shows it.
    pub secret: bool,
    /// The value itself.
    pub value: Value,
}

/// What a node holds.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Nothing, which CloudFormation refuses.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number as it was written, since CloudFormation hands text on.
    Number(String),
    /// Text.
    Text(String),
    /// A list.
    List(Vec<Node>),
    /// A map; an intrinsic function is one with a single key.
    Map(Vec<Entry>),
}

/// A key of a map with its value, in the order of the text.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// The key.
    pub key: String,
    /// Where the key starts.
    pub at: Position,
    /// Its value.
    pub value: Node,
}

impl Node {
    pub(super) fn new(at: Position, value: Value) -> Self {
        Self {
            at,
            secret: false,
            value,
        }
    }

    pub(super) fn text(at: Position, text: impl Into<String>) -> Self {
        Self::new(at, Value::Text(text.into()))
    }

    /// The same value with the mark of a secret added where `secret` says so.
    pub(super) fn hidden_if(mut self, secret: bool) -> Self {
        self.secret |= secret;
        self
    }

    /// A map with one key: the long form of an intrinsic function.
    pub(super) fn call(at: Position, function: &str, argument: Self) -> Self {
        Self::new(
            at,
            Value::Map(vec![Entry {
                key: function.to_owned(),
                at,
                value: argument,
            }]),
        )
    }

    /// The value of a key, if this is a map that has it.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Self> {
        self.entries()
            .iter()
            .find(|entry| entry.key == key)
            .map(|entry| &entry.value)
    }

    /// The entries, if this is a map; else none.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        match &self.value {
            Value::Map(entries) => entries,
            _ => &[],
        }
    }

    /// Whether a secret is anywhere in this value.
    pub(super) fn holds_secret(&self) -> bool {
        self.secret
            || match &self.value {
                Value::List(items) => items.iter().any(Self::holds_secret),
                Value::Map(entries) => entries.iter().any(|entry| entry.value.holds_secret()),
                _ => false,
            }
    }

    /// The text of a scalar, as CloudFormation turns scalars into text.
    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text) | Value::Number(text) => Some(text),
            Value::Bool(true) => Some("true"),
            Value::Bool(false) => Some("false"),
            _ => None,
        }
    }

    /// The text of a scalar, or an error that names the property.
    pub(super) fn scalar(&self, property: &str) -> Result<&str, Problem> {
        self.as_text()
            .ok_or_else(|| self.expected(property, "text"))
    }

    /// The items of a list, or an error that names the property.
    pub(super) fn list(&self, property: &str) -> Result<&[Self], Problem> {
        match &self.value {
            Value::List(items) => Ok(items),
            _ => Err(self.expected(property, "a list")),
        }
    }

    /// The entries of a map, or an error that names the property.
    pub(super) fn map(&self, property: &str) -> Result<&[Entry], Problem> {
        match &self.value {
            Value::Map(entries) => Ok(entries),
            _ => Err(self.expected(property, "a map")),
        }
    }

    /// `true` or `false`, also when written as text.
    pub(super) fn boolean(&self, property: &str) -> Result<bool, Problem> {
        match self.as_text() {
            Some("true") => Ok(true),
            Some("false") => Ok(false),
            _ => Err(self.expected(property, "true or false")),
        }
    }

    /// A whole number within `range`, also when written as text.
    pub(super) fn integer(
        &self,
        property: &str,
        range: std::ops::RangeInclusive<u32>,
    ) -> Result<u32, Problem> {
        self.as_text()
            .and_then(|text| text.parse().ok())
            .filter(|number| range.contains(number))
            .ok_or_else(|| {
                let wanted = format!("a whole number from {} to {}", range.start(), range.end());
                self.expected(property, &wanted)
            })
    }

    /// The error that another kind of value was wanted.
    pub(super) fn expected(&self, property: &str, wanted: &str) -> Problem {
        Problem::at(
            self.at,
            format!("{property} must be {wanted}, found {}", self.shown()),
        )
    }

    /// The value for a message: scalars as they are, secrets never.
    pub(super) fn shown(&self) -> String {
        match &self.value {
            Value::List(_) => "a list".to_owned(),
            Value::Map(_) => "a map".to_owned(),
            Value::Null => "nothing".to_owned(),
            _ if self.secret => "a secret value".to_owned(),
            _ => format!("`{}`", self.as_text().unwrap_or_default()),
        }
    }

    /// The value as JSON, with the types of the template.
    #[must_use]
    pub fn json(&self) -> serde_json::Value {
        match &self.value {
            Value::Null => serde_json::Value::Null,
            Value::Bool(value) => (*value).into(),
            // A number that JSON does not know (`1_000`) stays text.
            Value::Number(text) => {
                serde_json::from_str(text).unwrap_or_else(|_| text.clone().into())
            }
            Value::Text(text) => text.clone().into(),
            Value::List(items) => items.iter().map(Self::json).collect(),
            Value::Map(entries) => entries
                .iter()
                .map(|entry| (entry.key.clone(), entry.value.json()))
                .collect::<serde_json::Map<_, _>>()
                .into(),
        }
    }
}
