//! Reading a map whose keys are all known.

use super::error::{Problem, listed, near};
use super::node::{Entry, Node};

/// The keys of a map, each to be asked for; what nobody asked for is an error.
pub(super) struct Fields<'n> {
    node: &'n Node,
    /// What the map is, e.g. `AWS::SNS::Topic`.
    what: String,
    known: Vec<&'static str>,
}

impl<'n> Fields<'n> {
    pub(super) fn new(node: &'n Node, what: impl Into<String>) -> Result<Self, Problem> {
        let what = what.into();
        node.map(&what)?;
        Ok(Self {
            node,
            what,
            known: Vec::new(),
        })
    }

    /// The value of a key that may be missing.
    pub(super) fn optional(&mut self, key: &'static str) -> Option<&'n Node> {
        self.known.push(key);
        self.node.get(key)
    }

    /// The value of a key that must be there.
    pub(super) fn required(&mut self, key: &'static str) -> Result<&'n Node, Problem> {
        self.optional(key).ok_or_else(|| {
            Problem::at(self.node.at, format!("{} has no {key}", self.what))
                .help(format!("add {key}"))
        })
    }

    /// The text of a key that may be missing.
    pub(super) fn text(&mut self, key: &'static str) -> Result<Option<&'n str>, Problem> {
        self.optional(key).map(|node| node.scalar(key)).transpose()
    }

    /// Keys that may be there and have no effect on one machine.
    pub(super) fn accept(&mut self, keys: &[&'static str]) {
        self.known.extend(keys);
    }

    /// Keys that would change what happens in a way that is not simulated.
    pub(super) fn refuse(&mut self, keys: &[(&'static str, &str)]) -> Result<(), Problem> {
        for (key, instead) in keys {
            if let Some(entry) = self.entry(key) {
                return Err(Problem::at(
                    entry.at,
                    format!("{key} of {} is not simulated", self.what),
                )
                .help(*instead));
            }
            self.known.push(key);
        }
        Ok(())
    }

    /// A switch that must be off (or missing), since being on is not simulated.
    pub(super) fn refuse_true(&mut self, keys: &[(&'static str, &str)]) -> Result<(), Problem> {
        for (key, instead) in keys {
            if let Some(node) = self.optional(key)
                && node.boolean(key)?
            {
                return Err(Problem::at(
                    node.at,
                    format!("{key} of {} is not simulated", self.what),
                )
                .help(*instead));
            }
        }
        Ok(())
    }

    /// A key with its place.
    pub(super) fn entry(&self, key: &str) -> Option<&'n Entry> {
        self.node.entries().iter().find(|entry| entry.key == key)
    }

    /// Refuses keys that nobody asked for.
    pub(super) fn finish(self) -> Result<(), Problem> {
        let unknown = self
            .node
            .entries()
            .iter()
            .find(|entry| !self.known.contains(&entry.key.as_str()));
        match unknown {
            None => Ok(()),
            Some(entry) => Err(Problem::at(
                entry.at,
                format!("{} is not a property of {}", entry.key, self.what),
            )
            .help(
                near(&entry.key, &self.known)
                    .unwrap_or_else(|| format!("it has {}", listed(&self.known))),
            )),
        }
    }
}
