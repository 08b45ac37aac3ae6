//! Text to nodes: YAML (and JSON, which is YAML) with CloudFormation's tags.

use std::collections::{BTreeMap, BTreeSet};

use saphyr_parser::{Event, Parser, ScalarStyle, ScanError, Span, Tag};

use super::error::{Position, Problem, listed, near};
use super::node::{Entry, Node, Value};

/// How deep values may be nested: far beyond any template, far within the stack
/// of a thread.
const DEEPEST: usize = 64;
/// How many values a template may have once its aliases are expanded.
const MOST_VALUES: usize = 200_000;
/// The functions that have a short form, without the `!`.
const SHORT_FORMS: &[&str] = &[
    "And",
    "Base64",
    "Cidr",
    "Condition",
    "Contains",
    "EachMemberEquals",
    "EachMemberIn",
    "Equals",
    "FindInMap",
    "GetAZs",
    "GetAtt",
    "If",
    "ImportValue",
    "Join",
    "Length",
    "Not",
    "Or",
    "Ref",
    "RefAll",
    "Select",
    "Split",
    "Sub",
    "ToJsonString",
    "Transform",
    "ValueOf",
    "ValueOfAll",
];

/// Parses a template's text.
pub(super) fn parse(text: &str) -> Result<Node, Problem> {
    let mut builder = Builder::default();
    let mut parser = Parser::new_from_str(text);
    while let Some(event) = parser.next_event() {
        let (event, span) = event.map_err(|error| broken(text, &error))?;
        builder.take(event, span)?;
    }
    let root = builder
        .root
        .ok_or_else(|| Problem::new("the template is empty"))?;
    refuse_nulls(&root)?;
    Ok(root)
}

/// A parser's complaint in words that say what to change.
fn broken(text: &str, error: &ScanError) -> Problem {
    let position = position_of(*error.marker());
    // The commonest mistake by far; the parser reports it in many ways, and
    // sometimes on the line after.
    let tab = text
        .lines()
        .enumerate()
        .take(position.line)
        .skip(position.line.saturating_sub(2))
        .find_map(|(index, line)| {
            let indent: String = line.chars().take_while(|c| c.is_whitespace()).collect();
            indent
                .chars()
                .position(|c| c == '\t')
                .map(|column| Position {
                    line: index + 1,
                    column: column + 1,
                })
        });
    match tab {
        Some(position) => Problem::at(position, "the line is indented with a tab")
            .help("indent with spaces: YAML does not allow tabs there"),
        None => Problem::at(position, format!("not valid YAML: {}", error.info()))
            .help("check the indentation and the quotes here and on the line before"),
    }
}

fn position_of(marker: saphyr_parser::Marker) -> Position {
    Position {
        line: marker.line(),
        column: marker.col() + 1,
    }
}

/// CloudFormation refuses null anywhere in a template; what is left empty is
/// nearly always a forgotten value.
fn refuse_nulls(node: &Node) -> Result<(), Problem> {
    match &node.value {
        Value::Null => Err(Problem::at(node.at, "an item has no value")
            .help("CloudFormation refuses null: give a value or remove the line")),
        Value::List(items) => items.iter().try_for_each(refuse_nulls),
        Value::Map(entries) => entries.iter().try_for_each(|entry| {
            if entry.value.value == Value::Null {
                return Err(Problem::at(entry.at, format!("{} has no value", entry.key))
                    .help("CloudFormation refuses null: give a value or remove the key"));
            }
            refuse_nulls(&entry.value)
        }),
        _ => Ok(()),
    }
}

/// A list or map that is not finished.
struct Open {
    at: Position,
    anchor: usize,
    tag: Option<Tag>,
    values: Values,
    /// Count of values when it began, to know its size when it ends.
    before: usize,
}

enum Values {
    List(Vec<Node>),
    Map {
        entries: Vec<Entry>,
        keys: BTreeSet<String>,
        pending: Option<(String, Position)>,
    },
}

#[derive(Default)]
struct Builder {
    open: Vec<Open>,
    root: Option<Node>,
    documents: usize,
    /// Finished values by anchor, with the number of values in each.
    anchors: BTreeMap<usize, (Node, usize)>,
    count: usize,
}

impl Builder {
    fn take(&mut self, event: Event<'_>, span: Span) -> Result<(), Problem> {
        let at = position_of(span.start);
        match event {
            Event::DocumentStart(_) => {
                self.documents += 1;
                if self.documents > 1 {
                    return Err(Problem::at(at, "a second document starts here (`---`)")
                        .help("a template is one YAML document"));
                }
                Ok(())
            }
            Event::SequenceStart(anchor, tag) => {
                self.begin(at, anchor, tag.as_deref(), Values::List(Vec::new()))
            }
            Event::MappingStart(anchor, tag) => self.begin(
                at,
                anchor,
                tag.as_deref(),
                Values::Map {
                    entries: Vec::new(),
                    keys: BTreeSet::new(),
                    pending: None,
                },
            ),
            Event::SequenceEnd | Event::MappingEnd => self.end(),
            Event::Scalar(text, style, anchor, tag) => {
                self.grow(at, 1)?;
                if self.wants_key() {
                    return self.key(text.into_owned(), at);
                }
                let value = match &tag {
                    None if style == ScalarStyle::Plain => plain(&text),
                    Some(tag) if tag.is_yaml_core_schema() && tag.suffix != "str" => plain(&text),
                    _ => Value::Text(text.into_owned()),
                };
                let node = tagged(Node::new(at, value), tag.as_deref())?;
                self.remember(anchor, &node, 1)?;
                self.add(node)
            }
            Event::Alias(anchor) => {
                let (node, size) = self.anchors.get(&anchor).cloned().ok_or_else(|| {
                    Problem::at(at, "an alias stands inside of what it stands for")
                })?;
                self.grow(at, size)?;
                if depth(&node) + self.open.len() > DEEPEST {
                    return Err(too_deep(at));
                }
                self.add(node)
            }
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => Ok(()),
        }
    }

    fn begin(
        &mut self,
        at: Position,
        anchor: usize,
        tag: Option<&Tag>,
        values: Values,
    ) -> Result<(), Problem> {
        if self.open.len() >= DEEPEST {
            return Err(too_deep(at));
        }
        if self.wants_key() {
            return Err(Problem::at(at, "a key must be text, found a list or a map")
                .help("quote text that starts with `{` or `[`"));
        }
        let before = self.count;
        self.grow(at, 1)?;
        self.open.push(Open {
            at,
            anchor,
            tag: tag.cloned(),
            values,
            before,
        });
        Ok(())
    }

    fn end(&mut self) -> Result<(), Problem> {
        let Some(open) = self.open.pop() else {
            return Ok(());
        };
        let value = match open.values {
            Values::List(items) => Value::List(items),
            Values::Map { entries, .. } => Value::Map(entries),
        };
        let node = tagged(Node::new(open.at, value), open.tag.as_ref())?;
        self.remember(open.anchor, &node, self.count - open.before)?;
        self.add(node)
    }

    fn wants_key(&self) -> bool {
        matches!(
            self.open.last().map(|open| &open.values),
            Some(Values::Map { pending: None, .. })
        )
    }

    fn key(&mut self, key: String, at: Position) -> Result<(), Problem> {
        let Some(Open {
            values: Values::Map { keys, pending, .. },
            ..
        }) = self.open.last_mut()
        else {
            return Ok(());
        };
        if key == "<<" {
            return Err(
                Problem::at(at, "merge keys (`<<`) are not part of CloudFormation")
                    .help("write the keys out, or use an alias for the whole value"),
            );
        }
        if !keys.insert(key.clone()) {
            return Err(Problem::at(at, format!("the key {key} is there twice"))
                .help("keep one of the two"));
        }
        *pending = Some((key, at));
        Ok(())
    }

    fn add(&mut self, node: Node) -> Result<(), Problem> {
        match self.open.last_mut().map(|open| &mut open.values) {
            None => self.root = Some(node),
            Some(Values::List(items)) => items.push(node),
            Some(Values::Map {
                entries, pending, ..
            }) => match pending.take() {
                Some((key, at)) => entries.push(Entry {
                    key,
                    at,
                    value: node,
                }),
                None => return Err(Problem::at(node.at, "a key must be text, not an alias")),
            },
        }
        Ok(())
    }

    /// Keeps a copy for aliases; it counts, since a copy takes memory whether it
    /// is used or not.
    fn remember(&mut self, anchor: usize, node: &Node, size: usize) -> Result<(), Problem> {
        if anchor != 0 {
            self.grow(node.at, size)?;
            self.anchors.insert(anchor, (node.clone(), size));
        }
        Ok(())
    }

    fn grow(&mut self, at: Position, by: usize) -> Result<(), Problem> {
        self.count += by;
        if self.count > MOST_VALUES {
            return Err(Problem::at(
                at,
                format!("the template has more than {MOST_VALUES} values, aliases expanded"),
            ));
        }
        Ok(())
    }
}

fn too_deep(at: Position) -> Problem {
    Problem::at(at, format!("values are nested more than {DEEPEST} deep"))
}

fn depth(node: &Node) -> usize {
    1 + match &node.value {
        Value::List(items) => items.iter().map(depth).max().unwrap_or(0),
        Value::Map(entries) => entries.iter().map(|e| depth(&e.value)).max().unwrap_or(0),
        _ => 0,
    }
}

/// The short form of a function becomes its long form; YAML's own tags go.
fn tagged(node: Node, tag: Option<&Tag>) -> Result<Node, Problem> {
    let Some(tag) = tag else {
        return Ok(node);
    };
    let at = node.at;
    if tag.is_yaml_core_schema() {
        return match tag.suffix.as_str() {
            "str" | "int" | "float" | "bool" | "null" | "map" | "seq" => Ok(node),
            other => Err(Problem::at(
                at,
                format!("the YAML tag !!{other} is not supported by CloudFormation"),
            )),
        };
    }
    if tag.handle.is_empty() && tag.suffix == "!" {
        return Ok(node);
    }
    let name = tag.suffix.as_str();
    if tag.handle == "!" && SHORT_FORMS.contains(&name) {
        return Ok(match name {
            "Ref" | "Condition" => Node::call(at, name, node),
            _ => Node::call(at, &format!("Fn::{name}"), node),
        });
    }
    Err(
        Problem::at(at, format!("{tag} is not a function of CloudFormation")).help(
            near(name, SHORT_FORMS)
                .map(|hint| hint.replace("mean ", "mean !"))
                .unwrap_or_else(|| {
                    let known = SHORT_FORMS.iter().map(|name| format!("!{name}"));
                    format!("the functions are {}", listed(known))
                }),
        ),
    )
}

/// Type of an unquoted scalar. CloudFormation and the SAM CLI read YAML 1.1,
/// where `yes` and `on` are booleans too; digits with a leading zero (account
/// ids) and dates (`2012-10-17`) stay text.
fn plain(text: &str) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "true" | "True" | "TRUE" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" => Value::Bool(true),
        "false" | "False" | "FALSE" | "no" | "No" | "NO" | "off" | "Off" | "OFF" => {
            Value::Bool(false)
        }
        _ if is_number(text) => Value::Number(text.to_owned()),
        _ => Value::Text(text.to_owned()),
    }
}

/// Whether text is a number as JSON writes one; a leading plus is text too, so
/// that telephone numbers stay whole.
fn is_number(text: &str) -> bool {
    text.starts_with(|c: char| c == '-' || c.is_ascii_digit())
        && serde_json::from_str::<serde_json::Number>(text).is_ok()
}
