//! The sections of a template and its resources as they are written.

use super::error::{Position, Problem, listed, near};
use super::fields::Fields;
use super::globals;
use super::node::{Entry, Node, Value};
use super::yaml;

/// The API that SAM makes for `Api` events without a `RestApiId`, with its
/// stage `Prod` (SAM Developer Guide, "Generated CloudFormation resources when
/// you specify AWS::Serverless::Api").
pub(super) const IMPLICIT_API: &str = "ServerlessRestApi";

const SECTIONS: &[&str] = &[
    "AWSTemplateFormatVersion",
    "Conditions",
    "Description",
    "Globals",
    "Mappings",
    "Metadata",
    "Outputs",
    "Parameters",
    "Resources",
    "Rules",
    "Transform",
];
const SERVERLESS: &str = "AWS::Serverless-2016-10-31";
const EXTENSIONS: &str = "AWS::LanguageExtensions";

/// A template, read but not resolved.
pub(super) struct Document {
    root: Node,
    pub description: Option<String>,
    /// Whether the transform `AWS::LanguageExtensions` is on.
    pub extensions: bool,
    pub resources: Vec<Resource>,
}

/// A resource as it is written, with `Globals` merged in.
pub(super) struct Resource {
    pub id: String,
    /// Where its logical id stands.
    pub at: Position,
    pub resource_type: String,
    pub type_at: Position,
    pub properties: Node,
    pub metadata: Option<Node>,
    pub condition: Option<Node>,
    pub deletion_policy: Option<Node>,
    pub depends_on: Vec<(String, Position)>,
    /// Whether SAM makes it, so that it is not in the text.
    pub implicit: bool,
}

impl Resource {
    /// Whether an event of this function needs the API that SAM makes.
    pub(super) fn uses_implicit_api(&self) -> bool {
        self.resource_type == "AWS::Serverless::Function"
            && self.properties.get("Events").is_some_and(|events| {
                events.entries().iter().any(|event| {
                    event.value.get("Type").and_then(Node::as_text) == Some("Api")
                        && event
                            .value
                            .get("Properties")
                            .is_none_or(|properties| properties.get("RestApiId").is_none())
                })
            })
    }
}

impl Document {
    /// Reads a template's text.
    pub(super) fn read(text: &str) -> Result<Self, Problem> {
        let root = yaml::parse(text)?;
        root.map("the template")?;
        for entry in root.entries() {
            check_section(entry)?;
        }
        if let Some(version) = root.get("AWSTemplateFormatVersion")
            && version.as_text() != Some("2010-09-09")
        {
            return Err(version.expected("AWSTemplateFormatVersion", "2010-09-09"));
        }
        let description = root
            .get("Description")
            .map(|description| description.scalar("Description").map(str::to_owned))
            .transpose()?;
        let (serverless, extensions) = transforms(&root)?;
        let globals = root.get("Globals");
        if let Some(globals) = globals {
            globals::check(globals)?;
        }
        let written = root.get("Resources").map_or(&[] as &[Entry], Node::entries);
        if written.is_empty() {
            return Err(Problem::at(root.at, "the template has no resources")
                .help("add a section Resources with at least one resource"));
        }
        let mut resources = Vec::with_capacity(written.len() + 1);
        for entry in written {
            let resource = resource(entry, globals).map_err(|p| p.in_resource(&entry.key))?;
            if resource.resource_type.starts_with("AWS::Serverless::") && !serverless {
                return Err(Problem::at(
                    resource.type_at,
                    format!(
                        "{} needs the transform {SERVERLESS}",
                        resource.resource_type
                    ),
                )
                .help(format!(
                    "write `Transform: {SERVERLESS}` at the top of the template"
                ))
                .in_resource(&resource.id));
            }
            resources.push(resource);
        }
        add_implicit_api(&mut resources, globals);
        check_depends_on(&resources)?;
        Ok(Self {
            root,
            description,
            extensions,
            resources,
        })
    }

    /// The entries of a section, none if the template does not have it.
    pub(super) fn section(&self, name: &str) -> &[Entry] {
        self.root.get(name).map_or(&[], Node::entries)
    }
}

/// Name and shape of a section, and the names of what is in it.
fn check_section(section: &Entry) -> Result<(), Problem> {
    let name = section.key.as_str();
    if !SECTIONS.contains(&name) {
        return Err(
            Problem::at(section.at, format!("{name} is not a section of a template")).help(
                near(name, SECTIONS)
                    .unwrap_or_else(|| format!("the sections are {}", listed(SECTIONS))),
            ),
        );
    }
    if matches!(
        name,
        "AWSTemplateFormatVersion" | "Description" | "Metadata" | "Transform"
    ) {
        return Ok(());
    }
    for entry in section.value.map(name)? {
        if entry.key.starts_with("Fn::ForEach::") {
            return Err(
                Problem::at(entry.at, "Fn::ForEach is not supported by the sandbox")
                    .help("write the repeated parts out"),
            );
        }
        let plain = entry.key.chars().all(|c| c.is_ascii_alphanumeric()) && !entry.key.is_empty();
        if matches!(name, "Conditions" | "Outputs" | "Parameters" | "Resources") && !plain {
            return Err(Problem::at(
                entry.at,
                format!(
                    "the name `{}` in {name} must be letters and digits only",
                    entry.key
                ),
            )
            .help("CloudFormation takes A-Z, a-z and 0-9 here"));
        }
        if name == "Mappings" {
            for first in entry.value.map(&entry.key)? {
                first.value.map(&first.key)?;
            }
        }
    }
    Ok(())
}

fn transforms(root: &Node) -> Result<(bool, bool), Problem> {
    let Some(transform) = root.get("Transform") else {
        return Ok((false, false));
    };
    let names = match &transform.value {
        Value::List(items) => items.as_slice(),
        _ => std::slice::from_ref(transform),
    };
    let (mut serverless, mut extensions) = (false, false);
    for name in names {
        match name.as_text() {
            Some(SERVERLESS) => serverless = true,
            Some(EXTENSIONS) => extensions = true,
            _ => {
                return Err(Problem::at(
                    name.at,
                    format!(
                        "the transform {} is not supported by the sandbox",
                        name.shown()
                    ),
                )
                .help(format!("the sandbox knows {SERVERLESS} and {EXTENSIONS}")));
            }
        }
    }
    Ok((serverless, extensions))
}

fn resource(entry: &Entry, globals: Option<&Node>) -> Result<Resource, Problem> {
    let mut fields = Fields::new(&entry.value, "a resource")?;
    let kind = fields.required("Type")?;
    let resource_type = kind.scalar("Type")?.to_owned();
    let properties = match fields.optional("Properties") {
        Some(properties) => {
            properties.map("Properties")?;
            properties.clone()
        }
        None => Node::new(entry.at, Value::Map(Vec::new())),
    };
    let metadata = fields.optional("Metadata").cloned();
    let condition = fields.optional("Condition").cloned();
    let depends_on = match fields.optional("DependsOn") {
        None => Vec::new(),
        Some(Node {
            value: Value::List(items),
            ..
        }) => items
            .iter()
            .map(|item| Ok((item.scalar("DependsOn")?.to_owned(), item.at)))
            .collect::<Result<_, Problem>>()?,
        Some(one) => vec![(one.scalar("DependsOn")?.to_owned(), one.at)],
    };
    for policy in ["DeletionPolicy", "UpdateReplacePolicy"] {
        if let Some(node) = fields.optional(policy) {
            let known = ["Delete", "Retain", "RetainExceptOnCreate", "Snapshot"];
            // With language extensions it may be a function; then AWS judges.
            if node.as_text().is_some_and(|text| !known.contains(&text)) {
                return Err(
                    node.expected(policy, "Delete, Retain, RetainExceptOnCreate or Snapshot")
                );
            }
        }
    }
    fields.accept(&["CreationPolicy", "UpdatePolicy"]);
    // SAM: which Globals this resource does without.
    fields.accept(&["IgnoreGlobals"]);
    fields.finish()?;
    let properties = globals::merged(
        globals,
        &resource_type,
        entry.value.get("IgnoreGlobals"),
        properties,
    );
    Ok(Resource {
        id: entry.key.clone(),
        at: entry.at,
        resource_type,
        type_at: kind.at,
        properties,
        metadata,
        condition,
        deletion_policy: entry.value.get("DeletionPolicy").cloned(),
        depends_on,
        implicit: false,
    })
}

fn add_implicit_api(resources: &mut Vec<Resource>, globals: Option<&Node>) {
    let Some(user) = resources
        .iter()
        .find(|resource| resource.uses_implicit_api())
    else {
        return;
    };
    if resources.iter().any(|resource| resource.id == IMPLICIT_API) {
        return;
    }
    let at = user.at;
    let properties = Node::new(
        at,
        Value::Map(vec![Entry {
            key: "StageName".to_owned(),
            at,
            value: Node::text(at, "Prod"),
        }]),
    );
    let resource_type = "AWS::Serverless::Api";
    resources.push(Resource {
        id: IMPLICIT_API.to_owned(),
        at,
        resource_type: resource_type.to_owned(),
        type_at: at,
        properties: globals::merged(globals, resource_type, None, properties),
        metadata: None,
        condition: None,
        deletion_policy: None,
        depends_on: Vec::new(),
        implicit: true,
    });
}

fn check_depends_on(resources: &[Resource]) -> Result<(), Problem> {
    for resource in resources {
        for (id, at) in &resource.depends_on {
            let ids = resources.iter().map(|resource| &resource.id);
            if !ids.clone().any(|other| other == id) {
                return Err(Problem::at(
                    *at,
                    format!(
                        "DependsOn names {id}, which is not a resource; the template has {}",
                        listed(ids.clone())
                    ),
                )
                .maybe_help(near(id, ids))
                .in_resource(&resource.id));
            }
        }
    }
    Ok(())
}
