//! Pages of `Scan` and `Query` that are smaller than those of AWS, for tests.

use dynoxide::types::item_size;
use dynoxide::{Database, DynoxideError};
use serde_json::{Map, Value};

use super::operations::read;

/// How much data one page of a `Scan` or `Query` reads, before any filter
/// (Amazon DynamoDB Developer Guide, "Paginating table query results").
pub const PAGE_BYTES: usize = 1_048_576;

/// Members of a request that decide which items are read, and not what is
/// given back of them.
const READING: [&str; 10] = [
    "TableName",
    "IndexName",
    "ExclusiveStartKey",
    "ConsistentRead",
    "Segment",
    "TotalSegments",
    "KeyConditionExpression",
    "KeyConditions",
    "ScanIndexForward",
    "Limit",
];

/// Sets `Limit` of a request so that it reads no more than `bytes` of data. The
/// engine's own page is fixed, so this reads ahead what it is going to read.
pub(super) fn limit(
    engine: &Database,
    operation: &str,
    input: &mut Map<String, Value>,
    bytes: usize,
) -> Result<(), DynoxideError> {
    let mut ahead: Map<String, Value> = input
        .iter()
        .filter(|(name, _)| READING.contains(&name.as_str()))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    if operation == "Query" {
        // What only a filter or projection uses would be refused as unused.
        let condition = input.get("KeyConditionExpression").and_then(Value::as_str);
        for (member, sign) in [
            ("ExpressionAttributeNames", '#'),
            ("ExpressionAttributeValues", ':'),
        ] {
            if let Some(Value::Object(all)) = input.get(member) {
                let used = used(condition.unwrap_or_default(), sign);
                let kept: Map<String, Value> = all
                    .iter()
                    .filter(|(name, _)| used.contains(&name.as_str()))
                    .map(|(name, value)| (name.clone(), value.clone()))
                    .collect();
                if !kept.is_empty() {
                    ahead.insert(member.to_owned(), Value::Object(kept));
                }
            }
        }
    }
    let ahead = Value::Object(ahead);
    let items = match operation {
        "Query" => engine.query(read(ahead)?)?.items,
        _ => engine.scan(read(ahead)?)?.items,
    };
    let mut size = 0;
    let items = items.unwrap_or_default();
    let fitting = items.iter().take_while(|item| {
        size += item_size(item);
        size <= bytes
    });
    // A page has one item at least, or nobody would ever come further.
    let fitting = fitting.count().max(1);
    if fitting < items.len() {
        input.insert("Limit".to_owned(), fitting.into());
    }
    Ok(())
}

/// The names in an expression that begin with `sign`.
fn used(expression: &str, sign: char) -> Vec<&str> {
    let starts = expression.match_indices(sign);
    let names = starts.map(|(start, _)| {
        let rest = &expression[start + 1..];
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_');
        &expression[start..start + 1 + end.unwrap_or(rest.len())]
    });
    names.collect()
}
