//! What rules and web ACLs do with requests.

use std::collections::BTreeMap;

use super::super::super::error::{Problem, listed, near};
use super::super::super::fields::Fields;
use super::super::super::model::{Action, CustomHeader, CustomResponse, Hidden};
use super::super::super::node::Node;

/// Most bytes of a custom response's body (AWS WAF Developer Guide, "AWS WAF
/// quotas").
const LONGEST_BODY: usize = 4 * 1024;
/// Most headers of a custom response, and most that are added to a request.
const MOST_HEADERS: usize = 10;

/// Headers that a custom response cannot have: WAF makes the first from the
/// body, the others belong to the connection.
const RESERVED: &[&str] = &[
    "content-type",
    "connection",
    "content-length",
    "date",
    "transfer-encoding",
];

/// `CustomResponseBodies`: content type and content by key.
pub(super) type Bodies = BTreeMap<String, (&'static str, Hidden<String>)>;

/// What a rule says under `Action` or `OverrideAction`.
pub(super) enum Taken {
    Action(Action),
    Override,
    NotSimulated(&'static str),
}

impl Taken {
    pub(super) fn is_override(&self) -> bool {
        matches!(self, Self::Override)
    }
}

/// Reads `CustomResponseBodies` of a web ACL.
pub(super) fn bodies(fields: &mut Fields<'_>) -> Result<Bodies, Problem> {
    let mut bodies = Bodies::new();
    let Some(node) = fields.optional("CustomResponseBodies") else {
        return Ok(bodies);
    };
    for entry in node.map("CustomResponseBodies")? {
        let mut fields = Fields::new(&entry.value, format!("custom response body {}", entry.key))?;
        let kind = fields.required("ContentType")?;
        let node = fields.required("Content")?;
        fields.finish()?;
        let content_type = match kind.scalar("ContentType")? {
            "TEXT_PLAIN" => "text/plain",
            "TEXT_HTML" => "text/html",
            "APPLICATION_JSON" => "application/json",
            _ => {
                return Err(
                    kind.expected("ContentType", "TEXT_PLAIN, TEXT_HTML or APPLICATION_JSON")
                );
            }
        };
        let content = node.scalar("Content")?;
        if content.is_empty() || content.len() > LONGEST_BODY {
            let found = format!("Content has {} bytes; it must be 1 to 4,096", content.len());
            return Err(Problem::at(node.at, found));
        }
        bodies.insert(
            entry.key.clone(),
            (content_type, Hidden(content.to_owned())),
        );
    }
    Ok(bodies)
}

/// Reads `DefaultAction`.
pub(super) fn default_action(node: &Node, bodies: &Bodies) -> Result<Action, Problem> {
    match one_of(node, "DefaultAction", &["Allow", "Block"])? {
        ("Allow", node) => Ok(Action::Allow(custom_request(node, "Allow")?)),
        (_, node) => Ok(Action::Block(custom_response(node, bodies)?)),
    }
}

/// Reads `Action` or `OverrideAction` of a rule.
pub(super) fn action(fields: &mut Fields<'_>, bodies: &Bodies) -> Result<Taken, Problem> {
    if let Some(node) = fields.optional("OverrideAction") {
        if fields.optional("Action").is_some() {
            return Err(Problem::at(
                node.at,
                "a rule has either Action or OverrideAction, not both",
            )
            .help("OverrideAction is for rule groups, Action for all else"));
        }
        one_of(node, "OverrideAction", &["Count", "None"])?;
        return Ok(Taken::Override);
    }
    let node = fields.required("Action")?;
    let known = ["Allow", "Block", "Captcha", "Challenge", "Count"];
    Ok(match one_of(node, "Action", &known)? {
        ("Allow", node) => Taken::Action(Action::Allow(custom_request(node, "Allow")?)),
        ("Count", node) => Taken::Action(Action::Count(custom_request(node, "Count")?)),
        ("Block", node) => Taken::Action(Action::Block(custom_response(node, bodies)?)),
        _ => Taken::NotSimulated(
            "CAPTCHA and Challenge need a browser and are not simulated: the rule never matches \
             here",
        ),
    })
}

/// The one key of a map of which AWS wants exactly one of some keys.
pub(super) fn one_of<'n>(
    node: &'n Node,
    property: &str,
    known: &[&'static str],
) -> Result<(&'static str, &'n Node), Problem> {
    let entries = node.map(property)?;
    let wrong = |help: String| {
        Problem::at(
            node.at,
            format!("{property} must have exactly one key, of {}", listed(known)),
        )
        .help(help)
    };
    let [entry] = entries else {
        let found = entries.iter().map(|entry| &entry.key);
        return Err(wrong(format!("it has {}", listed(found))));
    };
    let key = known.iter().find(|known| **known == entry.key);
    match key {
        Some(key) => Ok((key, &entry.value)),
        None => Err(Problem::at(
            entry.at,
            format!("{} is not a key of {property}", entry.key),
        )
        .help(
            near(&entry.key, known).unwrap_or_else(|| format!("it has one of {}", listed(known))),
        )),
    }
}

/// Reads what stands below `Allow` or `Count`.
fn custom_request(node: &Node, what: &str) -> Result<Vec<CustomHeader>, Problem> {
    let mut fields = Fields::new(node, what)?;
    let handling = fields.optional("CustomRequestHandling");
    fields.finish()?;
    let Some(handling) = handling else {
        return Ok(Vec::new());
    };
    let mut fields = Fields::new(handling, "CustomRequestHandling")?;
    let inserted = fields.required("InsertHeaders")?;
    fields.finish()?;
    headers(inserted, "InsertHeaders", &[])
}

/// Reads what stands below `Block`.
fn custom_response(node: &Node, bodies: &Bodies) -> Result<Option<CustomResponse>, Problem> {
    let mut fields = Fields::new(node, "Block")?;
    let response = fields.optional("CustomResponse");
    fields.finish()?;
    let Some(response) = response else {
        return Ok(None);
    };
    let mut fields = Fields::new(response, "CustomResponse")?;
    let code = fields
        .required("ResponseCode")?
        .integer("ResponseCode", 200..=599)?;
    let body = match fields.optional("CustomResponseBodyKey") {
        None => None,
        Some(node) => {
            let key = node.scalar("CustomResponseBodyKey")?;
            let body = bodies.get(key).ok_or_else(|| {
                node.expected("CustomResponseBodyKey", "a key of CustomResponseBodies")
                    .help(format!("there are {}", listed(bodies.keys())))
            })?;
            Some(body.clone())
        }
    };
    let headers = match fields.optional("ResponseHeaders") {
        None => Vec::new(),
        Some(node) => headers(node, "ResponseHeaders", RESERVED)?,
    };
    fields.finish()?;
    Ok(Some(CustomResponse {
        // `integer` has checked that it is far below.
        status: u16::try_from(code).unwrap_or(403),
        headers,
        body,
    }))
}

fn headers(node: &Node, property: &str, reserved: &[&str]) -> Result<Vec<CustomHeader>, Problem> {
    let items = node.list(property)?;
    if items.is_empty() || items.len() > MOST_HEADERS {
        let found = format!("{property} has {} headers; it must be 1 to 10", items.len());
        return Err(Problem::at(node.at, found));
    }
    let mut names: Vec<String> = Vec::new();
    let header = |item: &Node| {
        let mut fields = Fields::new(item, property)?;
        let name = fields.required("Name")?;
        let value = fields.required("Value")?;
        fields.finish()?;
        let text = name.scalar("Name")?;
        let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '$' | '-');
        if text.is_empty() || text.len() > 64 || !text.chars().all(allowed) {
            return Err(name.expected("Name", "1 to 64 letters, digits, `.`, `_`, `$` and `-`"));
        }
        let lower = text.to_ascii_lowercase();
        if reserved.contains(&lower.as_str()) {
            let message = format!("{property} cannot have {}", name.shown());
            return Err(Problem::at(name.at, message).help(
                "WAF makes Content-Type from the body; Connection, Content-Length, Date and \
                 Transfer-Encoding belong to the connection",
            ));
        }
        if names.contains(&lower) {
            let message = format!("{property} has {} already", name.shown());
            return Err(Problem::at(name.at, message));
        }
        names.push(lower);
        let content = value.scalar("Value")?;
        let printable = |c: char| c == ' ' || c.is_ascii_graphic();
        if content.is_empty() || content.len() > 255 || !content.chars().all(printable) {
            return Err(value.expected("Value", "1 to 255 printable ASCII characters"));
        }
        Ok(CustomHeader {
            name: text.to_owned(),
            value: Hidden(content.to_owned()),
        })
    };
    items.iter().map(header).collect()
}
