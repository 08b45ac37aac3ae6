//! Path templates of a REST API.

/// What is wrong with a path template, if anything. API Gateway takes letters,
/// digits and `. _ - :` in a part, or a variable `{name}`; `{name+}` takes the
/// rest of the path and must come last (API Gateway Developer Guide,
/// "Methods for REST APIs").
pub(super) fn mistake(path: &str) -> Option<String> {
    let Some(rest) = path.strip_prefix('/') else {
        return Some("a path must begin with `/`".to_owned());
    };
    if rest.is_empty() {
        return None;
    }
    let parts: Vec<&str> = rest.split('/').collect();
    for (index, part) in parts.iter().enumerate() {
        if part.is_empty() {
            return Some("a path has no empty parts and no `/` at its end".to_owned());
        }
        let variable = part
            .strip_prefix('{')
            .and_then(|part| part.strip_suffix('}'));
        let name = variable.unwrap_or(part);
        let greedy = variable.is_some() && name.ends_with('+');
        if greedy && index + 1 != parts.len() {
            return Some(format!(
                "`{part}` takes the rest of the path, so it must come last"
            ));
        }
        let name = if greedy {
            &name[..name.len() - 1]
        } else {
            name
        };
        let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | ':');
        if name.is_empty() || !name.chars().all(allowed) {
            return Some(format!(
                "the part `{part}` may have letters, digits and `._-:`, or be {{name}} or {{name+}}"
            ));
        }
    }
    None
}

/// Two variables with different names in the same place, which API Gateway
/// refuses ("a sibling already has a variable path part"): `/a/{x}` and
/// `/a/{y}/b` clash in `{x}` and `{y}`, and so do `/{x}` and `/{proxy+}`.
pub(super) fn clash<'p>(one: &'p str, other: &'p str) -> Option<(&'p str, &'p str)> {
    for (left, right) in one.split('/').zip(other.split('/')) {
        if left == right {
            continue;
        }
        let variables = left.starts_with('{') && right.starts_with('{');
        return variables.then_some((left, right));
    }
    None
}
