//! facts/aws.md 6.1: rules one after the other.

use sandbox::waf::{DEFAULT_ACTION, Decision, Request};
use serde_json::{Value, json};

use crate::support::*;

const OFFICE: &str = "192.0.2.1";
const STRANGER: &str = "203.0.113.9";

fn office() -> Value {
    json!({"IPSetReferenceStatement": {"Arn": {"Fn::GetAtt": ["Office", "Arn"]}}})
}

/// facts/aws.md 6.1: by ascending priority, whatever their order in the template;
/// Allow and Block end it.
#[test]
fn fact_6_1_priority_decides_and_allow_and_block_end() {
    let wall = Wall::new(&json!({"Rules": [
        rule("closed", 5, "Block", &path("/prod/webhook")),
        rule("open", 9, "Allow", &path("/prod")),
        rule("friends", 1, "Allow", &office()),
    ], "DefaultAction": {"Block": {}}}));
    let found = |from, path| wall.ask(from, path);
    assert_eq!(
        found(OFFICE, "/prod/webhook"),
        (false, "friends".to_owned())
    );
    assert_eq!(
        found(STRANGER, "/prod/webhook"),
        (true, "closed".to_owned())
    );
    assert_eq!(found(STRANGER, "/prod/other"), (false, "open".to_owned()));
    assert_eq!(found(STRANGER, "/"), (true, DEFAULT_ACTION.to_owned()));
}

/// facts/aws.md 6.1: Count goes on, and the trail says that it counted.
#[tokio::test]
async fn fact_6_1_count_goes_on() {
    let mut counting = rule("watched", 0, "Count", &path("/prod"));
    counting["RuleLabels"] = json!([{"Name": "seen"}]);
    let wall = Wall::new(&json!({"Rules": [
        counting,
        rule("elsewhere", 1, "Count", &path("/dev")),
        rule("closed", 2, "Block", &path("/prod/webhook")),
    ]}));
    let verdict = wall.judge(&request());
    assert!(is_blocked(&verdict));
    assert_eq!(verdict.rule, "closed");
    assert_eq!(verdict.counted, ["watched"]);
    assert_eq!(verdict.labels, ["seen"]);
    let mut trail = wall.recorder.wait_for("trail", |trail| trail.settled).await;
    trail.hops[0].took = std::time::Duration::ZERO;
    insta::assert_yaml_snapshot!(trail.hops);
}

/// facts/aws.md 6.1: without a rule that decides, the default action does.
#[test]
fn fact_6_1_default_action() {
    for (action, blocked) in [("Allow", false), ("Block", true)] {
        let wall = Wall::new(&json!({"DefaultAction": {action: {}}, "Rules": [
            rule("watched", 0, "Count", &path("/")),
        ]}));
        assert_eq!(
            wall.ask(STRANGER, "/"),
            (blocked, DEFAULT_ACTION.to_owned())
        );
    }
}

#[test]
fn a_custom_response_is_part_of_the_verdict() {
    let wall = Wall::new(&json!({
        "CustomResponseBodies": {"busy": {"ContentType": "APPLICATION_JSON", "Content": "{}"}},
        "DefaultAction": {"Block": {"CustomResponse": {"ResponseCode": 429, "CustomResponseBodyKey": "busy",
            "ResponseHeaders": [{"Name": "retry-after", "Value": "5"}]}}},
    }));
    let Decision::Block(Some(response)) = wall.judge(&request()).decision else {
        panic!("no custom response");
    };
    assert_eq!(response.status, 429);
    assert_eq!(response.headers[0].name, "retry-after");
    let (kind, content) = response.body.unwrap();
    assert_eq!((kind, content.0.as_str()), ("application/json", "{}"));
}

/// facts/aws.md 6.3 in the order of DESIGN section 3: through CloudFront the
/// viewer's header counts, directly the address of the connection, and all else
/// is blocked.
#[test]
fn fact_6_3_design_b_fails_closed() {
    let header = |name: &str, value: &str| {
        json!({"ByteMatchStatement": {"FieldToMatch": {"SingleHeader": {"Name": name}},
            "PositionalConstraint": "EXACTLY", "SearchString": value,
            "TextTransformations": [{"Priority": 0, "Type": "NONE"}]}})
    };
    let secret = header("x-origin-verify", "hush");
    let viewer = json!({"IPSetReferenceStatement": {"Arn": {"Fn::GetAtt": ["Office", "Arn"]},
        "IPSetForwardedIPConfig":
            {"HeaderName": "x-viewer-ip", "Position": "FIRST", "FallbackBehavior": "NO_MATCH"}}});
    let all = |statements: &[&Value]| json!({"AndStatement": {"Statements": statements}});
    let webhook = path("/prod/webhook");
    let direct = json!({"NotStatement": {"Statement": secret}});
    let wall = Wall::new(&json!({"Rules": [
        rule("through", 0, "Allow", &all(&[&webhook, &secret, &viewer])),
        rule("direct", 1, "Allow", &all(&[&webhook, &direct, &office()])),
        rule("closed", 2, "Block", &webhook),
    ]}));
    let found = |source: &str, headers: &[(&str, &str)]| {
        let source_ip = source.parse().unwrap();
        wall.judge(&Request {
            source_ip,
            headers,
            ..request()
        })
        .rule
    };
    const EDGE: &str = "130.176.1.2";
    let proof = ("x-origin-verify", "hush");
    assert_eq!(found(EDGE, &[proof, ("x-viewer-ip", OFFICE)]), "through");
    assert_eq!(found(EDGE, &[proof, ("x-viewer-ip", STRANGER)]), "closed");
    assert_eq!(found(EDGE, &[proof]), "closed");
    assert_eq!(found(EDGE, &[proof, ("x-forwarded-for", OFFICE)]), "closed");
    assert_eq!(found(OFFICE, &[]), "direct");
    assert_eq!(found(STRANGER, &[("x-viewer-ip", OFFICE)]), "closed");
    let guess = ("x-origin-verify", "guess");
    assert_eq!(found(STRANGER, &[guess, ("x-viewer-ip", OFFICE)]), "closed");
}

/// What cannot be judged here neither blocks nor lets through, wherever it
/// stands, and is listed at start.
#[test]
fn a_rule_that_is_not_simulated_never_matches() {
    let geo = json!({"GeoMatchStatement": {"CountryCodes": ["CH"]}});
    let mut group = rule(
        "common",
        2,
        "Block",
        &json!({"ManagedRuleGroupStatement":
        {"VendorName": "AWS", "Name": "AWSManagedRulesCommonRuleSet"}}),
    );
    group.as_object_mut().unwrap().remove("Action");
    group["OverrideAction"] = json!({"None": {}});
    let rules = json!([
        rule("geo", 0, "Block", &geo),
        rule(
            "not-geo",
            1,
            "Block",
            &json!({"NotStatement": {"Statement": geo}})
        ),
        group,
        rule(
            "one-of",
            3,
            "Allow",
            &json!({"OrStatement": {"Statements": [path("/"), geo]}})
        ),
        rule("puzzle", 4, "Captcha", &path("/")),
        rule(
            "rate",
            5,
            "Block",
            &json!({"RateBasedStatement":
            {"Limit": 10, "AggregateKeyType": "CONSTANT", "ScopeDownStatement": geo}})
        ),
        rule("last", 6, "Block", &path("/")),
    ]);
    let stack = load(&template(&json!({"Rules": rules})), &[]).unwrap();
    let listed: Vec<_> = stack
        .inert
        .iter()
        .map(|inert| {
            format!(
                "{} ({}): {}",
                inert.logical_id, inert.resource_type, inert.reason
            )
        })
        .collect();
    insta::assert_snapshot!(listed.join("\n"));
    let verdict = Wall::of(&stack).judge(&request());
    assert_eq!(verdict.rule, "last");
    assert_eq!(
        verdict.not_simulated,
        ["geo", "not-geo", "common", "one-of", "puzzle", "rate"]
    );
}

/// A web ACL of scope CLOUDFRONT can be asked by its ARN alone.
#[test]
fn a_web_acl_for_cloudfront() {
    let mut template = template(&json!({
        "Scope": "CLOUDFRONT",
        "Rules": [rule("it", 0, "Block", &office())],
    }));
    template["Resources"]["Office"]["Properties"]["Scope"] = "CLOUDFRONT".into();
    template["Outputs"] = json!({"Ref": {"Value": {"Ref": "Acl"}}, "Set": {"Value": {"Fn::GetAtt": ["Office", "Arn"]}}});
    let stack = load(&template, &[]).unwrap();
    let acl = &stack.web_acls[0];
    let front =
        "arn:aws:wafv2:us-east-1:123456789012:global/webacl/serverless-payment-service-Acl-";
    assert!(acl.arn.starts_with(front), "{}", acl.arn);
    assert!(stack.outputs[1].value.contains(":global/ipset/"));
    let parts: Vec<&str> = stack.outputs[0].value.split('|').collect();
    assert_eq!(
        acl.arn.rsplit('/').take(2).collect::<Vec<_>>(),
        [parts[1], parts[0]]
    );
    assert_eq!(parts[2], "CLOUDFRONT");
    let wall = Wall::of(&stack);
    assert!(wall.ask(OFFICE, "/webhook").0);
    assert!(!wall.ask(STRANGER, "/webhook").0);
    assert!(
        wall.waf
            .protecting("arn:aws:cloudfront::123456789012:distribution/E1")
            .is_none()
    );
}

/// facts/aws.md 6.5: capacity units.
#[test]
fn fact_6_5_capacity() {
    let byte_match = |constraint: &str, transformations: &[&str]| {
        let list: Vec<Value> = transformations
            .iter()
            .enumerate()
            .map(|(index, kind)| json!({"Priority": index, "Type": kind}))
            .collect();
        json!({"ByteMatchStatement": {"FieldToMatch": {"UriPath": {}}, "PositionalConstraint": constraint,
            "SearchString": "x", "TextTransformations": list}})
    };
    let forwarded = |position: &str| {
        json!({"IPSetReferenceStatement": {"Arn": {"Fn::GetAtt": ["Office", "Arn"]}, "IPSetForwardedIPConfig":
            {"HeaderName": "x", "Position": position, "FallbackBehavior": "MATCH"}}})
    };
    let rate = |inner: &Value| json!({"RateBasedStatement": {"Limit": 10, "AggregateKeyType": "IP", "ScopeDownStatement": inner}});
    for (statement, expected) in [
        (office(), 1),
        (forwarded("LAST"), 1),
        (forwarded("ANY"), 5),
        (byte_match("EXACTLY", &["NONE"]), 2),
        (byte_match("CONTAINS", &["NONE"]), 10),
        (
            byte_match("STARTS_WITH", &["URL_DECODE", "NORMALIZE_PATH"]),
            22,
        ),
        (rate(&office()), 3),
        (
            json!({"AndStatement": {"Statements": [office(), byte_match("EXACTLY", &["NONE"])]}}),
            3,
        ),
    ] {
        let rules = json!({"Rules": [rule("it", 0, "Block", &statement)]});
        let stack = load(&template(&rules), &[]).unwrap();
        assert_eq!(stack.web_acls[0].capacity, expected, "{statement}");
    }
}

/// Secrets are compared and never shown.
#[test]
fn a_secret_is_never_shown() {
    let secret = "s3cr3t-of-the-origin";
    let statement = json!({"ByteMatchStatement": {"FieldToMatch": {"SingleHeader": {"Name": "x-origin-verify"}},
        "PositionalConstraint": "EXACTLY", "SearchString": {"Ref": "Secret"},
        "TextTransformations": [{"Priority": 0, "Type": "NONE"}]}});
    let with = |properties: Value| {
        let mut template = template(&properties);
        template["Parameters"] = json!({"Secret": {"Type": "String", "NoEcho": true}});
        template
    };
    let good = with(json!({"Rules": [rule("it", 0, "Block", &statement)]}));
    let mut stack = load(&good, &[("Secret", secret)]).unwrap();
    let verdict = Wall::of(&stack).judge(&Request {
        headers: &[("X-Origin-Verify", secret)],
        ..request()
    });
    assert!(is_blocked(&verdict));
    // Parameters hold the value for those who start functions with it.
    stack.parameters.clear();
    assert!(!format!("{stack:?}").contains(secret));
    assert!(!format!("{verdict:?}").contains(secret));
    let mut bad = Vec::new();
    let spoil = |key: &str, value: Value| {
        let mut statement = statement.clone();
        statement["ByteMatchStatement"][key] = value;
        with(json!({"Rules": [rule("it", 0, "Block", &statement)]}))
    };
    for key in [
        "PositionalConstraint",
        "SearchString",
        "SearchStringBase64",
        "TextTransformations",
        "FieldToMatch",
    ] {
        bad.push(spoil(key, json!({"Ref": "Secret"})));
    }
    let regex = json!({"RegexMatchStatement": {"FieldToMatch": {"UriPath": {}}, "RegexString":
        {"Fn::Sub": "(${Secret}"}, "TextTransformations": [{"Priority": 0, "Type": "NONE"}]}});
    bad.push(with(json!({"Rules": [rule("it", 0, "Block", &regex)]})));
    let mut refused = 0;
    for template in &bad {
        if let Err(error) = load(template, &[("Secret", secret)]) {
            refused += 1;
            assert!(!error.to_string().contains(secret), "{error}");
        }
    }
    assert_eq!(refused, bad.len() - 1, "SearchString alone is fine");
}
