//! Whatever a request or a template holds, there is an answer.

use proptest::prelude::*;
use sandbox::waf::Request;
use serde_json::{Value, json};

use crate::support::*;

const TRANSFORMATIONS: &[&str] = &[
    "BASE64_DECODE",
    "COMPRESS_WHITE_SPACE",
    "HEX_DECODE",
    "LOWERCASE",
    "NONE",
    "NORMALIZE_PATH",
    "NORMALIZE_PATH_WIN",
    "REMOVE_NULLS",
    "REPLACE_NULLS",
    "TRIM",
    "TRIM_LEFT",
    "TRIM_RIGHT",
    "UPPERCASE",
    "URL_DECODE",
];

/// A web ACL that puts every transformation before every part of a request.
fn curious() -> Wall {
    let fields = [
        json!({"UriPath": {}}),
        json!({"QueryString": {}}),
        json!({"AllQueryArguments": {}}),
        json!({"Body": {}}),
        json!({"SingleHeader": {"Name": "x"}}),
    ];
    let mut rules: Vec<Value> = Vec::new();
    for field in &fields {
        for (index, kind) in TRANSFORMATIONS.iter().enumerate() {
            let name = format!("rule-{}", rules.len());
            let statement = json!({"ByteMatchStatement": {"FieldToMatch": field, "PositionalConstraint":
                (["EXACTLY", "STARTS_WITH", "ENDS_WITH", "CONTAINS", "CONTAINS_WORD"][index % 5]),
                "SearchString": "a", "TextTransformations": [{"Priority": 0, "Type": kind}]}});
            let priority = u32::try_from(rules.len()).unwrap();
            rules.push(rule(&name, priority, "Count", &statement));
        }
    }
    let forwarded = json!({"IPSetReferenceStatement": {"Arn": {"Fn::GetAtt": ["Office", "Arn"]},
        "IPSetForwardedIPConfig": {"HeaderName": "x", "Position": "ANY", "FallbackBehavior": "MATCH"}}});
    rules.push(rule("forwarded", 1_000, "Count", &forwarded));
    Wall::new(&json!({"Rules": rules}))
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_request_is_judged(
        path in "\\PC{0,20}",
        query in proptest::option::of("[a&=%0-9 ]{0,20}"),
        header in "[0-9a-f.:, ]{0,40}",
        body: Vec<u8>,
    ) {
        thread_local! {
            static WALL: Wall = curious();
        }
        let verdict = WALL.with(|wall| wall.judge(&Request {
            path: &path,
            query: query.as_deref(),
            headers: &[("x", &header)],
            body: &body,
            ..request()
        }));
        prop_assert!(!is_blocked(&verdict));
    }

    /// Blocks of a set are those that `ipnet` reads, except `/0` and the other
    /// family, and an address within is in the set.
    #[test]
    fn blocks_are_read_as_they_are_written(address: [u8; 4], length in 0u8..=33, v6: bool) {
        let address = std::net::Ipv4Addr::from(address);
        let block = format!("{address}/{length}");
        let mut template = template(&json!({"Rules": [rule("it", 0, "Block",
            &json!({"IPSetReferenceStatement": {"Arn": {"Fn::GetAtt": ["Office", "Arn"]}}}))]}));
        let set = &mut template["Resources"]["Office"]["Properties"];
        set["Addresses"] = json!([block]);
        set["IPAddressVersion"] = if v6 { "IPV6" } else { "IPV4" }.into();
        match load(&template, &[]) {
            Ok(stack) => {
                prop_assert!(!v6 && (1..=32).contains(&length));
                prop_assert!(Wall::of(&stack).ask(&address.to_string(), "/").0);
            }
            Err(error) => {
                prop_assert!(v6 || !(1..=32).contains(&length), "{}", error);
            }
        }
    }

    /// A statement with a part left out or replaced is answered.
    #[test]
    fn a_spoilt_statement_is_answered(which in any::<prop::sample::Index>(), at in any::<prop::sample::Index>(), by in 0usize..5) {
        let vectors: Vec<Value> = serde_json::from_str(include_str!("vectors/statements.json")).unwrap();
        let statement = vectors[which.index(vectors.len())]["statement"].to_string();
        let replacement = ["{}", "[]", "\"x\"", "7", "null"][by];
        // A value begins after a colon.
        let starts: Vec<usize> = statement.match_indices(':').map(|(start, _)| start + 1).collect();
        let start = starts[at.index(starts.len())];
        let rest = &statement[start..];
        let mut values = serde_json::Deserializer::from_str(rest).into_iter::<Value>();
        if values.next().is_some_and(|value| value.is_ok()) {
            let spoilt = format!("{}{replacement}{}", &statement[..start], &rest[values.byte_offset()..]);
            if let Ok(statement) = serde_json::from_str::<Value>(&spoilt) {
                let _ = load(&template(&json!({"Rules": [rule("it", 0, "Block", &statement)]})), &[]);
            }
        }
    }
}
