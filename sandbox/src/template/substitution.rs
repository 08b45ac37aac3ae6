//! The text of `Fn::Sub`, cut into what stays and what is replaced.

/// A part of the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Part<'t> {
    /// Text that stays; `${!Name}` arrives as `${Name}`.
    Literal(String),
    /// What stands between `${` and `}`.
    Variable(&'t str),
}

/// Cuts a text into its parts. The error says what is wrong, to follow
/// `Fn::Sub: `.
pub(super) fn parts(text: &str) -> Result<Vec<Part<'_>>, String> {
    let mut parts = Vec::new();
    let mut literal = String::new();
    let mut rest = text;
    while let Some(start) = rest.find("${") {
        literal.push_str(&rest[..start]);
        let inside = &rest[start + 2..];
        let Some(end) = inside.find('}') else {
            return Err("a `${` has no `}`; write `${!` for a `${` that stays".to_owned());
        };
        let name = &inside[..end];
        rest = &inside[end + 1..];
        if let Some(kept) = name.strip_prefix('!') {
            literal.push_str("${");
            literal.push_str(kept);
            literal.push('}');
            continue;
        }
        let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | ':' | '_');
        if name.is_empty() || !name.chars().all(allowed) {
            return Err(format!(
                "`${{{name}}}` is not a name: letters, digits, `.`, `:` and `_` only"
            ));
        }
        if !literal.is_empty() {
            parts.push(Part::Literal(std::mem::take(&mut literal)));
        }
        parts.push(Part::Variable(name));
    }
    literal.push_str(rest);
    if !literal.is_empty() {
        parts.push(Part::Literal(literal));
    }
    Ok(parts)
}
