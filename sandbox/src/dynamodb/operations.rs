//! The operations that the engine carries out.

use dynoxide::{Database, DynoxideError};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// What an operation does to a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Read,
    Write,
    Describe,
}

impl Kind {
    /// The kind of an operation, if the sandbox has it.
    pub(super) fn of(operation: &str) -> Option<Self> {
        Some(match operation {
            "GetItem" | "Query" | "Scan" | "BatchGetItem" | "TransactGetItems" => Self::Read,
            "PutItem" | "DeleteItem" | "UpdateItem" | "BatchWriteItem" | "TransactWriteItems" => {
                Self::Write
            }
            "DescribeTable" | "DescribeTimeToLive" | "ListTables" => Self::Describe,
            _ => return None,
        })
    }

    /// Whether an operation may keep a thread busy for longer than other work
    /// should wait: those on one item take some ten microseconds.
    pub(super) fn is_long(self, operation: &str) -> bool {
        self != Self::Describe
            && !matches!(
                operation,
                "GetItem" | "PutItem" | "DeleteItem" | "UpdateItem"
            )
    }
}

/// The tables that a request names, each once.
pub(super) fn table_names(input: &Map<String, Value>) -> Vec<&str> {
    let mut names: Vec<&str> = Vec::new();
    names.extend(input.get("TableName").and_then(Value::as_str));
    if let Some(Value::Object(tables)) = input.get("RequestItems") {
        names.extend(tables.keys().map(String::as_str));
    }
    if let Some(Value::Array(items)) = input.get("TransactItems") {
        let actions = items.iter().filter_map(Value::as_object);
        let tables = actions.flat_map(Map::values);
        names.extend(tables.filter_map(|action| action.get("TableName")?.as_str()));
    }
    let mut seen = std::collections::BTreeSet::new();
    names.retain(|name| seen.insert(*name));
    names
}

/// Carries out an operation of [`Kind`].
pub(super) fn carry_out(
    engine: &Database,
    operation: &str,
    input: Map<String, Value>,
) -> Result<Value, DynoxideError> {
    let input = Value::Object(input);
    match operation {
        "PutItem" => engine.put_item(read(input)?).and_then(write),
        "GetItem" => engine.get_item(read(input)?).and_then(write),
        "DeleteItem" => engine.delete_item(read(input)?).and_then(write),
        "UpdateItem" => engine.update_item(read(input)?).and_then(write),
        "Query" => engine.query(read(input)?).and_then(write),
        "Scan" => engine.scan(read(input)?).and_then(write),
        "BatchGetItem" => engine.batch_get_item(read(input)?).and_then(write),
        "BatchWriteItem" => engine.batch_write_item(read(input)?).and_then(write),
        "TransactGetItems" => engine.transact_get_items(read(input)?).and_then(write),
        "TransactWriteItems" => engine.transact_write_items(read(input)?).and_then(write),
        "DescribeTable" => engine.describe_table(read(input)?).and_then(write),
        "DescribeTimeToLive" => engine.describe_time_to_live(read(input)?).and_then(write),
        "ListTables" => engine.list_tables(read(input)?).and_then(write),
        _ => Err(DynoxideError::InternalServerError(format!(
            "{operation} is not an operation"
        ))),
    }
}

/// The input of an operation. The engine marks what is wrong with a request by
/// the beginning of the message.
pub(super) fn read<T: DeserializeOwned>(input: Value) -> Result<T, DynoxideError> {
    serde_json::from_value(input).map_err(|error| {
        let message = error.to_string();
        match message.split_once(':') {
            Some(("VALIDATION" | "VALIDATION_AS_READ", rest)) => {
                DynoxideError::ValidationException(rest.to_owned())
            }
            Some(("VALIDATION_REQUEST", rest)) => {
                DynoxideError::ValidationException(format!("1 validation error detected: {rest}"))
            }
            Some(("SERIALIZATION" | "SERIALIZATION_AS_READ", rest)) => {
                DynoxideError::SerializationException(rest.to_owned())
            }
            _ if message.starts_with("missing field") || message.contains("AttributeValue") => {
                DynoxideError::ValidationException(message)
            }
            _ => DynoxideError::SerializationException(message),
        }
    })
}

fn write(output: impl Serialize) -> Result<Value, DynoxideError> {
    serde_json::to_value(output)
        .map_err(|error| DynoxideError::InternalServerError(error.to_string()))
}
