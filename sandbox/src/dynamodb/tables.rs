//! The tables of a stack and the engine that holds them.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use dynoxide::{Database, DynoxideError, ImportOptions, Item};
use serde_json::{Map, Value, json};

use super::operations::{carry_out, read};
use super::{PAGE_BYTES, SWEPT_EVERY, pages, time_to_live};
use crate::clock::Moment;
use crate::template::model::{Stack, Table};

/// A table of a stack could not be made.
#[derive(Debug, thiserror::Error)]
#[error("the table {table} cannot be made: {reason}")]
pub struct LoadError {
    /// Logical id of the table.
    pub table: String,
    /// What the engine said.
    pub reason: String,
}

/// Items could not be put into a table.
#[derive(Debug, thiserror::Error)]
pub enum SeedError {
    /// There is no such table.
    #[error("there is no table {0}")]
    NoTable(String),
    /// The table does not take them.
    #[error("the table does not take the items: {0}")]
    Items(String),
}

/// The tables there are.
pub(super) struct Tables {
    state: Mutex<State>,
    page_bytes: AtomicUsize,
}

struct State {
    /// Made for the first table: a stack without tables pays nothing for it.
    engine: Option<Database>,
    /// By name in the account.
    tables: BTreeMap<String, Table>,
    swept: Moment,
}

impl Tables {
    pub(super) fn new(now: Moment) -> Self {
        Self {
            state: Mutex::new(State {
                engine: None,
                tables: BTreeMap::new(),
                swept: now,
            }),
            page_bytes: AtomicUsize::new(PAGE_BYTES),
        }
    }

    pub(super) fn set_page_bytes(&self, bytes: usize) {
        self.page_bytes.store(bytes, Ordering::Relaxed);
    }

    /// Takes over the tables of a stack.
    pub(super) fn load(&self, stack: &Stack) -> Result<(), LoadError> {
        let mut state = self.lock();
        let mut before = std::mem::take(&mut state.tables);
        for table in &stack.tables {
            let old = before.remove(&table.name);
            let failed = |error: DynoxideError| LoadError {
                table: table.logical_id.clone(),
                reason: error.to_string(),
            };
            let engine = match &state.engine {
                Some(engine) => engine.clone(),
                None => Database::memory().map_err(failed)?,
            };
            state.engine = Some(engine.clone());
            replace(&engine, old.as_ref(), table).map_err(failed)?;
            state.tables.insert(table.name.clone(), table.clone());
        }
        if let Some(engine) = state.engine.clone() {
            for gone in before.values() {
                delete(&engine, gone).map_err(|error| LoadError {
                    table: gone.logical_id.clone(),
                    reason: error.to_string(),
                })?;
            }
        }
        if state.tables.is_empty() {
            state.engine = None;
        }
        Ok(())
    }

    /// Logical ids of tables by their names or ARNs; an unknown one stays as it
    /// is.
    pub(super) fn logical_ids(&self, names: &[&str]) -> Vec<String> {
        let state = self.lock();
        let ids = names.iter().map(|name| {
            let found = state
                .tables
                .get(*name)
                .or_else(|| state.tables.values().find(|table| table.arn == **name));
            found.map_or_else(|| (*name).to_owned(), |table| table.logical_id.clone())
        });
        ids.collect()
    }

    /// Carries out an operation.
    pub(super) fn carry_out(
        &self,
        operation: &str,
        mut input: Map<String, Value>,
    ) -> Result<Value, DynoxideError> {
        let engine = self.lock().engine.clone();
        let engine = match engine {
            Some(engine) => engine,
            // Answers as one without tables.
            None => Database::memory()?,
        };
        let page_bytes = self.page_bytes.load(Ordering::Relaxed);
        if page_bytes < PAGE_BYTES && matches!(operation, "Scan" | "Query") {
            pages::limit(&engine, operation, &mut input, page_bytes)?;
        }
        carry_out(&engine, operation, input)
    }

    /// Whether it is time to look for expired items.
    pub(super) fn sweep_is_due(&self, moment: Moment) -> bool {
        moment >= self.lock().swept.after(SWEPT_EVERY)
    }

    /// Deletes what expired long enough ago, if that is due.
    pub(super) fn sweep(&self, moment: Moment, now: SystemTime) {
        if !self.sweep_is_due(moment) {
            return;
        }
        let mut state = self.lock();
        state.swept = moment;
        let Some(engine) = state.engine.clone() else {
            return;
        };
        let tables: Vec<_> = state
            .tables
            .values()
            .filter_map(|table| Some((table.name.clone(), table.time_to_live.clone()?)))
            .collect();
        drop(state);
        for (table, attribute) in tables {
            // What cannot be deleted now is looked at again in an hour.
            let _ = time_to_live::sweep(&engine, &table, &attribute, now);
        }
    }

    /// All items of a table, sorted.
    pub(super) fn items(&self, logical_id: &str) -> Vec<Value> {
        let Some((engine, name)) = self.find(logical_id) else {
            return Vec::new();
        };
        let items = all_items(&engine, &name).unwrap_or_default();
        let mut items: Vec<Value> = items
            .into_iter()
            .filter_map(|item| serde_json::to_value(item).ok())
            .map(sorted)
            .collect();
        items.sort_by_cached_key(Value::to_string);
        items
    }

    /// Puts items into a table.
    pub(super) fn seed(
        &self,
        logical_id: &str,
        items: impl IntoIterator<Item = Value>,
    ) -> Result<(), SeedError> {
        let found = self.find(logical_id);
        let (engine, name) = found.ok_or_else(|| SeedError::NoTable(logical_id.to_owned()))?;
        let refused = |error: DynoxideError| SeedError::Items(error.to_string());
        let items: Result<Vec<Item>, _> = items.into_iter().map(read).collect();
        let imported = engine.import_items(&name, items.map_err(refused)?, no_streams());
        imported.map(drop).map_err(refused)
    }

    /// The engine and the name in the account of a table.
    fn find(&self, logical_id: &str) -> Option<(Database, String)> {
        let state = self.lock();
        let mut tables = state.tables.values();
        let table = tables.find(|table| table.logical_id == logical_id)?;
        Some((state.engine.clone()?, table.name.clone()))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // A panic elsewhere must not take the tables down with it.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Makes a table, or makes it anew if it changed: with its items unless its key
/// changed, which on AWS means another table.
fn replace(engine: &Database, old: Option<&Table>, table: &Table) -> Result<(), DynoxideError> {
    let mut kept = Vec::new();
    if let Some(old) = old {
        if old.definition == table.definition && old.time_to_live == table.time_to_live {
            return Ok(());
        }
        if key(old) == key(table) {
            kept = all_items(engine, &old.name)?;
        }
        delete(engine, old)?;
    }
    create(engine, table)?;
    engine.import_items(&table.name, kept, no_streams())?;
    Ok(())
}

/// Asks the engine whether it would take a table; the error is what DynamoDB
/// says.
pub(crate) fn check(table: &Table) -> Result<(), String> {
    Database::memory()
        .and_then(|engine| create(&engine, table))
        .map_err(|error| error.to_string())
}

/// Makes a table.
fn create(engine: &Database, table: &Table) -> Result<(), DynoxideError> {
    engine.create_table(read(table.definition.clone())?)?;
    if let Some(attribute) = &table.time_to_live {
        let specification = json!({"AttributeName": attribute, "Enabled": true});
        let request = json!({"TableName": table.name, "TimeToLiveSpecification": specification});
        engine.update_time_to_live(read(request)?)?;
    }
    Ok(())
}

fn delete(engine: &Database, table: &Table) -> Result<(), DynoxideError> {
    engine.delete_table(read(json!({"TableName": table.name}))?)?;
    Ok(())
}

/// What makes a table another one: its key with the types of its attributes.
fn key(table: &Table) -> Vec<(String, String)> {
    let list = |member: &str| {
        table.definition[member]
            .as_array()
            .cloned()
            .unwrap_or_default()
    };
    let types = list("AttributeDefinitions");
    let elements = list("KeySchema").into_iter().map(|element| {
        let name = element["AttributeName"].clone();
        let kind = types.iter().find(|one| one["AttributeName"] == name);
        let kind = kind.map(|one| one["AttributeType"].to_string());
        (element.to_string(), kind.unwrap_or_default())
    });
    elements.collect()
}

fn all_items(engine: &Database, name: &str) -> Result<Vec<Item>, DynoxideError> {
    let mut items = Vec::new();
    let mut request = json!({"TableName": name});
    loop {
        let page = engine.scan(read(request.clone())?)?;
        items.extend(page.items.unwrap_or_default());
        match page.last_evaluated_key {
            None => return Ok(items),
            Some(last) => request["ExclusiveStartKey"] = json!(last),
        }
    }
}

/// The engine keeps the attributes of an item in no order.
fn sorted(value: Value) -> Value {
    match value {
        Value::Object(map) => {
            let ordered: BTreeMap<_, _> = map.into_iter().collect();
            Value::Object(ordered.into_iter().map(|(k, v)| (k, sorted(v))).collect())
        }
        Value::Array(items) => items.into_iter().map(sorted).collect(),
        other => other,
    }
}

fn no_streams() -> ImportOptions {
    ImportOptions::default()
}
