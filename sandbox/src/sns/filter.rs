//! Filter policies of subscriptions.
//!
//! Written to the SNS Developer Guide, "Amazon SNS subscription filter
//! policies", and, where the guide is silent, to what AWS was seen to answer.
//!
//! A policy is brought into alternatives (one for each way through its `$or`s),
//! each a list of rules that must all hold; a message is brought into leaves,
//! each a value at a dotted path. So the two scopes, attributes and body, are
//! matched by one function.

mod condition;
mod message;
mod policy;

use std::collections::{BTreeSet, HashSet};

use serde_json::Value as Json;

use super::attributes::Attribute;
use crate::template::model::FilterScope;
use condition::Condition;
use message::{Leaf, Place};

/// Why SNS refuses a filter policy, in its own words.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("Invalid parameter: {0}")]
pub struct FilterError(String);

/// A filter policy that SNS accepts, ready to be matched.
#[derive(Clone, Debug)]
pub struct FilterPolicy {
    scope: FilterScope,
    alternatives: Vec<Vec<Rule>>,
    /// Every path that some rule names: other parts of a message do not count.
    paths: BTreeSet<String>,
}

/// What one property must be: one of several things.
#[derive(Clone, Debug)]
struct Rule {
    path: String,
    conditions: Vec<Condition>,
}

impl FilterPolicy {
    /// Reads and checks a policy.
    ///
    /// # Errors
    /// What SNS answers to such a policy.
    pub fn new(policy: &Json, scope: FilterScope) -> Result<Self, FilterError> {
        let mut alternatives = policy::read(policy, scope)?;
        let rules = alternatives.iter().flatten();
        let paths = rules.map(|rule| rule.path.clone()).collect();
        for rules in &mut alternatives {
            // Rules on one part of the message side by side: see `satisfied`.
            rules.sort_by(|left, right| left.path.cmp(&right.path));
        }
        Ok(Self {
            scope,
            alternatives,
            paths,
        })
    }

    /// Whether a message passes. `body` is the text as this subscriber would
    /// get it.
    #[must_use]
    pub fn matches(&self, attributes: &[Attribute], body: &str) -> bool {
        match self.scope {
            FilterScope::MessageAttributes => {
                let leaves = message::of_attributes(attributes, &self.paths);
                // "exists": false only matches if there is some attribute at
                // all (SNS Developer Guide, "Key matching").
                let any = attributes.iter().any(message::is_seen);
                self.any_satisfied(&leaves, any)
            }
            FilterScope::MessageBody => match serde_json::from_str(body) {
                Ok(body @ Json::Object(_)) => {
                    let leaves = message::of_body(&body, &self.paths);
                    self.any_satisfied(&leaves, true)
                }
                _ => false,
            },
        }
    }

    fn any_satisfied(&self, leaves: &[Leaf<'_>], absence_counts: bool) -> bool {
        let mut alternatives = self.alternatives.iter();
        alternatives.any(|rules| satisfied(rules, leaves, absence_counts))
    }
}

/// Whether one value can be found for every rule such that no two of them come
/// from different elements of one array.
///
/// Goes rule by rule and keeps the combinations of array elements that are
/// still possible. Elements of arrays that no later rule looks into are
/// forgotten, which keeps the combinations few.
fn satisfied(rules: &[Rule], leaves: &[Leaf<'_>], absence_counts: bool) -> bool {
    let mut possible = HashSet::from([Place::default()]);
    for (position, rule) in rules.iter().enumerate() {
        let here = || leaves.iter().filter(|leaf| leaf.path == rule.path);
        let absent = here().next().is_none();
        if absent {
            let wanted = rule.conditions.iter().any(Condition::wants_absence);
            if wanted && absence_counts {
                continue;
            }
            return false;
        }
        let fitting = here().filter(|leaf| rule.conditions.iter().any(|c| c.holds(&leaf.value)));
        let later: HashSet<&str> = rules[position + 1..]
            .iter()
            .map(|rule| rule.path.as_str())
            .collect();
        let asked_later: HashSet<usize> = leaves
            .iter()
            .filter(|leaf| later.contains(leaf.path.as_str()))
            .flat_map(|leaf| leaf.place.arrays())
            .collect();
        let mut next = HashSet::new();
        for leaf in fitting {
            let joined = possible.iter().filter_map(|place| place.join(&leaf.place));
            next.extend(joined.map(|place| place.only(&asked_later)));
        }
        if next.is_empty() {
            return false;
        }
        possible = next;
    }
    true
}
