//! `FieldToMatch`, `TextTransformations` and `SearchString`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::super::super::error::Problem;
use super::super::super::fields::Fields;
use super::super::super::model::{
    Component, Field, OversizeHandling, PositionalConstraint, Transformation,
};
use super::super::super::node::Node;
use super::actions::one_of;

/// Longest `SearchString` (AWS WAF Developer Guide, "String match rule
/// statement").
const LONGEST_SEARCH: usize = 200;
/// What each transformation adds to the web ACL capacity units.
const TRANSFORMATION_UNITS: u32 = 10;

const FIELDS: &[&str] = &[
    "AllQueryArguments",
    "Body",
    "Cookies",
    "HeaderOrder",
    "Headers",
    "JA3Fingerprint",
    "JA4Fingerprint",
    "JsonBody",
    "Method",
    "QueryString",
    "SingleHeader",
    "SingleQueryArgument",
    "UriFragment",
    "UriPath",
];

/// Reads `FieldToMatch` and `TextTransformations` of a statement, and what they
/// cost.
pub(super) fn component(fields: &mut Fields<'_>) -> Result<(Component, u32), Problem> {
    let (field, units) = field(fields.required("FieldToMatch")?)?;
    let (transformations, more) = transformations(fields.required("TextTransformations")?)?;
    let component = Component {
        field,
        transformations,
    };
    Ok((component, units + more))
}

fn field(node: &Node) -> Result<(Field, u32), Problem> {
    let (kind, content) = one_of(node, "FieldToMatch", FIELDS)?;
    let mut fields = Fields::new(content, kind)?;
    let mut units = 0;
    let field = match kind {
        "UriPath" => Field::UriPath,
        "QueryString" => Field::QueryString,
        "Method" => Field::Method,
        "AllQueryArguments" => {
            units = 10;
            Field::AllQueryArguments
        }
        "SingleHeader" => Field::SingleHeader(named(&mut fields, 64)?),
        "SingleQueryArgument" => Field::SingleQueryArgument(named(&mut fields, 30)?),
        "Body" => Field::Body(oversize(&mut fields)?),
        _ => {
            return Err(
                Problem::at(node.at, format!("{kind} of FieldToMatch is not simulated")).help(
                    "use UriPath, QueryString, SingleHeader, SingleQueryArgument, \
                 AllQueryArguments, Method or Body",
                ),
            );
        }
    };
    fields.finish()?;
    Ok((field, units))
}

fn named(fields: &mut Fields<'_>, longest: usize) -> Result<String, Problem> {
    let node = fields.required("Name")?;
    let name = node.scalar("Name")?;
    if name.is_empty() || name.len() > longest {
        return Err(node.expected("Name", &format!("1 to {longest} characters")));
    }
    Ok(name.to_owned())
}

fn oversize(fields: &mut Fields<'_>) -> Result<OversizeHandling, Problem> {
    let Some(node) = fields.optional("OversizeHandling") else {
        return Ok(OversizeHandling::Continue);
    };
    match node.scalar("OversizeHandling")? {
        "CONTINUE" => Ok(OversizeHandling::Continue),
        "MATCH" => Ok(OversizeHandling::Match),
        "NO_MATCH" => Ok(OversizeHandling::NoMatch),
        _ => Err(node.expected("OversizeHandling", "CONTINUE, MATCH or NO_MATCH")),
    }
}

fn transformations(node: &Node) -> Result<(Vec<Transformation>, u32), Problem> {
    let items = node.list("TextTransformations")?;
    if items.is_empty() || items.len() > 10 {
        return Err(Problem::at(
            node.at,
            format!(
                "TextTransformations has {} entries; it must be 1 to 10",
                items.len()
            ),
        )
        .help("write [{Priority: 0, Type: NONE}] to change nothing"));
    }
    let mut found: Vec<(u32, Option<Transformation>)> = Vec::new();
    for item in items {
        let mut fields = Fields::new(item, "a text transformation")?;
        let at = fields.required("Priority")?;
        let priority = at.integer("Priority", 0..=u32::MAX)?;
        let kind = transformation(fields.required("Type")?)?;
        fields.finish()?;
        if found.iter().any(|(known, _)| *known == priority) {
            return Err(Problem::at(
                at.at,
                format!("two text transformations have the priority {priority}"),
            ));
        }
        found.push((priority, kind));
    }
    found.sort_by_key(|(priority, _)| *priority);
    let found: Vec<Transformation> = found.into_iter().filter_map(|(_, kind)| kind).collect();
    let units = found.iter().map(|_| TRANSFORMATION_UNITS).sum();
    Ok((found, units))
}

/// A transformation by its name; `None` for the one that does nothing.
fn transformation(node: &Node) -> Result<Option<Transformation>, Problem> {
    Ok(Some(match node.scalar("Type")? {
        "NONE" => return Ok(None),
        "BASE64_DECODE" => Transformation::Base64Decode,
        "COMPRESS_WHITE_SPACE" => Transformation::CompressWhiteSpace,
        "HEX_DECODE" => Transformation::HexDecode,
        "LOWERCASE" => Transformation::Lowercase,
        "NORMALIZE_PATH" => Transformation::NormalizePath,
        "NORMALIZE_PATH_WIN" => Transformation::NormalizePathWin,
        "REMOVE_NULLS" => Transformation::RemoveNulls,
        "REPLACE_NULLS" => Transformation::ReplaceNulls,
        "TRIM" => Transformation::Trim,
        "TRIM_LEFT" => Transformation::TrimLeft,
        "TRIM_RIGHT" => Transformation::TrimRight,
        "UPPERCASE" => Transformation::Uppercase,
        "URL_DECODE" => Transformation::UrlDecode,
        "BASE64_DECODE_EXT"
        | "CMD_LINE"
        | "CMD_LINE_UNIX"
        | "CMD_LINE_WIN"
        | "CSS_DECODE"
        | "ESCAPE_SEQ_DECODE"
        | "HTML_ENTITY_DECODE"
        | "JS_DECODE"
        | "JS_DECODE_EXT"
        | "MD5"
        | "REMOVE_COMMENTS_CHAR"
        | "REMOVE_WHITESPACE"
        | "REPLACE_COMMENTS"
        | "SHA256"
        | "SQL_HEX_DECODE"
        | "URL_DECODE_UNI"
        | "UTF8_TO_UNICODE" => {
            return Err(Problem::at(
                node.at,
                format!("the text transformation {} is not simulated", node.shown()),
            )
            .help(KNOWN));
        }
        _ => {
            return Err(node
                .expected("Type", "a text transformation of WAF")
                .help(KNOWN));
        }
    }))
}

const KNOWN: &str = "simulated are NONE, BASE64_DECODE, COMPRESS_WHITE_SPACE, HEX_DECODE, \
                     LOWERCASE, NORMALIZE_PATH, NORMALIZE_PATH_WIN, REMOVE_NULLS, REPLACE_NULLS, \
                     TRIM, TRIM_LEFT, TRIM_RIGHT, UPPERCASE and URL_DECODE";

/// Reads `SearchString` or `SearchStringBase64`, of which there must be one.
pub(super) fn search_string(
    fields: &mut Fields<'_>,
    statement: &Node,
    constraint: PositionalConstraint,
) -> Result<Vec<u8>, Problem> {
    let (plain, encoded) = (
        fields.optional("SearchString"),
        fields.optional("SearchStringBase64"),
    );
    let (node, search) = match (plain, encoded) {
        (Some(node), None) => (node, node.scalar("SearchString")?.as_bytes().to_vec()),
        (None, Some(node)) => {
            let bytes = STANDARD.decode(node.scalar("SearchStringBase64")?);
            (
                node,
                bytes.map_err(|_| node.expected("SearchStringBase64", "base64"))?,
            )
        }
        _ => {
            return Err(Problem::at(
                statement.at,
                "ByteMatchStatement needs either SearchString or SearchStringBase64",
            ));
        }
    };
    if search.is_empty() || search.len() > LONGEST_SEARCH {
        let found = format!(
            "SearchString has {} bytes; it must be 1 to 200",
            search.len()
        );
        return Err(Problem::at(node.at, found));
    }
    let word = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    if constraint == PositionalConstraint::ContainsWord && !search.iter().all(word) {
        return Err(node.expected(
            "SearchString",
            "letters, digits and `_` alone for CONTAINS_WORD",
        ));
    }
    Ok(search)
}
