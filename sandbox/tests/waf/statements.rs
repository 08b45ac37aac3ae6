//! facts/aws.md 6.2 and 6.5: statements and the requests they match.

use sandbox::waf::Request;
use serde_json::{Value, json};

use crate::support::*;

fn vectors() -> Vec<Value> {
    serde_json::from_str(include_str!("vectors/statements.json")).unwrap()
}

/// Whether a rule with the statement of a vector matches one of its requests.
fn matches(wall: &Wall, described: &Value) -> bool {
    let text = |key: &str| described[key].as_str();
    let headers: Vec<(&str, &str)> = described["headers"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|header| (header[0].as_str().unwrap(), header[1].as_str().unwrap()))
        .collect();
    let known = ["method", "path", "query", "headers", "body", "from"];
    let mut keys = described.as_object().unwrap().keys();
    assert!(keys.all(|key| known.contains(&key.as_str())), "{described}");
    let plain = request();
    let verdict = wall.judge(&Request {
        method: text("method").unwrap_or(plain.method),
        path: text("path").unwrap_or(plain.path),
        query: text("query"),
        headers: &headers,
        body: text("body").unwrap_or_default().as_bytes(),
        source_ip: text("from").map_or(plain.source_ip, |from| from.parse().unwrap()),
    });
    is_blocked(&verdict)
}

/// Every vector names the facts it follows.
#[test]
fn fact_6_5_statements_match_what_the_vectors_say() {
    for vector in vectors() {
        let name = vector["name"].as_str().unwrap();
        let rules = json!({"Rules": [rule("it", 0, "Block", &vector["statement"])]});
        let wall = Wall::new(&rules);
        for (list, expected) in [("matches", true), ("not", false)] {
            let requests = vector[list].as_array().unwrap();
            assert!(!requests.is_empty(), "{name}: no request in {list}");
            for request in requests {
                assert_eq!(matches(&wall, request), expected, "{name}: {request}");
            }
        }
    }
}

fn body_starts_or_ends(constraint: &str, oversize: &str) -> Value {
    json!({"ByteMatchStatement": {"FieldToMatch": {"Body": {"OversizeHandling": oversize}},
        "PositionalConstraint": constraint, "SearchString": "needle",
        "TextTransformations": [{"Priority": 0, "Type": "NONE"}]}})
}

/// Whether a body of so many bytes before a needle is blocked.
fn blocks_body(properties: &Value, before: usize) -> bool {
    let mut body = vec![b'.'; before];
    body.extend_from_slice(b"needle");
    is_blocked(&Wall::new(properties).judge(&Request {
        body: &body,
        ..request()
    }))
}

/// facts/aws.md 6.5: 16 KB of a body are inspected, up to 64 KB if asked for.
#[test]
fn fact_6_5_body_inspection_limit() {
    let contains = body_starts_or_ends("CONTAINS", "CONTINUE");
    let mut properties = json!({"Rules": [rule("it", 0, "Block", &contains)]});
    assert!(blocks_body(&properties, 16 * 1024 - 6));
    assert!(!blocks_body(&properties, 16 * 1024 - 5));
    properties["AssociationConfig"] =
        json!({"RequestBody": {"API_GATEWAY": {"DefaultSizeInspectionLimit": "KB_64"}}});
    assert!(blocks_body(&properties, 64 * 1024 - 6));
    assert!(!blocks_body(&properties, 64 * 1024 - 5));
    // The setting of another kind of resource does not count.
    properties["AssociationConfig"] =
        json!({"RequestBody": {"CLOUDFRONT": {"DefaultSizeInspectionLimit": "KB_64"}}});
    assert!(!blocks_body(&properties, 64 * 1024 - 6));
}

/// facts/aws.md 6.5: `OversizeHandling`.
#[test]
fn fact_6_5_oversize_handling() {
    for (handling, within, beyond) in [
        ("CONTINUE", false, false),
        ("MATCH", false, true),
        ("NO_MATCH", false, false),
    ] {
        let statement = body_starts_or_ends("STARTS_WITH", handling);
        let properties = json!({"Rules": [rule("it", 0, "Block", &statement)]});
        assert_eq!(
            blocks_body(&properties, 16 * 1024 - 6),
            within,
            "{handling}"
        );
        assert_eq!(
            blocks_body(&properties, 16 * 1024 - 5),
            beyond,
            "{handling}"
        );
    }
    let negated =
        json!({"NotStatement": {"Statement": body_starts_or_ends("CONTAINS", "NO_MATCH")}});
    let properties = json!({"Rules": [rule("it", 0, "Block", &negated)]});
    assert!(blocks_body(&properties, 16 * 1024 - 5));
}

/// facts/aws.md 6.5: WAF sees the first 200 headers and 8 KB of them.
#[test]
fn fact_6_5_headers_beyond_the_limits_are_not_seen() {
    let statement = json!({"ByteMatchStatement": {"FieldToMatch": {"SingleHeader": {"Name": "X-Mark"}},
        "PositionalConstraint": "EXACTLY", "SearchString": "1",
        "TextTransformations": [{"Priority": 0, "Type": "NONE"}]}});
    let wall = Wall::new(&json!({"Rules": [rule("it", 0, "Block", &statement)]}));
    let seen_after = |filler: &[(&str, &str)]| {
        let headers = [filler, &[("x-mark", "1")]].concat();
        is_blocked(&wall.judge(&Request {
            headers: &headers,
            ..request()
        }))
    };
    assert!(seen_after(&[("a", "b"); 199]));
    assert!(!seen_after(&[("a", "b"); 200]));
    let long = "v".repeat(8 * 1024 - 8);
    assert!(seen_after(&[("a", &long)]));
    assert!(!seen_after(&[("aa", &long)]));
}
