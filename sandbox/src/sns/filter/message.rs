//! A message as the leaves that a filter policy looks at.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashSet};

use serde_json::Value as Json;

use super::super::attributes::{Attribute, Kind, number};

/// A value at a path.
pub(super) struct Leaf<'m> {
    /// Names of the properties on the way, joined by dots: SNS takes
    /// `{"a.b": 1}` and `{"a": {"b": 1}}` for the same.
    pub(super) path: String,
    pub(super) value: Scalar<'m>,
    pub(super) place: Place,
}

/// A value that is neither array nor object.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Scalar<'m> {
    Text(Cow<'m, str>),
    Number(f64),
    Bool(bool),
    Null,
}

/// Elements of arrays that a leaf lies in: number of the array in the message
/// and index of the element. Sorted, since inner arrays have higher numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Place(Vec<(usize, usize)>);

impl Place {
    pub(super) fn arrays(&self) -> impl Iterator<Item = usize> {
        self.0.iter().map(|(array, _)| *array)
    }

    /// Both places at once, unless they are different elements of one array.
    pub(super) fn join(&self, other: &Self) -> Option<Self> {
        let mut joined = self.0.clone();
        for (array, index) in &other.0 {
            match joined.binary_search_by_key(array, |(array, _)| *array) {
                Ok(found) if joined[found].1 != *index => return None,
                Ok(_) => {}
                Err(gap) => joined.insert(gap, (*array, *index)),
            }
        }
        Some(Self(joined))
    }

    /// The place without the arrays outside `wanted`.
    pub(super) fn only(mut self, wanted: &HashSet<usize>) -> Self {
        self.0.retain(|(array, _)| wanted.contains(array));
        self
    }
}

impl<'m> Scalar<'m> {
    /// `None` for arrays and objects.
    pub(super) fn of(json: &'m Json) -> Option<Self> {
        Some(match json {
            Json::String(text) => Self::Text(text.into()),
            Json::Number(number) => Self::Number(number.as_f64()?),
            Json::Bool(value) => Self::Bool(*value),
            Json::Null => Self::Null,
            Json::Array(_) | Json::Object(_) => return None,
        })
    }

    pub(super) fn into_owned(self) -> Scalar<'static> {
        match self {
            Self::Text(text) => Scalar::Text(text.into_owned().into()),
            Self::Number(number) => Scalar::Number(number),
            Self::Bool(value) => Scalar::Bool(value),
            Self::Null => Scalar::Null,
        }
    }
}

/// Whether filter policies see this attribute: they ignore binary ones.
pub(super) fn is_seen(attribute: &Attribute) -> bool {
    attribute.kind() != Kind::Binary
}

/// The leaves of message attributes; an array is as many leaves as elements.
pub(super) fn of_attributes<'m>(
    attributes: &'m [Attribute],
    wanted: &BTreeSet<String>,
) -> Vec<Leaf<'m>> {
    let mut leaves = Vec::new();
    for attribute in attributes {
        if !wanted.contains(&attribute.name) {
            continue;
        }
        let text = attribute.text();
        let mut add = |value: Scalar<'m>| {
            leaves.push(Leaf {
                path: attribute.name.clone(),
                value,
                place: Place::default(),
            });
        };
        match attribute.kind() {
            Kind::Binary => {}
            Kind::Text => add(Scalar::Text(text)),
            Kind::Number => number(&text).map(Scalar::Number).into_iter().for_each(add),
            Kind::Array => {
                // An array that is not JSON matches nothing.
                let elements = serde_json::from_str::<Vec<Json>>(&text).unwrap_or_default();
                for scalar in elements.iter().filter_map(Scalar::of) {
                    add(scalar.into_owned());
                }
            }
        }
    }
    leaves
}

/// The leaves of a JSON body.
pub(super) fn of_body<'m>(body: &'m Json, wanted: &BTreeSet<String>) -> Vec<Leaf<'m>> {
    let mut walk = Walk {
        wanted,
        path: String::new(),
        place: Place::default(),
        arrays: 0,
        leaves: Vec::new(),
    };
    walk.visit(body);
    walk.leaves
}

struct Walk<'m, 'w> {
    wanted: &'w BTreeSet<String>,
    path: String,
    place: Place,
    arrays: usize,
    leaves: Vec<Leaf<'m>>,
}

impl<'m> Walk<'m, '_> {
    // serde_json refuses to read deeper than 128 levels, so this ends.
    fn visit(&mut self, json: &'m Json) {
        match json {
            Json::Object(members) => {
                let length = self.path.len();
                for (name, value) in members {
                    if length > 0 {
                        self.path.push('.');
                    }
                    self.path.push_str(name);
                    self.visit(value);
                    self.path.truncate(length);
                }
            }
            Json::Array(elements) => {
                let array = self.arrays;
                self.arrays += 1;
                for (index, element) in elements.iter().enumerate() {
                    self.place.0.push((array, index));
                    self.visit(element);
                    self.place.0.pop();
                }
            }
            Json::String(_) | Json::Number(_) | Json::Bool(_) | Json::Null => {
                if !self.wanted.contains(&self.path) {
                    return;
                }
                if let Some(value) = Scalar::of(json) {
                    self.leaves.push(Leaf {
                        path: self.path.clone(),
                        value,
                        place: self.place.clone(),
                    });
                }
            }
        }
    }
}
