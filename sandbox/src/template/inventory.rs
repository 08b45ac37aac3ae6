//! What a template declares, whether the sandbox runs it or not.

use serde_json::Value as Json;

use super::document::Resource;
use super::error::Problem;
use super::intrinsics;
use super::model::Parameter;
use super::node::{Node, Value};
use super::scope::Scope;

/// The resources of a stack as they are written, for questions that a
/// [`Stack`](super::model::Stack) does not answer: it has only what runs.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Inventory {
    /// The parameters with the values in force, in the template's order.
    pub parameters: Vec<Parameter>,
    /// Resources whose condition holds: the template's in its order, then those
    /// that SAM makes of them, as far as something can refer to these.
    pub resources: Vec<Declared>,
    /// Resources of the template whose condition does not hold.
    pub left_out: Vec<Declared>,
}

/// A resource of the template, or one that SAM makes.
#[derive(Clone, Debug, PartialEq)]
pub struct Declared {
    /// Logical id.
    pub logical_id: String,
    /// Resource type, known to the sandbox or not.
    pub resource_type: String,
    /// Line of the resource in the template, from 1; `None` if SAM makes it.
    pub line: Option<usize>,
    /// `DeletionPolicy`, if the template has one.
    pub deletion_policy: Option<String>,
    /// Properties with functions carried out and `Globals` merged in; null if
    /// SAM makes the resource. What cannot be known here (an attribute of a type
    /// that is not simulated) is null too, and a secret is `****`.
    pub properties: Json,
}

/// Every resource, those whose condition holds before those that are left out.
pub(super) fn take(scope: &Scope<'_>) -> Result<(Vec<Declared>, Vec<Declared>), Problem> {
    let (mut kept, mut left_out) = (Vec::new(), Vec::new());
    for resource in &scope.document.resources {
        let declared = written(scope, resource).map_err(|p| p.in_resource(&resource.id))?;
        match scope.is_kept(&resource.id) {
            true => kept.push(declared),
            false => left_out.push(declared),
        }
    }
    let made = scope.resources.iter().filter_map(|(id, known)| {
        let made = known.kept && known.source.is_none();
        Some(Declared {
            logical_id: id.clone(),
            resource_type: known.kind.filter(|_| made)?.name.to_owned(),
            line: None,
            deletion_policy: None,
            properties: Json::Null,
        })
    });
    kept.extend(made);
    Ok((kept, left_out))
}

fn written(scope: &Scope<'_>, resource: &Resource) -> Result<Declared, Problem> {
    let policy = match &resource.deletion_policy {
        Some(node) => intrinsics::resolve(scope, node)?,
        None => None,
    };
    Ok(Declared {
        logical_id: resource.id.clone(),
        resource_type: resource.resource_type.clone(),
        line: (!resource.implicit).then_some(resource.at.line),
        deletion_policy: policy.as_ref().and_then(Node::as_text).map(str::to_owned),
        properties: known(scope, &resource.properties).unwrap_or_default(),
    })
}

/// A value as JSON, as far as it can be known; `None` for `AWS::NoValue`.
fn known(scope: &Scope<'_>, node: &Node) -> Option<Json> {
    // Only functions can fail, and then only what they stand for is not known.
    match (&node.value, intrinsics::call(node)) {
        (Value::List(items), _) => {
            Some(items.iter().filter_map(|item| known(scope, item)).collect())
        }
        (Value::Map(entries), Ok(None)) => Some(Json::Object(
            entries
                .iter()
                .filter_map(|entry| Some((entry.key.clone(), known(scope, &entry.value)?)))
                .collect(),
        )),
        (Value::Map(_), _) => match intrinsics::resolve(scope, node) {
            Ok(value) => value.map(|value| shown(&value)),
            Err(_) => Some(Json::Null),
        },
        _ => Some(shown(node)),
    }
}

/// A value without functions as JSON, secrets hidden.
fn shown(node: &Node) -> Json {
    match &node.value {
        Value::List(items) => items.iter().map(shown).collect(),
        Value::Map(entries) => entries
            .iter()
            .map(|entry| (entry.key.clone(), shown(&entry.value)))
            .collect::<serde_json::Map<_, _>>()
            .into(),
        _ if node.secret => "****".into(),
        _ => node.json(),
    }
}
