//! A template under test: as it is written, and as SAM expands it.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use sandbox::template::{self, Entry, Node, Position, Value};

use crate::project;

/// A template with what SAM makes of it.
#[derive(Clone)]
pub struct Subject {
    /// The step's number, or `final`: in the order of the alphabet they are in
    /// that of the book.
    pub number: String,
    /// The crate's folder.
    pub dir: PathBuf,
    /// As it is written.
    pub written: Tree,
    /// As `.ci/templates` has it from the SAM translator.
    pub expanded: Tree,
}

/// A file with its tree.
#[derive(Clone)]
pub struct Tree {
    /// From the repository's root, for messages.
    pub file: String,
    pub text: String,
    root: Node,
}

/// What is wrong, and what to do about it.
#[derive(Clone, Debug)]
pub struct Finding {
    pub file: String,
    pub at: Position,
    pub resource: String,
    pub rule: &'static str,
    pub message: String,
    pub help: &'static str,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Position { line, column } = self.at;
        write!(
            f,
            "{}:{line}:{column}: {}: {}\n  help: {}",
            self.file, self.resource, self.message, self.help
        )
    }
}

impl Subject {
    /// The templates of the steps and of final.
    pub fn all() -> Vec<Self> {
        let project = project();
        let steps = project.steps().unwrap();
        let all: Vec<Self> = steps
            .into_iter()
            .map(|step| {
                let number = step.name.split('-').next().unwrap().to_owned();
                let dir = step.dir.strip_prefix(project.root()).unwrap().to_owned();
                let read = |path: PathBuf| {
                    let text = fs::read_to_string(project.root().join(&path)).unwrap();
                    let file: Vec<_> = path.iter().map(|part| part.to_str().unwrap()).collect();
                    Tree::new(file.join("/"), text)
                };
                let expanded = format!("workbook/tests/expanded/{}.yaml", step.name);
                Self {
                    number,
                    written: read(dir.join("template.yaml")),
                    expanded: read(expanded.into()),
                    dir: step.dir,
                }
            })
            .collect();
        assert!(all.len() > 5, "five steps and final");
        all
    }

    /// A finding at a resource of the expanded template, said of the written one:
    /// at the text `near` in the resource that SAM made it from, or at its name.
    pub fn finding(
        &self,
        rule: &'static str,
        resource: &str,
        near: &str,
        message: impl Into<String>,
        help: &'static str,
    ) -> Finding {
        let origin = self
            .written
            .resources()
            .iter()
            .filter(|entry| resource.starts_with(&entry.key))
            .max_by_key(|entry| entry.key.len());
        let at = origin.map_or(Position { line: 1, column: 1 }, |origin| {
            place(&origin.value, near).unwrap_or(origin.at)
        });
        Finding {
            file: self.written.file.clone(),
            at,
            resource: format!("resource {resource}"),
            rule,
            message: message.into(),
            help,
        }
    }
}

impl Tree {
    pub fn new(file: String, text: String) -> Self {
        let root = template::tree(&text, Path::new(&file)).unwrap();
        Self { file, text, root }
    }

    pub fn section(&self, name: &str) -> &[Entry] {
        self.root.get(name).map_or(&[], Node::entries)
    }

    pub fn resources(&self) -> &[Entry] {
        self.section("Resources")
    }

    pub fn resource(&self, id: &str) -> Option<&Node> {
        self.resources()
            .iter()
            .find(|entry| entry.key == id)
            .map(|entry| &entry.value)
    }

    /// The resources of a type, with their properties.
    pub fn of_type<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = (&'a str, &'a Node)> {
        self.resources()
            .iter()
            .filter(move |entry| text(&entry.value, &["Type"]) == Some(kind))
            .filter_map(|entry| Some((entry.key.as_str(), entry.value.get("Properties")?)))
    }

    pub fn line(&self, number: usize) -> &str {
        self.text.lines().nth(number - 1).unwrap_or_default()
    }

    pub fn finding(
        &self,
        rule: &'static str,
        (at, resource): (Position, &str),
        message: impl Into<String>,
        help: &'static str,
    ) -> Finding {
        Finding {
            file: self.file.clone(),
            at,
            resource: resource.to_owned(),
            rule,
            message: message.into(),
            help,
        }
    }
}

/// The value at the end of a way through maps.
pub fn at<'a>(node: &'a Node, way: &[&str]) -> Option<&'a Node> {
    way.iter().try_fold(node, |node, key| node.get(key))
}

/// The text there.
pub fn text<'a>(node: &'a Node, way: &[&str]) -> Option<&'a str> {
    at(node, way)?.as_text()
}

/// The items of a list, or the one value that stands for a list of one.
pub fn items(node: &Node) -> &[Node] {
    match &node.value {
        Value::List(items) => items,
        _ => std::slice::from_ref(node),
    }
}

/// The items that a list can have: both sides of each that depends on a condition.
pub fn possible(node: &Node) -> Vec<&Node> {
    fn sides(item: &Node) -> Vec<&Node> {
        match item.get("Fn::If").map(items) {
            Some([_, yes, no]) => [possible(yes), possible(no)].concat(),
            _ => vec![item],
        }
    }
    items(node).iter().flat_map(sides).collect()
}

/// The logical id that a value refers to, itself (`Ref`) or by an attribute.
pub fn target(node: &Node) -> Option<&str> {
    let attribute = || {
        let attribute = node.get("Fn::GetAtt")?;
        items(attribute).first()?.as_text()?.split('.').next()
    };
    text(node, &["Ref"]).or_else(attribute)
}

/// Whether a text is anywhere in a value, in what functions are made of too.
pub fn mentions(node: &Node, wanted: &str) -> bool {
    match &node.value {
        Value::List(items) => items.iter().any(|item| mentions(item, wanted)),
        Value::Map(entries) => entries.iter().any(|entry| mentions(&entry.value, wanted)),
        _ => node.as_text().is_some_and(|text| text.contains(wanted)),
    }
}

/// Where a text or a key stands, if it does.
fn place(node: &Node, wanted: &str) -> Option<Position> {
    match &node.value {
        Value::List(items) => items.iter().find_map(|item| place(item, wanted)),
        Value::Map(entries) => entries.iter().find_map(|entry| {
            (entry.key == wanted)
                .then_some(entry.at)
                .or_else(|| place(&entry.value, wanted))
        }),
        _ => (node.as_text() == Some(wanted)).then_some(node.at),
    }
}
