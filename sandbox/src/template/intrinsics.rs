//! Intrinsic functions, from the template's text to values.

mod call;

use base64::Engine as _;

use super::error::{Position, Problem, listed, near};
use super::node::{Entry, Node, Value};
use super::scope::Scope;
use call::Call;

/// Functions that stand for a value.
const FUNCTIONS: &[&str] = &[
    "Fn::Base64",
    "Fn::Cidr",
    "Fn::FindInMap",
    "Fn::GetAZs",
    "Fn::GetAtt",
    "Fn::If",
    "Fn::ImportValue",
    "Fn::Join",
    "Fn::Length",
    "Fn::Select",
    "Fn::Split",
    "Fn::Sub",
    "Fn::ToJsonString",
    "Fn::Transform",
    "Fn::And",
    "Fn::Equals",
    "Fn::Not",
    "Fn::Or",
];

/// The value of a node with every function in it carried out; `None` for
/// `AWS::NoValue`, which takes away the property or the item.
pub(super) fn resolve(scope: &Scope<'_>, node: &Node) -> Result<Option<Node>, Problem> {
    let value = match &node.value {
        Value::List(items) => Value::List(resolve_all(scope, items)?),
        Value::Map(entries) => {
            if let Some((name, argument)) = call(node)? {
                return carry_out(scope, name, argument, node.at);
            }
            let mut resolved = Vec::with_capacity(entries.len());
            for entry in entries {
                if let Some(value) = resolve(scope, &entry.value)? {
                    resolved.push(Entry {
                        value,
                        ..entry.clone()
                    });
                }
            }
            Value::Map(resolved)
        }
        other => other.clone(),
    };
    Ok(Some(Node {
        at: node.at,
        secret: node.secret,
        value,
    }))
}

fn resolve_all(scope: &Scope<'_>, items: &[Node]) -> Result<Vec<Node>, Problem> {
    items
        .iter()
        .filter_map(|item| resolve(scope, item).transpose())
        .collect()
}

/// The function that a node calls, with its argument.
pub(super) fn call(node: &Node) -> Result<Option<(&str, &Node)>, Problem> {
    let entries = node.entries();
    let Some(entry) = entries
        .iter()
        .find(|entry| entry.key == "Ref" || entry.key.starts_with("Fn::"))
    else {
        return Ok(None);
    };
    if entries.len() == 1 {
        return Ok(Some((&entry.key, &entry.value)));
    }
    if entry.key == "Ref" {
        return Ok(None);
    }
    Err(Problem::at(
        entry.at,
        format!("{} must be the only key of its map", entry.key),
    ))
}

fn carry_out(
    scope: &Scope<'_>,
    name: &str,
    argument: &Node,
    at: Position,
) -> Result<Option<Node>, Problem> {
    let call = Call {
        scope,
        name,
        argument,
        at,
    };
    let node = match name {
        "Ref" => {
            let target = argument
                .as_text()
                .ok_or_else(|| argument.expected("Ref", "a name"))?;
            return scope.reference(target, at);
        }
        "Fn::If" => return call.choose(),
        "Fn::GetAtt" => call.attribute()?,
        "Fn::Sub" => call.substitute()?,
        "Fn::Join" => call.join()?,
        "Fn::Split" => call.split()?,
        "Fn::Select" => call.select()?,
        "Fn::FindInMap" => call.find_in_map()?,
        "Fn::Base64" => {
            let text = call.one()?;
            let encoded = base64::engine::general_purpose::STANDARD.encode(call.text_of(&text)?);
            Node::text(at, encoded).hidden_if(text.secret)
        }
        "Fn::Cidr" => call.cidr()?,
        "Fn::GetAZs" => call.zones()?,
        "Fn::Length" => call.length()?,
        "Fn::ToJsonString" => {
            call.needs_extensions()?;
            let value = call.one()?;
            Node::text(at, value.json().to_string()).hidden_if(value.holds_secret())
        }
        "Fn::And"
        | "Fn::Or"
        | "Fn::Not"
        | "Fn::Equals"
        | "Fn::Contains"
        | "Fn::EachMemberEquals"
        | "Fn::EachMemberIn" => {
            return Err(Problem::at(
                at,
                format!("{name} stands for a condition, not for a value"),
            )
            .help("define it under Conditions and use !If with its name"));
        }
        "Fn::RefAll" | "Fn::ValueOf" | "Fn::ValueOfAll" => {
            return Err(Problem::at(
                at,
                format!("{name} asks about resources of an account; the sandbox has none"),
            )
            .help("leave the assertion out"));
        }
        "Fn::ImportValue" => {
            return Err(Problem::at(
                at,
                "Fn::ImportValue has nothing to import from: the sandbox runs one stack",
            )
            .help("make the value a parameter and give it with NAME=VALUE"));
        }
        "Fn::Transform" => {
            return Err(Problem::at(
                at,
                format!(
                    "Fn::Transform runs macros in an AWS account{}; the sandbox has none",
                    argument
                        .get("Name")
                        .and_then(Node::as_text)
                        .map(|name| format!(" ({name})"))
                        .unwrap_or_default(),
                ),
            )
            .help("write what the macro would make into the template"));
        }
        _ if name.starts_with("Fn::ForEach::") => {
            return Err(
                Problem::at(at, "Fn::ForEach is not supported by the sandbox")
                    .help("write the repeated parts out"),
            );
        }
        _ => {
            return Err(
                Problem::at(at, format!("{name} is not a function of CloudFormation"))
                    .help(near(name, FUNCTIONS).unwrap_or_else(|| {
                        format!("the functions are Ref, {}", listed(FUNCTIONS))
                    })),
            );
        }
    };
    Ok(Some(node))
}
