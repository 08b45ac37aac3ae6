//! Whether a request is what a statement looks for.

use std::collections::HashMap;

use super::Request;
use super::addresses::{AddressSet, Claim, claimed};
use super::component::any;
use crate::template::model::{Comparison, PositionalConstraint, Statement};

/// A request, and what is known for judging it.
pub(super) struct Judge<'a> {
    pub(super) request: &'a Request<'a>,
    pub(super) sets: &'a HashMap<String, AddressSet>,
    pub(super) body_limit: usize,
}

impl Judge<'_> {
    pub(super) fn matches(&self, statement: &Statement) -> bool {
        match statement {
            Statement::And(all) => all.iter().all(|inner| self.matches(inner)),
            Statement::Or(some) => some.iter().any(|inner| self.matches(inner)),
            Statement::Not(inner) => !self.matches(inner),
            Statement::IpSet { arn, forwarded } => {
                let Some(set) = self.sets.get(arn) else {
                    return false;
                };
                let Some(config) = forwarded else {
                    return set.contains(self.request.source_ip);
                };
                match claimed(self.request, config) {
                    Claim::Absent => false,
                    Claim::Invalid => config.fallback,
                    Claim::Addresses(some) => some.iter().any(|one| set.contains(*one)),
                }
            }
            Statement::ByteMatch {
                component,
                constraint,
                search,
            } => any(self.request, component, self.body_limit, |value| {
                stands(value, *constraint, &search.0)
            }),
            Statement::RegexMatch { component, regex } => {
                any(self.request, component, self.body_limit, |value| {
                    regex.0.is_match(value)
                })
            }
            Statement::SizeConstraint {
                component,
                comparison,
                size,
            } => any(self.request, component, self.body_limit, |value| {
                compares(value.len() as u64, *comparison, *size)
            }),
            // It counts requests, so it can only be the statement of a rule.
            Statement::RateBased(_) => false,
        }
    }
}

fn stands(value: &[u8], constraint: PositionalConstraint, search: &[u8]) -> bool {
    let word =
        |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_');
    let mut windows = value.windows(search.len().max(1)).enumerate();
    match constraint {
        PositionalConstraint::Exactly => value == search,
        PositionalConstraint::StartsWith => value.starts_with(search),
        PositionalConstraint::EndsWith => value.ends_with(search),
        PositionalConstraint::Contains => windows.any(|(_, window)| window == search),
        PositionalConstraint::ContainsWord => windows.any(|(start, window)| {
            let before = start.checked_sub(1).and_then(|index| value.get(index));
            window == search && !word(before) && !word(value.get(start + search.len()))
        }),
    }
}

fn compares(found: u64, comparison: Comparison, size: u64) -> bool {
    match comparison {
        Comparison::Equal => found == size,
        Comparison::NotEqual => found != size,
        Comparison::LessOrEqual => found <= size,
        Comparison::Less => found < size,
        Comparison::GreaterOrEqual => found >= size,
        Comparison::Greater => found > size,
    }
}
