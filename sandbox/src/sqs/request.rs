//! What requests of the SQS API have in common.

use std::collections::{BTreeMap, HashMap};
use std::ops::RangeInclusive;
use std::sync::MutexGuard;
use std::time::Duration;

use serde_json::{Map, Value};

use super::error::SqsError;
use super::store::Store;
use super::{MessageAttribute, attributes};
use crate::aws_json;

/// Most entries of a batch.
const BATCH_ENTRIES: usize = 10;

/// A message that was checked and can be sent.
pub(super) struct Outgoing {
    pub(super) body: String,
    pub(super) attributes: BTreeMap<String, MessageAttribute>,
    pub(super) delay: Option<Duration>,
}

impl Outgoing {
    pub(super) fn size(&self) -> usize {
        self.body.len() + attributes::size(&self.attributes)
    }
}

/// Whether a name is that of a queue: its own, or as a convenience its logical
/// id.
pub(super) fn is(store: &Store, name: &str) -> bool {
    store.queue.name == name || store.queue.logical_id == name
}

/// The queue that `QueueUrl` names. Its host does not matter: people write the
/// address that they reach the sandbox by.
pub(super) fn find<'q>(
    by_arn: &'q mut MutexGuard<'_, HashMap<String, Store>>,
    input: &Value,
) -> Result<&'q mut Store, SqsError> {
    let url = aws_json::text(input, "QueueUrl").ok_or_else(|| SqsError::missing("QueueUrl"))?;
    let name = url.rsplit('/').next().unwrap_or_default();
    let mut stores = by_arn.values_mut();
    stores
        .find(|store| is(store, name))
        .ok_or_else(SqsError::no_such_queue)
}

/// The message of a request or of an entry, if the queue takes it.
pub(super) fn outgoing(input: &Value, store: &Store) -> Result<Outgoing, SqsError> {
    let body = aws_json::text(input, "MessageBody").unwrap_or_default();
    if body.is_empty() {
        return Err(SqsError::missing("MessageBody"));
    }
    let delay = number(input, "DelaySeconds", 0..=900)?.map(Duration::from_secs);
    let outgoing = Outgoing {
        body: body.to_owned(),
        attributes: attributes::read(input)?,
        delay,
    };
    let most = store.queue.maximum_message_size;
    match outgoing.size() > most {
        true => Err(SqsError::too_long(most)),
        false => Ok(outgoing),
    }
}

/// The entries of a batch with their ids.
pub(super) fn entries(input: &Value) -> Result<Vec<(&str, &Value)>, SqsError> {
    let entries = input.get("Entries").and_then(Value::as_array);
    let entries = entries.map(Vec::as_slice).unwrap_or_default();
    if entries.is_empty() {
        return Err(SqsError::batch_empty());
    }
    if entries.len() > BATCH_ENTRIES {
        return Err(SqsError::batch_too_many(entries.len()));
    }
    let mut seen: Vec<(&str, &Value)> = Vec::new();
    for entry in entries {
        let id = aws_json::text(entry, "Id").ok_or_else(|| SqsError::missing("Id"))?;
        if seen.iter().any(|(other, _)| *other == id) {
            return Err(SqsError::batch_ids(id));
        }
        seen.push((id, entry));
    }
    Ok(seen)
}

pub(super) fn receipt(input: &Value) -> Result<&str, SqsError> {
    let receipt = aws_json::text(input, "ReceiptHandle");
    let receipt = receipt.ok_or_else(|| SqsError::missing("ReceiptHandle"))?;
    let ours = uuid::Uuid::parse_str(receipt).is_ok();
    ours.then_some(receipt).ok_or_else(SqsError::receipt_handle)
}

pub(super) fn number(
    input: &Value,
    member: &str,
    range: RangeInclusive<u64>,
) -> Result<Option<u64>, SqsError> {
    let Some(value) = input.get(member).filter(|value| !value.is_null()) else {
        return Ok(None);
    };
    let number = value.as_u64().filter(|number| range.contains(number));
    number.map(Some).ok_or_else(|| {
        SqsError::invalid(format_args!(
            "Value {value} for parameter {member} is invalid. Reason: Must be between {} and {}, \
             if provided.",
            range.start(),
            range.end()
        ))
    })
}

pub(super) fn texts<'v>(input: &'v Value, member: &str) -> Vec<&'v str> {
    let list = input.get(member).and_then(Value::as_array);
    let texts = list.into_iter().flatten().filter_map(Value::as_str);
    texts.collect()
}

/// Those of some attributes that were asked for.
pub(super) fn pick<const N: usize>(names: &[&str], all: [(&str, String); N]) -> Map<String, Value> {
    let wanted = all
        .into_iter()
        .filter(|(name, _)| names.iter().any(|asked| asked == name || *asked == "All"));
    wanted
        .map(|(name, value)| (name.to_owned(), value.into()))
        .collect()
}
