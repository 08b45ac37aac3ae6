//! Message attributes as requests carry them.

use std::collections::BTreeMap;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value;

use super::error::SqsError;
use super::{AttributeValue, MessageAttribute};

/// The message attributes of a request or of an entry of one.
pub(super) fn read(input: &Value) -> Result<BTreeMap<String, MessageAttribute>, SqsError> {
    let Some(Value::Object(all)) = input.get("MessageAttributes") else {
        return Ok(BTreeMap::new());
    };
    let read = all.iter().map(|(name, attribute)| {
        let member = |member: &str| attribute.get(member).and_then(Value::as_str);
        let wrong =
            |what: &str| SqsError::invalid(format_args!("The message attribute '{name}' {what}"));
        let data_type = member("DataType")
            .filter(|data_type| !data_type.is_empty())
            .ok_or_else(|| wrong("must contain a non-empty message attribute type."))?;
        let kind = data_type.split('.').next().unwrap_or_default();
        let value = match kind {
            "Binary" => member("BinaryValue")
                .and_then(|text| BASE64_STANDARD.decode(text).ok())
                .map(AttributeValue::Binary),
            "String" | "Number" => {
                member("StringValue").map(|text| AttributeValue::Text(text.to_owned()))
            }
            _ => {
                return Err(wrong(
                    "has an invalid message attribute type, the set of supported type prefixes \
                     is Binary, Number, and String.",
                ));
            }
        };
        let value = value.ok_or_else(|| {
            wrong("must contain a non-empty message attribute value for its type.")
        })?;
        let data_type = data_type.to_owned();
        Ok((name.clone(), MessageAttribute { data_type, value }))
    });
    read.collect()
}

/// Bytes of attributes that count towards the limit of a message.
pub(super) fn size(attributes: &BTreeMap<String, MessageAttribute>) -> usize {
    let sizes = attributes
        .iter()
        .map(|(name, attribute)| name.len() + attribute.data_type.len() + bytes(attribute).len());
    sizes.sum()
}

/// `MD5OfMessageAttributes`: of each attribute in the order of their names the
/// name, the type, one byte for how the value is carried, and the value, each
/// text after its length (Amazon SQS Developer Guide, "Calculating the MD5
/// message digest for message attributes").
pub(super) fn md5(attributes: &BTreeMap<String, MessageAttribute>) -> String {
    let mut all = Vec::new();
    let mut put = |bytes: &[u8], carried: Option<u8>| {
        all.extend(carried);
        // Nothing here is longer than a message.
        all.extend(u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_be_bytes());
        all.extend_from_slice(bytes);
    };
    for (name, attribute) in attributes {
        put(name.as_bytes(), None);
        put(attribute.data_type.as_bytes(), None);
        let carried = match attribute.value {
            AttributeValue::Text(_) => 1,
            AttributeValue::Binary(_) => 2,
        };
        put(bytes(attribute), Some(carried));
    }
    format!("{:x}", md5::compute(all))
}

fn bytes(attribute: &MessageAttribute) -> &[u8] {
    match &attribute.value {
        AttributeValue::Text(text) => text.as_bytes(),
        AttributeValue::Binary(bytes) => bytes,
    }
}

/// Those of a message that a receiver asked for: by name, by the beginning of a
/// name (`payment.*`), or all.
pub(super) fn wanted(
    attributes: &BTreeMap<String, MessageAttribute>,
    names: &[&str],
) -> BTreeMap<String, MessageAttribute> {
    let asked = |name: &str| {
        names.iter().any(|wanted| match wanted.strip_suffix(".*") {
            Some(beginning) => name.starts_with(beginning),
            None => *wanted == "All" || *wanted == name,
        })
    };
    let wanted = attributes.iter().filter(|(name, _)| asked(name));
    wanted
        .map(|(name, attribute)| (name.clone(), attribute.clone()))
        .collect()
}
