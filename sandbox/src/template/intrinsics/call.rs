//! The functions one by one.

use super::super::error::{Position, Problem, listed};
use super::super::node::{Node, Value};
use super::super::scope::Scope;
use super::super::substitution::{Part, parts};
use super::super::{conditions, network};
use super::resolve;

/// The zones of the sandbox's region, which `Fn::GetAZs` lists.
const ZONES: &[&str] = &["a", "b", "c", "d", "e", "f"];

/// A function with its argument.
pub(super) struct Call<'s, 't> {
    pub(super) scope: &'s Scope<'t>,
    pub(super) name: &'s str,
    pub(super) argument: &'s Node,
    pub(super) at: Position,
}

impl Call<'_, '_> {
    pub(super) fn wrong(&self, message: impl std::fmt::Display) -> Problem {
        Problem::at(self.at, format!("{}: {message}", self.name))
    }

    pub(super) fn needs_extensions(&self) -> Result<(), Problem> {
        if self.scope.document.extensions {
            return Ok(());
        }
        Err(self
            .wrong("the template does not name the transform AWS::LanguageExtensions")
            .help("write `Transform: [AWS::LanguageExtensions, AWS::Serverless-2016-10-31]` at the top"))
    }

    /// The whole argument as one value.
    pub(super) fn one(&self) -> Result<Node, Problem> {
        self.value(self.argument)
    }

    pub(super) fn value(&self, node: &Node) -> Result<Node, Problem> {
        resolve(self.scope, node)?.ok_or_else(|| self.wrong("an argument is AWS::NoValue"))
    }

    pub(super) fn text_of<'n>(&self, node: &'n Node) -> Result<&'n str, Problem> {
        node.as_text()
            .ok_or_else(|| self.wrong(format!("wants text, found {}", node.shown())))
    }

    /// The arguments as written, `wanted` says which there must be.
    pub(super) fn raw(
        &self,
        count: std::ops::RangeInclusive<usize>,
        wanted: &str,
    ) -> Result<&[Node], Problem> {
        match &self.argument.value {
            Value::List(items) if count.contains(&items.len()) => Ok(items),
            _ => Err(self.wrong(format!("wants {wanted}"))),
        }
    }

    pub(super) fn choose(&self) -> Result<Option<Node>, Problem> {
        let wanted = "[condition, value if true, value if false]";
        let [condition, yes, no] = self.raw(3..=3, wanted)? else {
            return Err(self.wrong(format!("wants {wanted}")));
        };
        let chosen = if conditions::holds(self.scope, condition)? {
            yes
        } else {
            no
        };
        // Only the branch that is taken may need anything that exists.
        resolve(self.scope, chosen)
    }

    pub(super) fn attribute(&self) -> Result<Node, Problem> {
        let wanted = "Resource.Attribute or [Resource, Attribute]";
        match &self.argument.value {
            Value::List(items) => {
                let [id, attribute] = items.as_slice() else {
                    return Err(self.wrong(format!("wants {wanted}")));
                };
                let attribute = self.value(attribute)?;
                if attribute.secret {
                    // An unknown attribute is named in the message.
                    return Err(self.wrong("the attribute comes from a NoEcho parameter"));
                }
                self.scope
                    .attribute(self.text_of(id)?, self.text_of(&attribute)?, self.at)
            }
            _ => {
                let (id, attribute) = self
                    .argument
                    .as_text()
                    .and_then(|text| text.split_once('.'))
                    .ok_or_else(|| self.wrong(format!("wants {wanted}")))?;
                self.scope.attribute(id, attribute, self.at)
            }
        }
    }

    pub(super) fn substitute(&self) -> Result<Node, Problem> {
        let wanted = "text or [text, map of variables]";
        let (text, variables) = match &self.argument.value {
            Value::List(items) => match items.as_slice() {
                [text, variables] => (text, Some(variables)),
                _ => return Err(self.wrong(format!("wants {wanted}"))),
            },
            _ => (self.argument, None),
        };
        let text = text
            .as_text()
            .ok_or_else(|| self.wrong(format!("wants {wanted}")))?;
        if let Some(variables) = variables {
            variables.map("the variables of Fn::Sub")?;
        }
        let mut result = String::with_capacity(text.len());
        let mut secret = false;
        for part in parts(text).map_err(|wrong| self.wrong(wrong))? {
            let name = match part {
                Part::Literal(literal) => {
                    result.push_str(&literal);
                    continue;
                }
                Part::Variable(name) => name,
            };
            let value = match variables.and_then(|variables| variables.get(name)) {
                Some(value) => self.value(value)?,
                None => self.named(name)?,
            };
            let text = value.as_text().ok_or_else(|| {
                self.wrong(format!(
                    "`${{{name}}}` is {}, which has no text",
                    value.shown()
                ))
            })?;
            result.push_str(text);
            secret |= value.secret;
        }
        Ok(Node::text(self.at, result).hidden_if(secret))
    }

    /// `${Name}` is a Ref, `${Name.Attribute}` a GetAtt, except for SAM's
    /// `${Api.Stage}`.
    pub(super) fn named(&self, name: &str) -> Result<Node, Problem> {
        match name.split_once('.') {
            Some((id, attribute)) if !self.scope.is_referable(name) => {
                self.scope.attribute(id, attribute, self.at)
            }
            _ => self
                .scope
                .reference(name, self.at)?
                .ok_or_else(|| self.wrong(format!("`${{{name}}}` has no value"))),
        }
    }

    pub(super) fn join(&self) -> Result<Node, Problem> {
        let wanted = "[delimiter, list of texts]";
        let [delimiter, items] = self.raw(2..=2, wanted)? else {
            return Err(self.wrong(format!("wants {wanted}")));
        };
        let (delimiter, items) = (self.value(delimiter)?, self.value(items)?);
        let Value::List(values) = &items.value else {
            return Err(self.wrong(format!("wants {wanted}")));
        };
        let texts: Vec<&str> = values
            .iter()
            .map(|v| self.text_of(v))
            .collect::<Result<_, _>>()?;
        Ok(Node::text(self.at, texts.join(self.text_of(&delimiter)?))
            .hidden_if(items.holds_secret() || delimiter.secret))
    }

    pub(super) fn split(&self) -> Result<Node, Problem> {
        let wanted = "[delimiter, text]";
        let [delimiter, text] = self.raw(2..=2, wanted)? else {
            return Err(self.wrong(format!("wants {wanted}")));
        };
        let (delimiter, text) = (self.value(delimiter)?, self.value(text)?);
        let cut = self.text_of(&delimiter)?;
        if cut.is_empty() {
            return Err(self.wrong("the delimiter is empty"));
        }
        let pieces = self
            .text_of(&text)?
            .split(cut)
            .map(|piece| Node::text(self.at, piece).hidden_if(text.secret))
            .collect();
        Ok(Node::new(self.at, Value::List(pieces)).hidden_if(text.secret))
    }

    pub(super) fn select(&self) -> Result<Node, Problem> {
        let wanted = "[index from 0, list]";
        let [index, items] = self.raw(2..=2, wanted)? else {
            return Err(self.wrong(format!("wants {wanted}")));
        };
        let (index, items) = (self.value(index)?, self.value(items)?);
        let Value::List(values) = &items.value else {
            return Err(self.wrong(format!("wants {wanted}")));
        };
        let number: usize = self
            .text_of(&index)?
            .parse()
            .map_err(|_| self.wrong(format!("wants {wanted}, the index is {}", index.shown())))?;
        values.get(number).cloned().ok_or_else(|| {
            self.wrong(format!(
                "there is no item {number} in a list of {}",
                values.len()
            ))
        })
    }

    pub(super) fn find_in_map(&self) -> Result<Node, Problem> {
        let wanted = "[mapping, first key, second key]";
        let arguments = self.raw(3..=4, wanted)?;
        let default = arguments.get(3).map(|options| {
            self.needs_extensions()?;
            options
                .get("DefaultValue")
                .ok_or_else(|| self.wrong("the fourth argument is {DefaultValue: …}"))
        });
        let default = default.transpose()?;
        let path: Vec<Node> = arguments[..3]
            .iter()
            .map(|key| self.value(key))
            .collect::<Result<_, _>>()?;
        let mut level = self.scope.document.section("Mappings");
        let mut found = None;
        for (key, what) in path.iter().zip(["mapping", "first key", "second key"]) {
            let name = self.text_of(key)?;
            let Some(entry) = level.iter().find(|entry| entry.key == name) else {
                if let Some(default) = default {
                    return self.value(default);
                }
                return Err(self
                    .wrong(format!("there is no {what} {}", key.shown()))
                    .help(format!("there is {}", listed(level.iter().map(|e| &e.key)))));
            };
            level = entry.value.entries();
            found = Some(&entry.value);
        }
        match found {
            Some(value) if value.entries().is_empty() => Ok(value.clone()),
            _ => Err(self.wrong("the value of a mapping must be text or a list")),
        }
    }

    pub(super) fn cidr(&self) -> Result<Node, Problem> {
        let wanted = "[address block, count, free bits]";
        let arguments = self.raw(2..=3, wanted)?;
        let values: Vec<Node> = arguments
            .iter()
            .map(|value| self.value(value))
            .collect::<Result<_, _>>()?;
        let number = |index: usize, default: u32| match values.get(index) {
            None => Ok(default),
            Some(node) => self
                .text_of(node)?
                .parse()
                .map_err(|_| self.wrong(format!("wants {wanted}, found {}", node.shown()))),
        };
        let secret = values.iter().any(|value| value.secret);
        let [block, ..] = values.as_slice() else {
            return Err(self.wrong(format!("wants {wanted}")));
        };
        let blocks = network::blocks(self.text_of(block)?, number(1, 1)?, number(2, 8)?).map_err(
            |wrong| match secret {
                true => self.wrong("the address block cannot be cut like this"),
                false => self.wrong(wrong),
            },
        )?;
        let blocks = blocks
            .into_iter()
            .map(|block| Node::text(self.at, block).hidden_if(secret))
            .collect();
        Ok(Node::new(self.at, Value::List(blocks)).hidden_if(secret))
    }

    pub(super) fn zones(&self) -> Result<Node, Problem> {
        let region = self.one()?;
        let name = self.text_of(&region)?;
        if !name.is_empty() && name != crate::aws::REGION {
            return Err(self.wrong(format!(
                "the sandbox has one region, {}; found {}",
                crate::aws::REGION,
                region.shown()
            )));
        }
        let zones = ZONES
            .iter()
            .map(|zone| Node::text(self.at, format!("{}{zone}", crate::aws::REGION)))
            .collect();
        Ok(Node::new(self.at, Value::List(zones)))
    }

    pub(super) fn length(&self) -> Result<Node, Problem> {
        self.needs_extensions()?;
        let value = self.one()?;
        match &value.value {
            Value::List(items) => Ok(Node::new(self.at, Value::Number(items.len().to_string()))),
            _ => Err(self.wrong(format!("wants a list, found {}", value.shown()))),
        }
    }
}
