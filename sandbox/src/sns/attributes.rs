//! Message attributes: what SNS accepts, and how much of a message they are.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;

use super::error::SnsError;
use crate::sqs;

/// Longest name of an attribute, in bytes.
const NAME_MAX: usize = 256;

/// A message attribute that SNS accepts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attribute {
    pub(super) name: String,
    pub(super) data_type: String,
    pub(super) value: Value,
}

/// The value of a message attribute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Value {
    Text(String),
    Binary(Vec<u8>),
}

/// What the part of a data type before its first dot says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    /// `String.Array`: a JSON array as text.
    Array,
    Number,
    Binary,
}

/// Where in a request an attribute stands; error messages name it.
#[derive(Clone, Copy, Debug)]
pub(super) enum Path {
    Publish,
    BatchEntry(usize),
}

impl Path {
    /// The full name of a member of this part of the request.
    pub(super) fn member(self, name: &str) -> String {
        match self {
            Self::Publish => name.to_owned(),
            Self::BatchEntry(position) => {
                format!("publishBatchRequestEntries.{position}.member.{name}")
            }
        }
    }
}

impl Attribute {
    /// An attribute of this type; the value of a binary one is in base64.
    ///
    /// # Errors
    /// What SNS answers to a name, a type or a value that it does not take.
    pub fn new(name: &str, data_type: &str, value: &str) -> Result<Self, SnsError> {
        let (text, binary) = if data_type.starts_with("Binary") {
            (None, Some(value))
        } else {
            (Some(value), None)
        };
        read(Path::Publish, name, Some(data_type), text, binary)
    }

    /// Bytes that count towards the size of the message: name, type and value
    /// (SNS Developer Guide, "Amazon SNS message attributes").
    pub(super) fn size(&self) -> usize {
        let value = match &self.value {
            Value::Text(text) => text.len(),
            Value::Binary(bytes) => bytes.len(),
        };
        self.name.len() + self.data_type.len() + value
    }

    pub(super) fn kind(&self) -> Kind {
        match self.data_type.split_once('.') {
            _ if self.data_type == "String.Array" => Kind::Array,
            Some(("Number", _)) => Kind::Number,
            Some(("Binary", _)) => Kind::Binary,
            Some(_) => Kind::Text,
            None if self.data_type == "Number" => Kind::Number,
            None if self.data_type == "Binary" => Kind::Binary,
            None => Kind::Text,
        }
    }

    /// The value as text; bytes in base64.
    pub(super) fn text(&self) -> std::borrow::Cow<'_, str> {
        match &self.value {
            Value::Text(text) => text.into(),
            Value::Binary(bytes) => BASE64_STANDARD.encode(bytes).into(),
        }
    }

    pub(super) fn for_sqs(&self) -> (String, sqs::MessageAttribute) {
        let value = match &self.value {
            Value::Text(text) => sqs::AttributeValue::Text(text.clone()),
            Value::Binary(bytes) => sqs::AttributeValue::Binary(bytes.clone()),
        };
        let attribute = sqs::MessageAttribute {
            data_type: self.data_type.clone(),
            value,
        };
        (self.name.clone(), attribute)
    }
}

/// Attributes by name: the last of two with one name counts.
pub(super) fn collect(
    attributes: impl Iterator<Item = Result<Attribute, SnsError>>,
) -> Result<Vec<Attribute>, SnsError> {
    let mut collected = Vec::<Attribute>::new();
    for attribute in attributes {
        let attribute = attribute?;
        collected.retain(|other| other.name != attribute.name);
        collected.push(attribute);
    }
    Ok(collected)
}

/// Judges an attribute as it stands in a request. Messages as recorded from
/// AWS.
pub(super) fn read(
    path: Path,
    name: &str,
    data_type: Option<&str>,
    text: Option<&str>,
    binary: Option<&str>,
) -> Result<Attribute, SnsError> {
    check_name(name)?;
    let Some(data_type) = data_type else {
        let member = path.member(&format!("messageAttributes.{name}.member.dataType"));
        return Err(SnsError::missing(member));
    };
    let base = match data_type.split_once('.') {
        Some((_, "")) => "",
        Some((base, _)) => base,
        None => data_type,
    };
    let field = match base {
        "String" | "Number" => "String",
        "Binary" => "Binary",
        _ => {
            return Err(refused(format!(
                "The message attribute '{name}' has an invalid message attribute type, the set of \
                 supported type prefixes is Binary, Number, and String."
            )));
        }
    };
    let empty = || {
        refused(format!(
            "The message attribute '{name}' must contain non-empty message attribute value for \
             message attribute type '{data_type}'."
        ))
    };
    let value = match (field, text, binary) {
        (_, None, None) => return Err(empty()),
        ("String", Some(text), _) => Value::Text(text.to_owned()),
        ("Binary", _, Some(binary)) => {
            let bytes = BASE64_STANDARD.decode(binary).map_err(|_| {
                refused(format!(
                    "The message attribute '{name}' must contain base64 in field 'Binary'."
                ))
            })?;
            Value::Binary(bytes)
        }
        _ => {
            return Err(refused(format!(
                "The message attribute '{name}' with type '{data_type}' must use field '{field}'."
            )));
        }
    };
    match &value {
        Value::Text(text) if text.is_empty() => return Err(empty()),
        Value::Binary(bytes) if bytes.is_empty() => return Err(empty()),
        Value::Text(text) if base == "Number" && number(text).is_none() => {
            return Err(refused(format!(
                "Could not cast message attribute '{name}' value to number."
            )));
        }
        Value::Text(_) | Value::Binary(_) => {}
    }
    Ok(Attribute {
        name: name.to_owned(),
        data_type: data_type.to_owned(),
        value,
    })
}

/// The value of an attribute of type `Number`.
pub(super) fn number(text: &str) -> Option<f64> {
    text.parse::<f64>().ok().filter(|number| number.is_finite())
}

/// Names hold letters, digits, `_`, `-` and single dots, not at either end
/// (SNS Developer Guide, "Amazon SNS message attributes").
fn check_name(name: &str) -> Result<(), SnsError> {
    if name.len() > NAME_MAX {
        return Err(refused(
            "Length of message attribute name must be less than 256 bytes.",
        ));
    }
    if name.is_empty() {
        return Err(refused("Message attribute name can not be empty."));
    }
    if name.starts_with('.') {
        return Err(refused(
            "Invalid message attribute name starting with character '.' was found.",
        ));
    }
    if name.ends_with('.') {
        return Err(refused(
            "Invalid message attribute name ending with character '.' was found.",
        ));
    }
    let allowed = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    if let Some(character) = name.chars().find(|c| !allowed(c)) {
        return Err(refused(format!(
            "Invalid non-alphanumeric character '#x{:X}' was found in the message attribute name. \
             Can only include alphanumeric characters, hyphens, underscores, or dots.",
            u32::from(character)
        )));
    }
    if name.contains("..") {
        return Err(refused(
            "Message attribute name can not have successive '.' character.",
        ));
    }
    Ok(())
}

fn refused(message: impl Into<String>) -> SnsError {
    SnsError::bad_request("ParameterValueInvalid", message)
}
