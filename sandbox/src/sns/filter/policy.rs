//! Reads a filter policy: its shape, its limits, its alternatives.

use std::fmt;

use serde_json::{Map, Value as Json};

use super::condition::Condition;
use super::{FilterError, Rule};
use crate::template::model::FilterScope;

/// Most keys of a policy; of nested ones only the outermost count. This and
/// the next two: SNS Developer Guide, "Filter policy constraints in Amazon SNS".
const KEYS_MAX: usize = 5;
/// Most combinations of values.
const COMBINATIONS_MAX: usize = 150;
/// Most bytes.
const SIZE_MAX: usize = 256 * 1024;

pub(super) fn wrong(reason: impl fmt::Display) -> FilterError {
    FilterError(format!("FilterPolicy: {reason}"))
}

/// The alternatives of a policy, unless SNS refuses it.
pub(super) fn read(policy: &Json, scope: FilterScope) -> Result<Vec<Vec<Rule>>, FilterError> {
    let Json::Object(members) = policy else {
        return Err(wrong("Filter is not an object"));
    };
    if policy.to_string().len() > SIZE_MAX {
        return Err(wrong("Filter policy is larger than 256 KB"));
    }
    if members.len() > KEYS_MAX {
        return Err(wrong("Filter policy can not have more than 5 keys"));
    }
    if combinations(members, scope, 1, 1)? > COMBINATIONS_MAX {
        return Err(wrong("Filter policy is too complex"));
    }
    // Each alternative is at least one combination: there are few from here on.
    expand(members, "", vec![Vec::new()])
}

/// How many combinations of values the policy allows, each value counted as
/// often as its property is deep; checks the shape on the way.
fn combinations(
    members: &Map<String, Json>,
    scope: FilterScope,
    depth: usize,
    so_far: usize,
) -> Result<usize, FilterError> {
    if depth > 1 && scope == FilterScope::MessageAttributes {
        return Err(FilterError(
            "Filter policy scope MessageAttributes does not support nested filter policy".into(),
        ));
    }
    let mut count = so_far;
    for (key, value) in members {
        count = match value {
            Json::Object(members) => combinations(members, scope, depth + 1, count)?,
            Json::Array(values) if values.is_empty() => {
                return Err(wrong("Empty arrays are not allowed"));
            }
            Json::Array(values) => match branches(key, values) {
                None => count.saturating_mul(values.len()).saturating_mul(depth),
                Some(branches) => {
                    let mut sum = 0_usize;
                    for branch in branches {
                        sum = sum.saturating_add(combinations(branch, scope, depth, count)?);
                    }
                    sum
                }
            },
            _ => return Err(wrong(format!("\"{key}\" must be an object or an array"))),
        };
    }
    Ok(count)
}

/// What `$or` chooses among; with fewer than two objects it is an ordinary name.
fn branches<'p>(key: &str, values: &'p [Json]) -> Option<Vec<&'p Map<String, Json>>> {
    if key != "$or" || values.len() < 2 {
        return None;
    }
    values.iter().map(Json::as_object).collect()
}

/// Adds these members to every alternative; a `$or` multiplies them.
fn expand(
    members: &Map<String, Json>,
    parent: &str,
    mut alternatives: Vec<Vec<Rule>>,
) -> Result<Vec<Vec<Rule>>, FilterError> {
    for (key, value) in members {
        let path = if parent.is_empty() {
            key.clone()
        } else {
            format!("{parent}.{key}")
        };
        match value {
            Json::Object(members) => alternatives = expand(members, &path, alternatives)?,
            Json::Array(values) => match branches(key, values) {
                Some(branches) => {
                    let mut expanded = Vec::new();
                    for branch in branches {
                        expanded.extend(expand(branch, parent, alternatives.clone())?);
                    }
                    alternatives = expanded;
                }
                None => {
                    let conditions = values.iter().map(Condition::read);
                    let conditions = conditions.collect::<Result<Vec<_>, _>>()?;
                    for rules in &mut alternatives {
                        rules.push(Rule {
                            path: path.clone(),
                            conditions: conditions.clone(),
                        });
                    }
                }
            },
            _ => return Err(wrong(format!("\"{key}\" must be an object or an array"))),
        }
    }
    Ok(alternatives)
}
