//! Whatever a Function does and whatever a viewer sends: the edge answers, and
//! answers the next one too.

use proptest::prelude::*;
use tokio::runtime::Runtime;

use crate::harness::Site;

/// Statements that get far: into the engine, the returned value, the headers.
fn statement() -> impl Strategy<Value = String> {
    let value = prop_oneof![
        Just("{value: 'x'}".to_owned()),
        Just("{value: 'a\\nb'}".to_owned()),
        Just("{multiValue: [{value: 'x'}]}".to_owned()),
        Just("{value: 'x', multiValue: [1]}".to_owned()),
        Just("null".to_owned()),
        Just("1e400".to_owned()),
        Just("'\\u0000\\ud800'".to_owned()),
        Just("[[]]".to_owned()),
        Just("event".to_owned()),
        Just("undefined".to_owned()),
        Just("function () {}".to_owned()),
    ];
    let place = prop_oneof![
        "r\\.headers\\['[ -&(-~]{0,8}'\\]".prop_map(|place| place.replace('\\', "")),
        Just("r.headers".to_owned()),
        Just("r.uri".to_owned()),
        Just("r.querystring.a".to_owned()),
        Just("r.cookies".to_owned()),
        Just("r.method".to_owned()),
        Just("r.statusCode".to_owned()),
        Just("r.body".to_owned()),
        Just("r".to_owned()),
        Just("Object.prototype.toJSON".to_owned()),
    ];
    prop_oneof![
        4 => (place, value).prop_map(|(place, value)| format!("{place} = {value};")),
        // The loader refuses what is no JavaScript; at run time it is an exception.
        1 => "[ -~]{0,30}".prop_map(|text| format!("eval({text:?});")),
        1 => Just("throw r;".to_owned()),
        1 => Just("return;".to_owned()),
    ]
}

fn headers() -> impl Strategy<Value = String> {
    let header = (
        "[!#$%&'*+.^_`|~0-9A-Za-z-]{1,12}",
        "[!-~]([ -~]{0,20}[!-~])?",
    );
    let header = header.prop_filter("framing is the reader's", |(name, _)| {
        let name = name.to_ascii_lowercase();
        !matches!(
            name.as_str(),
            "host" | "content-length" | "transfer-encoding"
        )
    });
    proptest::collection::vec(header, 0..8).prop_map(|headers| {
        let lines = headers
            .iter()
            .map(|(name, value)| format!("{name}: {value}\r\n"));
        lines.collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn no_function_and_no_header_stops_the_edge(
        statements in proptest::collection::vec(statement(), 0..4),
        headers in headers(),
        query in "[!-~&&[^# ]]{0,20}",
    ) {
        let code = format!(
            "function handler(event) {{\nvar r = event.request;\n{}\nreturn r;\n}}",
            statements.join("\n")
        );
        // Modules are refused by the loader.
        prop_assume!(!code.contains("require(") && !code.contains("import "));
        Runtime::new().unwrap().block_on(async {
            let site = Site::running(&code).await;
            for _ in 0..2 {
                let answer = site.send(&format!("POST /webhook?{query}"), &headers, b"{}").await;
                assert!(answer.header("x-amz-cf-id").is_some(), "{answer:?}");
            }
        });
    }
}
