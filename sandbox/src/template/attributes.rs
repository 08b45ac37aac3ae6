//! What `Ref` and `Fn::GetAtt` give: names, ids and ARNs as AWS makes them.

use sha2::{Digest as _, Sha256};

use super::error::{Position, Problem, listed, near};
use super::intrinsics;
use super::node::{Node, Value};
use super::resources::{Kind, Naming};
use super::scope::{Known, Place, Scope};
use crate::aws::{ACCOUNT, PARTITION, REGION, STACK_NAME, URL_SUFFIX};

/// `count` characters of `alphabet`, always the same for the same `seed`: one
/// template has the same addresses on every start and on every machine.
fn letters(seed: &str, alphabet: &[u8], count: usize) -> String {
    let mut text = String::with_capacity(count);
    let mut block = 0u32;
    while text.len() < count {
        let digest = Sha256::digest(format!("{STACK_NAME}/{seed}/{block}"));
        text.extend(
            digest
                .iter()
                .take(count - text.len())
                .map(|byte| char::from(alphabet[usize::from(*byte) % alphabet.len()])),
        );
        block += 1;
    }
    text
}

const LOWER: &[u8] = b"abcdefghijklmnopqrstuvwxyz0123456789";
const UPPER: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

/// An id of the form `8-4-4-4-12`.
pub(super) fn uuid(seed: &str) -> String {
    let hex = letters(seed, b"0123456789abcdef", 30);
    // Version 4, variant 8, as random ids of AWS look.
    format!(
        "{}-{}-4{}-8{}-{}",
        &hex[..8],
        &hex[8..12],
        &hex[12..15],
        &hex[15..18],
        &hex[18..30]
    )
}

/// A name that CloudFormation would make: stack, logical id, twelve characters.
/// What does not fit is cut from the front part.
fn generated_name(id: &str, longest: usize) -> String {
    let mut front = format!("{STACK_NAME}-{id}");
    front.truncate(longest.saturating_sub(13));
    format!("{front}-{}", letters(id, UPPER, 12))
}

/// For hints at typing mistakes.
const PSEUDO: &[&str] = &[
    "AWS::AccountId",
    "AWS::NoValue",
    "AWS::NotificationARNs",
    "AWS::Partition",
    "AWS::Region",
    "AWS::StackId",
    "AWS::StackName",
    "AWS::URLSuffix",
];

/// The value of a pseudo parameter; `None` inside for `AWS::NoValue`.
fn pseudo(name: &str, at: Position) -> Option<Option<Node>> {
    let text = match name {
        "AWS::AccountId" => ACCOUNT.to_owned(),
        "AWS::Region" => REGION.to_owned(),
        "AWS::Partition" => PARTITION.to_owned(),
        "AWS::URLSuffix" => URL_SUFFIX.to_owned(),
        "AWS::StackName" => STACK_NAME.to_owned(),
        "AWS::StackId" => format!(
            "arn:{PARTITION}:cloudformation:{REGION}:{ACCOUNT}:stack/{STACK_NAME}/{}",
            uuid("AWS::StackId")
        ),
        "AWS::NotificationARNs" => return Some(Some(Node::new(at, Value::List(Vec::new())))),
        "AWS::NoValue" => return Some(None),
        _ => return None,
    };
    Some(Some(Node::text(at, text)))
}

impl Scope<'_> {
    /// Whether `name` is one of SAM's dotted references, e.g. `Api.Stage`.
    pub(super) fn is_referable(&self, name: &str) -> bool {
        self.referable.contains_key(name)
    }

    /// What `Ref` gives; `None` for `AWS::NoValue`.
    pub(super) fn reference(&self, name: &str, at: Position) -> Result<Option<Node>, Problem> {
        if let Some(value) = pseudo(name, at) {
            return Ok(value);
        }
        if let Some(value) = self.parameters.get(name) {
            return Ok(Some(Node {
                at,
                ..(*value).clone()
            }));
        }
        let id = self.referable.get(name).map_or(name, String::as_str);
        let (known, kind) = self.resource(id, &format!("!Ref {name}"), at)?;
        if let Some(reference) = &known.reference {
            return Ok(Some(Node {
                at,
                ..reference.clone()
            }));
        }
        self.expand(id, known, kind, kind.reference, at).map(Some)
    }

    /// What `Fn::GetAtt` gives.
    pub(super) fn attribute(&self, id: &str, name: &str, at: Position) -> Result<Node, Problem> {
        let what = format!("!GetAtt {id}.{name}");
        let (known, kind) = self.resource(id, &what, at)?;
        match kind
            .attributes
            .iter()
            .find(|(attribute, _)| *attribute == name)
        {
            Some((_, form)) => self.expand(id, known, kind, form, at),
            None => {
                let names = kind.attributes.iter().map(|(attribute, _)| attribute);
                Err(
                    Problem::at(at, format!("{what}: {} has no attribute {name}", kind.name))
                        .help(format!("it has {}", listed(names))),
                )
            }
        }
    }

    /// The resource with an id, which must exist and be kept.
    fn resource(
        &self,
        id: &str,
        what: &str,
        at: Position,
    ) -> Result<(&Known<'_>, &'static Kind), Problem> {
        let parameters = self.parameters.keys().copied();
        if self.place.get() != Place::Resources {
            let section = match self.place.get() {
                Place::Rules => "Rules",
                _ => "Conditions",
            };
            return Err(Problem::at(
                at,
                format!(
                    "{what} refers to no parameter, and {section} can refer to nothing else; \
                     the template has parameters {}",
                    listed(parameters)
                ),
            )
            .maybe_help(near(id, self.parameters.keys())));
        }
        let Some(known) = self.resources.get(id) else {
            let written = |id: &&String| {
                self.resources
                    .get(*id)
                    .is_some_and(|known| known.source.is_some_and(|source| !source.implicit))
            };
            let names = parameters
                .clone()
                .chain(PSEUDO.iter().copied())
                .chain(self.resources.keys().map(String::as_str))
                .chain(self.referable.keys().map(String::as_str));
            return Err(Problem::at(
                at,
                format!(
                    "{what} refers to nothing; the template has parameters {} and resources {}",
                    listed(parameters),
                    listed(self.resources.keys().filter(written)),
                ),
            )
            .maybe_help(near(id, names)));
        };
        match known.kind {
            Some(kind) if known.kept => {
                let touched = match (&known.owner, known.source) {
                    (Some(owner), _) => Some(owner.as_str()),
                    (None, Some(_)) => Some(id),
                    (None, None) => None,
                };
                if let Some(touched) = touched {
                    self.touched.borrow_mut().insert(touched.to_owned());
                }
                Ok((known, kind))
            }
            None if known.kept => Err(Problem::at(
                at,
                format!("{what} refers to a resource of a type that the sandbox does not know"),
            )),
            _ => Err(Problem::at(
                at,
                format!("{what} refers to a resource whose condition is false"),
            )
            .help("put it into !If with the same condition")),
        }
    }

    /// Fills in the form of a reference: `{name}`, `{account}` and so on.
    fn expand(
        &self,
        id: &str,
        known: &Known<'_>,
        kind: &Kind,
        form: &str,
        at: Position,
    ) -> Result<Node, Problem> {
        let name = self.name(id, known, kind)?;
        let mut secret = name.secret;
        let mut text = form.to_owned();
        if let Some((start, end)) = form.split_once("{property:") {
            let (property, end) = end.split_once('}').unwrap_or((end, ""));
            let written = known
                .source
                .and_then(|source| source.properties.get(property));
            let value = match written {
                Some(node) => self.own_property(id, property, node)?,
                None => None,
            };
            secret |= value.as_ref().is_some_and(|value| value.secret);
            let value = value.as_ref().and_then(Node::as_text).unwrap_or_default();
            text = format!("{start}{value}{end}");
        }
        if text.contains("{scope}") {
            let scope = known
                .source
                .and_then(|source| source.properties.get("Scope"));
            let scope = match scope {
                Some(node) => self.own_property(id, "Scope", node)?,
                None => None,
            };
            let global = scope.is_some_and(|scope| scope.as_text() == Some("CLOUDFRONT"));
            text = text.replace("{scope}", if global { "global" } else { "regional" });
        }
        let text = text
            .replace("{partition}", PARTITION)
            .replace("{region}", REGION)
            .replace("{account}", ACCOUNT)
            .replace("{suffix}", URL_SUFFIX)
            .replace("{uuid}", &uuid(id))
            .replace("{upper}", &letters(id, UPPER, 13))
            .replace("{short}", &letters(id, LOWER, 10))
            .replace("{six}", &letters(id, LOWER, 6))
            .replace("{name}", name.as_text().unwrap_or_default());
        Ok(Node::text(at, text).hidden_if(secret))
    }

    /// The name in the account: what the template says, else what AWS makes.
    fn name(&self, id: &str, known: &Known<'_>, kind: &Kind) -> Result<Node, Problem> {
        if let Some(name) = self.names.borrow().get(id) {
            return Ok(name.clone());
        }
        let written = kind
            .name_property
            .and_then(|property| Some((property, known.source?.properties.get(property)?)));
        let given = match written {
            Some((property, node)) => self.own_property(id, property, node)?,
            None => None,
        };
        let name = given.unwrap_or_else(|| {
            let at = known
                .source
                .map_or(Position { line: 1, column: 1 }, |source| source.at);
            Node::text(
                at,
                match kind.naming {
                    Naming::Stack { longest } => generated_name(id, longest),
                    Naming::Short(count) => letters(id, LOWER, count),
                    Naming::Uuid => uuid(id),
                },
            )
        });
        self.names.borrow_mut().insert(id.to_owned(), name.clone());
        Ok(name)
    }

    /// A property that goes into the names and addresses of its resource.
    fn own_property(&self, id: &str, property: &str, node: &Node) -> Result<Option<Node>, Problem> {
        if self.naming.borrow().iter().any(|other| other == id) {
            let mut names = self.naming.borrow().clone();
            names.push(id.to_owned());
            return Err(Problem::at(
                node.at,
                format!(
                    "resources refer to each other in their names: {}",
                    names.join(" → ")
                ),
            )
            .in_resource(id));
        }
        self.naming.borrow_mut().push(id.to_owned());
        // What a name refers to is a reference of this resource, not of the one
        // that asked for the name.
        let touched = self.touched.take();
        let name = intrinsics::resolve(self, node);
        self.touched.replace(touched);
        self.naming.borrow_mut().pop();
        let name = name.map_err(|problem| problem.in_resource(id))?;
        if let Some(name) = &name {
            name.scalar(property)
                .map_err(|problem| problem.in_resource(id))?;
        }
        Ok(name)
    }
}
