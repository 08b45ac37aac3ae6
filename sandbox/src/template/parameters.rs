//! The `Parameters` section: declarations, values in force and their limits.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use regex::Regex;

use super::document::Document;
use super::error::{Position, Problem, listed, near};
use super::fields::Fields;
use super::model::Parameter;
use super::node::{Entry, Node, Value};

/// The longest value of a parameter, in bytes (CloudFormation User Guide,
/// "Understand CloudFormation quotas").
const LONGEST: usize = 4096;

/// A parameter as the template declares it.
#[derive(Clone, Debug)]
pub struct Declaration {
    /// Name.
    pub name: String,
    /// `Type`, e.g. `String`, `CommaDelimitedList`.
    pub parameter_type: String,
    /// `Default`.
    pub default: Option<String>,
    /// `NoEcho`.
    pub no_echo: bool,
    /// `Description`.
    pub description: Option<String>,
    /// `AllowedValues`; empty if every value is allowed.
    pub allowed_values: Vec<String>,
    limits: Limits,
}

/// The further limits of a parameter.
#[derive(Clone, Debug)]
struct Limits {
    at: Position,
    pattern: Option<(String, Regex)>,
    /// `MinLength` and `MaxLength`, in characters.
    length: (Option<usize>, Option<usize>),
    /// `MinValue` and `MaxValue`.
    value: (Option<f64>, Option<f64>),
    explanation: Option<String>,
}

/// A parameter with its value, as text and as functions see it.
pub(super) struct InForce {
    pub parameter: Parameter,
    pub node: Node,
}

/// Every declaration, in the template's order.
pub(super) fn declarations(document: &Document) -> Result<Vec<Declaration>, Problem> {
    document
        .section("Parameters")
        .iter()
        .map(|entry| declaration(entry).map_err(|p| p.within(format!("parameter {}", entry.key))))
        .collect()
}

fn declaration(entry: &Entry) -> Result<Declaration, Problem> {
    let mut fields = Fields::new(&entry.value, "a parameter")?;
    let kind = fields.required("Type")?;
    let parameter_type = kind.scalar("Type")?.to_owned();
    let known = matches!(
        parameter_type.as_str(),
        "String" | "Number" | "List<Number>" | "List<String>" | "CommaDelimitedList"
    ) || parameter_type.starts_with("AWS::")
        || parameter_type.starts_with("List<AWS::");
    if !known {
        return Err(kind.expected(
            "Type",
            "String, Number, List<Number>, CommaDelimitedList or a type that starts with AWS::",
        ));
    }
    let default = match fields.optional("Default") {
        None => None,
        Some(Node {
            value: Value::List(_) | Value::Map(_),
            at,
            ..
        }) => {
            return Err(Problem::at(*at, "Default must be text")
                .help("write a list as text with commas: `Default: one,two`"));
        }
        Some(node) => Some(node.scalar("Default")?.to_owned()),
    };
    let no_echo = fields.optional("NoEcho").map(|node| node.boolean("NoEcho"));
    let description = fields.text("Description")?.map(str::to_owned);
    let allowed_values = match fields.optional("AllowedValues") {
        None => Vec::new(),
        Some(node) => node
            .list("AllowedValues")?
            .iter()
            .map(|value| value.scalar("AllowedValues").map(str::to_owned))
            .collect::<Result<_, _>>()?,
    };
    let pattern = fields.optional("AllowedPattern").map(pattern).transpose()?;
    let mut number = |key| -> Result<Option<f64>, Problem> {
        let Some(node) = fields.optional(key) else {
            return Ok(None);
        };
        let value = node.as_text().and_then(|text| text.parse().ok());
        value
            .map(Some)
            .ok_or_else(|| node.expected(key, "a number"))
    };
    let value = (number("MinValue")?, number("MaxValue")?);
    let mut length = |key| -> Result<Option<usize>, Problem> {
        let Some(node) = fields.optional(key) else {
            return Ok(None);
        };
        let value = node.as_text().and_then(|text| text.parse().ok());
        value
            .map(Some)
            .ok_or_else(|| node.expected(key, "a whole number"))
    };
    let length = (length("MinLength")?, length("MaxLength")?);
    let explanation = fields.text("ConstraintDescription")?.map(str::to_owned);
    fields.finish()?;
    Ok(Declaration {
        name: entry.key.clone(),
        parameter_type,
        default,
        no_echo: no_echo.transpose()?.unwrap_or(false),
        description,
        allowed_values,
        limits: Limits {
            at: entry.at,
            pattern,
            length,
            value,
            explanation,
        },
    })
}

/// CloudFormation matches the whole value, whether the pattern has anchors or
/// not.
fn pattern(node: &Node) -> Result<(String, Regex), Problem> {
    let text = node.scalar("AllowedPattern")?;
    let whole = Regex::new(&format!(r"\A(?:{text})\z")).map_err(|error| {
        let reason = match error {
            regex::Error::CompiledTooBig(_) => "it is too large".to_owned(),
            _ => error
                .to_string()
                .lines()
                .last()
                .unwrap_or_default()
                .trim()
                .trim_start_matches("error: ")
                .to_owned(),
        };
        Problem::at(
            node.at,
            format!("the sandbox cannot check AllowedPattern: {reason}"),
        )
        .help("look-around and back-references are not supported here")
    })?;
    Ok((text.to_owned(), whole))
}

/// The values in force, or one error with everything that is wrong with them.
pub(super) fn values(
    declarations: &[Declaration],
    overrides: &BTreeMap<String, String>,
) -> Result<Vec<InForce>, Problem> {
    let mut wrong: Vec<(Option<Position>, String)> = Vec::new();
    for name in overrides.keys() {
        let names = declarations.iter().map(|declaration| &declaration.name);
        if !names.clone().any(|other| other == name) {
            let hint = near(name, names.clone()).map(|hint| format!(" ({hint})"));
            wrong.push((
                None,
                format!(
                    "the template has no parameter {name}{}; it has {}",
                    hint.unwrap_or_default(),
                    listed(names)
                ),
            ));
        }
    }
    let mut values = Vec::with_capacity(declarations.len());
    for declaration in declarations {
        let given = overrides.get(&declaration.name);
        match value(declaration, given.map(String::as_str)) {
            Ok(value) => values.push(value),
            Err(message) => wrong.push((
                Some(declaration.limits.at),
                format!("parameter {}: {message}", declaration.name),
            )),
        }
    }
    match wrong.as_slice() {
        [] => Ok(values),
        [(position, message)] => Err(match position {
            Some(position) => Problem::at(*position, message),
            None => Problem::new(message),
        }
        .help("give values as NAME=VALUE, or write a Default into the template")),
        several => {
            let mut message = format!("{} parameters are wrong", several.len());
            for (position, one) in several {
                let _ = match position {
                    Some(position) => write!(message, "\n  line {}: {one}", position.line),
                    None => write!(message, "\n  {one}"),
                };
            }
            Err(Problem::new(message)
                .help("give values as NAME=VALUE, or write a Default into the template"))
        }
    }
}

fn value(declaration: &Declaration, given: Option<&str>) -> Result<InForce, String> {
    let stored = declaration
        .parameter_type
        .starts_with("AWS::SSM::Parameter::Value<");
    let text = match (given, &declaration.default) {
        (Some(text), _) => text,
        (None, Some(key)) if stored => {
            return Err(format!(
                "AWS would read `{key}` from Parameter Store, which the sandbox does not have; \
                 give the value itself"
            ));
        }
        (None, Some(text)) => text,
        (None, None) => return Err("it has no value and no Default".to_owned()),
    };
    check(declaration, text)?;
    let at = declaration.limits.at;
    let secret = declaration.no_echo;
    let node = if is_list(&declaration.parameter_type) {
        let items = items(text).map(|item| Node::text(at, item).hidden_if(secret));
        Node::new(at, Value::List(items.collect()))
    } else {
        Node::text(at, text)
    };
    Ok(InForce {
        parameter: Parameter {
            name: declaration.name.clone(),
            value: text.to_owned(),
            no_echo: secret,
        },
        node: node.hidden_if(secret),
    })
}

fn is_list(parameter_type: &str) -> bool {
    parameter_type == "CommaDelimitedList" || parameter_type.contains("List<")
}

/// The items of a list, without the spaces around them.
fn items(text: &str) -> impl Iterator<Item = &str> {
    // An empty text is an empty list for nobody: CloudFormation makes one empty
    // item of it, and Fn::Join of that is the empty text again.
    text.split(',').map(str::trim)
}

/// Everything a value must keep to; the message never shows a secret.
fn check(declaration: &Declaration, text: &str) -> Result<(), String> {
    let limits = &declaration.limits;
    let shown = |value: &str| match declaration.no_echo {
        true => "its value (hidden, NoEcho)".to_owned(),
        false => format!("`{value}`"),
    };
    let explained = |message: String| match &limits.explanation {
        Some(explanation) => format!("{message} ({explanation})"),
        None => message,
    };
    if text.len() > LONGEST {
        return Err(format!(
            "its value has {} bytes, at most {LONGEST} are allowed",
            text.len()
        ));
    }
    let each: Vec<&str> = match is_list(&declaration.parameter_type) {
        true => items(text).collect(),
        false => vec![text],
    };
    for item in each {
        if matches!(
            declaration.parameter_type.as_str(),
            "Number" | "List<Number>"
        ) {
            let number = item
                .parse::<f64>()
                .ok()
                .filter(|number| number.is_finite())
                .ok_or_else(|| explained(format!("{} is not a number", shown(item))))?;
            let (least, most) = limits.value;
            if least.is_some_and(|least| number < least) || most.is_some_and(|most| number > most) {
                let range = range(least, most);
                return Err(explained(format!("{} must be {range}", shown(item))));
            }
        }
        let allowed = &declaration.allowed_values;
        if !allowed.is_empty() && !allowed.iter().any(|one| one == item) {
            let allowed = listed(allowed.iter().map(|one| format!("`{one}`")));
            return Err(explained(format!(
                "{} is not allowed; allowed is {allowed}",
                shown(item)
            )));
        }
        if let Some((pattern, whole)) = &limits.pattern
            && !whole.is_match(item)
        {
            return Err(explained(format!(
                "{} does not match `{pattern}`",
                shown(item)
            )));
        }
        let length = item.chars().count();
        let (least, most) = limits.length;
        if least.is_some_and(|least| length < least) || most.is_some_and(|most| length > most) {
            let range = range(least, most);
            let has = match declaration.no_echo {
                true => String::new(),
                false => format!(", found {length}"),
            };
            return Err(explained(format!("the length must be {range}{has}")));
        }
    }
    Ok(())
}

fn range<T: std::fmt::Display>(least: Option<T>, most: Option<T>) -> String {
    match (least, most) {
        (Some(least), Some(most)) => format!("from {least} to {most}"),
        (Some(least), None) => format!("at least {least}"),
        (None, Some(most)) => format!("at most {most}"),
        (None, None) => "anything".to_owned(),
    }
}
