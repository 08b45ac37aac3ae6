//! Time to live: AWS deletes expired items in the background, late, and until
//! then gives them back like any other.

use std::time::{Duration, SystemTime};

use dynoxide::{Database, DynoxideError};
use serde_json::{Map, Value, json};

use super::operations::{carry_out, read};

/// How long an item outlives its time here. AWS says "typically within a few
/// days"; older texts said 48 hours.
pub const DELETED_AFTER: Duration = Duration::from_secs(48 * 3600);
/// How often expired items are looked for.
pub const SWEPT_EVERY: Duration = Duration::from_secs(3600);
/// Items that expired longer ago are left alone (Amazon DynamoDB Developer
/// Guide, "Using time to live (TTL)": five years).
const FORGOTTEN_AFTER: Duration = Duration::from_secs(5 * 365 * 24 * 3600);

/// Deletes the items of a table whose time was over long enough before `now`.
/// `attribute` holds it in seconds since 1970; what is no number never expires.
pub(super) fn sweep(
    engine: &Database,
    table: &str,
    attribute: &str,
    now: SystemTime,
) -> Result<(), DynoxideError> {
    let seconds = |before: Duration| {
        let time = now.checked_sub(before);
        let since = time.and_then(|time| time.duration_since(SystemTime::UNIX_EPOCH).ok());
        since.map_or(0, |since| since.as_secs())
    };
    let keys = key_names(engine, table)?;
    let mut names: Map<String, Value> = Map::new();
    names.insert("#time".to_owned(), attribute.into());
    for (number, key) in keys.iter().enumerate() {
        names.insert(format!("#k{number}"), key.as_str().into());
    }
    let projection: Vec<String> = (0..keys.len())
        .map(|number| format!("#k{number}"))
        .collect();
    let mut request = json!({
        "TableName": table,
        "FilterExpression": "#time BETWEEN :from AND :to",
        "ProjectionExpression": projection.join(", "),
        "ExpressionAttributeNames": names,
        "ExpressionAttributeValues": {
            ":from": {"N": seconds(FORGOTTEN_AFTER).to_string()},
            ":to": {"N": seconds(DELETED_AFTER).to_string()},
        },
    });
    loop {
        let page = engine.scan(read(request.clone())?)?;
        for key in page.items.unwrap_or_default() {
            engine.delete_item(read(json!({"TableName": table, "Key": key}))?)?;
        }
        match page.last_evaluated_key {
            None => return Ok(()),
            Some(last) => request["ExclusiveStartKey"] = json!(last),
        }
    }
}

/// The attributes of a table's primary key.
fn key_names(engine: &Database, table: &str) -> Result<Vec<String>, DynoxideError> {
    let mut input = Map::new();
    input.insert("TableName".to_owned(), table.into());
    let description = carry_out(engine, "DescribeTable", input)?;
    let schema = description["Table"]["KeySchema"].as_array();
    let names = schema.into_iter().flatten();
    Ok(names
        .filter_map(|element| element["AttributeName"].as_str())
        .map(str::to_owned)
        .collect())
}
