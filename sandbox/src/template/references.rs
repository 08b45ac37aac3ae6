//! Dynamic references: `{{resolve:secretsmanager:…}}` in properties.

use super::error::{Position, Problem, listed};
use super::generated;
use super::intrinsics;
use super::model::Secret;
use super::node::{Node, Value};
use super::resources::SECRET;
use super::scope::Scope;

const START: &str = "{{resolve:";
const END: &str = "}}";

/// Puts the values of secrets in place of the references to them, and marks
/// them as secret.
pub(super) fn resolve(scope: &Scope<'_>, node: &mut Node) -> Result<(), Problem> {
    match &mut node.value {
        Value::Text(text) if text.contains(START) => {
            match replaced(scope, text, node.at) {
                Ok(resolved) => {
                    *text = resolved;
                    node.secret = true;
                    Ok(())
                }
                // The value of a NoEcho parameter is its own business, and no
                // message may show it.
                Err(_) if node.secret => Ok(()),
                Err(problem) => Err(problem),
            }
        }
        Value::List(items) => items.iter_mut().try_for_each(|item| resolve(scope, item)),
        Value::Map(entries) => entries
            .iter_mut()
            .try_for_each(|entry| resolve(scope, &mut entry.value)),
        _ => Ok(()),
    }
}

fn replaced(scope: &Scope<'_>, text: &str, at: Position) -> Result<String, Problem> {
    let mut result = String::new();
    let mut rest = text;
    while let Some((before, reference)) = rest.split_once(START) {
        let Some((reference, after)) = reference.split_once(END) else {
            return Err(
                Problem::at(at, format!("a dynamic reference has no end: `{text}`"))
                    .help("close it with }}"),
            );
        };
        result.push_str(before);
        result.push_str(&value(scope, reference, at)?);
        rest = after;
    }
    result.push_str(rest);
    Ok(result)
}

/// The value of what stands between `{{resolve:` and `}}`.
fn value(scope: &Scope<'_>, reference: &str, at: Position) -> Result<String, Problem> {
    let Some(("secretsmanager", rest)) = reference.split_once(':') else {
        return Err(Problem::at(
            at,
            format!("the dynamic reference {START}{reference}{END} is not simulated"),
        )
        .help(
            "the sandbox knows {{resolve:secretsmanager:…}} for secrets of the template; for \
             others make the value a parameter with NoEcho: true",
        ));
    };
    // An ARN has six colons of its own.
    let own = if rest.starts_with("arn:") { 6 } else { 0 };
    let end = rest.match_indices(':').nth(own).map(|(index, _)| index);
    let (id, further) = match end {
        Some(end) => (&rest[..end], &rest[end + 1..]),
        None => (rest, ""),
    };
    let parts: Vec<&str> = further.split(':').collect();
    let part = |index: usize| parts.get(index).copied().unwrap_or_default();
    let (string, key, stage, version) = (part(0), part(1), part(2), part(3));
    let known = matches!(string, "" | "SecretString")
        && matches!(stage, "" | "AWSCURRENT")
        && version.is_empty()
        && parts.len() <= 4;
    if !known {
        return Err(Problem::at(
            at,
            format!("the dynamic reference {START}{reference}{END} is not simulated"),
        )
        .help(
            "write {{resolve:secretsmanager:<secret>:SecretString:<key>}}; the key may be empty",
        ));
    }
    let text = secret_text(scope, id, at)?;
    if key.is_empty() {
        return Ok(text);
    }
    let object: Option<serde_json::Value> = serde_json::from_str(&text).ok();
    let member = object.as_ref().and_then(|object| object.get(key));
    match member {
        Some(serde_json::Value::String(text)) => Ok(text.clone()),
        Some(other) => Ok(other.to_string()),
        None => Err(Problem::at(at, format!("the secret has no JSON key {key}"))
            .help("GenerateStringKey and SecretStringTemplate give it keys")),
    }
}

/// The value of the secret that an ARN or name means.
fn secret_text(scope: &Scope<'_>, wanted: &str, at: Position) -> Result<String, Problem> {
    // Looking at all secrets is no reference to each.
    let touched = scope.touched.take();
    let found = find_secret(scope, wanted, at);
    scope.touched.replace(touched);
    let (id, text) = found?;
    scope.touched.borrow_mut().insert(id);
    Ok(text)
}

/// The secret that an ARN or name means: its logical id and value.
fn find_secret(scope: &Scope<'_>, wanted: &str, at: Position) -> Result<(String, String), Problem> {
    let mut names = Vec::new();
    for (id, known) in &scope.resources {
        let kind = known.kind.filter(|kind| known.kept && kind.name == SECRET);
        let (Some(_), Some(source)) = (kind, known.source) else {
            continue;
        };
        let arn = scope.reference(id, at)?;
        let arn = arn.as_ref().and_then(Node::as_text).unwrap_or_default();
        let secret = Secret {
            logical_id: id.clone(),
            name: secret_name(scope, id)?,
            arn: arn.to_owned(),
            version_id: String::new(),
            value: String::new(),
        };
        if secret.is(wanted) {
            let within = |problem: Problem| problem.in_resource(id);
            let properties = intrinsics::resolve(scope, &source.properties).map_err(within)?;
            let properties = properties.unwrap_or_else(|| source.properties.clone());
            let text = generated::secret(&scope.seed, id, &properties).map_err(within)?;
            return Ok((id.clone(), text));
        }
        names.push(id.as_str());
    }
    let help = match names.as_slice() {
        [] => "the template has no secret: add one of type AWS::SecretsManager::Secret".to_owned(),
        _ => format!(
            "write !Sub with ${{<secret>}} inside; the template has the secrets {}",
            listed(names)
        ),
    };
    Err(Problem::at(
        at,
        format!("the dynamic reference names no secret of this template: {wanted}"),
    )
    .help(help))
}

/// The name in the account of a secret: its ARN has it, and six characters more.
pub(super) fn secret_name(scope: &Scope<'_>, id: &str) -> Result<String, Problem> {
    let arn = scope.reference(id, Position { line: 1, column: 1 })?;
    let arn = arn.as_ref().and_then(Node::as_text).unwrap_or_default();
    let name = arn.split(":secret:").nth(1).unwrap_or_default();
    let name = name.rsplit_once('-').map_or(name, |(name, _)| name);
    Ok(name.to_owned())
}
