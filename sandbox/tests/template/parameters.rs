//! Parameters: declarations, limits, rules, secrets.

use sandbox::template::declared_parameters;

use super::{load_with, value};

/// Loads a template with one parameter P of these attributes, and gives its
/// value.
fn p(attributes: &str, given: Option<&str>) -> Result<String, String> {
    let text = format!(
        "Parameters:\n  P: {{{attributes}}}\nResources:\n  Topic: {{Type: AWS::SNS::Topic}}\n"
    );
    let given: Vec<(&str, &str)> = given.map(|value| ("P", value)).into_iter().collect();
    load_with(&text, &given)
        .map(|stack| stack.parameters[0].value.clone())
        .map_err(|error| error.to_string())
}

#[test]
fn limits_hold_at_their_edges() {
    let table = [
        ("Type: String, Default: d", None, true),
        ("Type: String", None, false),
        ("Type: String", Some(""), true),
        ("Type: String, MinLength: 2, MaxLength: 3", Some("a"), false),
        ("Type: String, MinLength: 2, MaxLength: 3", Some("é€"), true),
        (
            "Type: String, MinLength: 2, MaxLength: 3",
            Some("abcd"),
            false,
        ),
        ("Type: String, AllowedPattern: '[a-z]+'", Some("abc"), true),
        (
            "Type: String, AllowedPattern: '[a-z]+'",
            Some("abc1"),
            false,
        ),
        ("Type: String, AllowedPattern: '^a|b$'", Some("b"), true),
        ("Type: String, AllowedPattern: '^a|b$'", Some("ab"), false),
        ("Type: String, AllowedValues: [a, b]", Some("b"), true),
        ("Type: String, AllowedValues: [a, b]", Some("B"), false),
        (
            "Type: String, AllowedValues: [true, false]",
            Some("true"),
            true,
        ),
        ("Type: Number, MinValue: 1, MaxValue: 3", Some("1"), true),
        ("Type: Number, MinValue: 1, MaxValue: 3", Some("3.5"), false),
        ("Type: Number", Some("-1e3"), true),
        ("Type: Number", Some("many"), false),
        ("Type: Number", Some("NaN"), false),
        ("Type: List<Number>", Some("1, 2"), true),
        ("Type: List<Number>", Some("1,two"), false),
        (
            "Type: CommaDelimitedList, AllowedValues: [a, b]",
            Some("a, b"),
            true,
        ),
        (
            "Type: CommaDelimitedList, AllowedValues: [a, b]",
            Some("a,c"),
            false,
        ),
        (
            "Type: 'AWS::SSM::Parameter::Value<String>', Default: /path",
            None,
            false,
        ),
        (
            "Type: 'AWS::SSM::Parameter::Value<String>', Default: /path",
            Some("x"),
            true,
        ),
        ("Type: 'List<AWS::EC2::Subnet::Id>'", Some("a,b"), true),
        ("Type: Text", Some("x"), false),
        ("Type: String, Defualt: x", Some("x"), false),
    ];
    for (attributes, given, right) in table {
        let result = p(attributes, given);
        assert_eq!(
            result.is_ok(),
            right,
            "{attributes} with {given:?}: {result:?}"
        );
    }
    let at_most = "x".repeat(4096);
    assert!(p("Type: String", Some(&at_most)).is_ok());
    assert!(p("Type: String", Some(&format!("{at_most}x"))).is_err());
}

#[test]
fn declarations_tell_which_secrets_need_a_value() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("template.yaml");
    std::fs::write(&path, include_str!("complete.yaml")).unwrap();
    let declarations = declared_parameters(&path).unwrap();
    let secret = declarations.iter().find(|d| d.no_echo).unwrap();
    assert_eq!(secret.name, "StripeEndpointSecret");
    assert_eq!(secret.default, None);
    assert_eq!(
        secret.description.as_deref(),
        Some("Secret of the endpoint.")
    );
    let stage = &declarations[0];
    assert_eq!(
        (stage.name.as_str(), stage.default.as_deref()),
        ("StageName", Some("prod"))
    );
    assert_eq!(declarations[3].allowed_values, ["true", "false"]);
}

#[test]
fn rules_hold_or_say_their_description() {
    let complete = include_str!("complete.yaml");
    let with = |cidrs| {
        load_with(
            complete,
            &[
                ("StripeEndpointSecret", "x"),
                ("EnableWebhookIpAllowList", "false"),
                ("AllowedWebhookCidrs", cidrs),
            ],
        )
    };
    assert!(with("").is_ok(), "the rule is for the allow-list alone");
    let error = load_with(
        complete,
        &[
            ("StripeEndpointSecret", "x"),
            ("EnableWebhookIpAllowList", "true"),
            ("AllowedWebhookCidrs", ""),
        ],
    )
    .unwrap_err();
    assert_eq!(
        error.message,
        "rule AllowListHasMembers: AllowedWebhookCidrs must not be empty when the allow-list is on."
    );
}

#[test]
fn functions_of_rules() {
    let table = [
        ("!Contains [[a, b], !Ref P]", true),
        ("!Contains [[b, c], !Ref P]", false),
        ("!EachMemberEquals [[a, a], !Ref P]", true),
        ("!EachMemberEquals [[a, b], !Ref P]", false),
        ("!EachMemberIn [[a, b], [a, b, c]]", true),
        ("!EachMemberIn [[a, d], [a, b, c]]", false),
        ("!And [!Equals [1, 1], !Not [!Equals [1, 2]]]", true),
    ];
    for (assert, holds) in table {
        let sections = format!(
            "Parameters: {{P: {{Type: String, Default: a}}}}\n\
             Rules: {{R: {{Assertions: [{{Assert: {assert}}}]}}}}\n"
        );
        let result = value(&sections, "x");
        assert_eq!(result.is_ok(), holds, "{assert}: {result:?}");
    }
}

/// Every way in which a secret can end up in a wrong place: no message shows
/// it, whole or in part.
#[test]
fn no_message_holds_a_secret() {
    let uses = [
        "      MemorySize: !Ref Secret",
        "      Timeout: !Sub \"${Secret}\"",
        "      MemorySize: !Join [\"\", [!Ref Secret]]",
        "      MemorySize: !Select [0, !Split [\"_\", !Ref Secret]]",
        "      MemorySize: !If [Holds, !Ref Secret, 1]",
        "      MemorySize: !Select [0, !Ref Secrets]",
        "      MemorySize: !Select [!Ref Secret, [a]]",
        "      MemorySize: !FindInMap [!Ref Secret, a, b]",
        "      MemorySize: !FindInMap [M, !Ref Secret, b]",
        "      MemorySize: !Select [0, !Cidr [!Ref Secret, 1, 8]]",
        "      MemorySize: !Select [0, !Cidr [10.0.0.0/8, !Ref Secret, 8]]",
        "      MemorySize: !GetAZs {Ref: Secret}",
        "      MemorySize: !Base64 {Ref: Secret}",
        "      MemorySize: !GetAtt [Topic, !Ref Secret]",
        "      MemorySize: !GetAtt Named.TopicName",
        "      Runtime: !Ref Secret",
        "      PackageType: !Ref Secret",
        "      CodeUri: !Sub \"s3://${Secret}\"",
        "      Architectures: [!Ref Secret]",
        "      DeadLetterQueue: {Type: SQS, TargetArn: !Ref Secret}",
        "      DeadLetterQueue: {Type: !Ref Secret, TargetArn: !Ref Topic}",
        "      EventInvokeConfig: {DestinationConfig: {OnFailure: {Type: !Ref Secret}}}",
        "      Events: {E: {Type: !Ref Secret, Properties: {}}}",
        "      Events: {E: {Type: SNS, Properties: {Topic: !Ref Secret}}}",
        "      Events: {E: {Type: SNS, Properties: {Topic: !Ref Topic, Region: !Ref Secret}}}",
        "      Events: {E: {Type: SNS, Properties: {Topic: !Ref Topic, FilterPolicy: {a: !Ref Secret}}}}",
        "      Events: {E: {Type: Api, Properties: {Path: !Ref Secret, Method: get}}}",
        "      Events: {E: {Type: Api, Properties: {Path: /, Method: !Ref Secret}}}",
        "      Events: {E: {Type: Api, Properties: {Path: !Sub \"/${Secret}\", Method: get}}, F: {Type: Api, Properties: {Path: !Sub \"/${Secret}\", Method: get}}}",
        "      Events: {E: {Type: Api, Properties: {Path: !Sub \"/{${Secret}}\", Method: get}}, F: {Type: Api, Properties: {Path: \"/{x}\", Method: get}}}",
        "      Events: {E: {Type: Api, Properties: {Path: /, Method: get, RestApiId: !Ref Secret}}}",
        "      MemorySize: !ToJsonString {a: !Ref Secret}",
        "      MemorySize: !Sub [\"${a}\", {a: !Ref Secret}]",
    ];
    for using in uses {
        let text = super::function_in(
            "  Topic: {Type: AWS::SNS::Topic}\n  Named: {Type: AWS::SNS::Topic, Properties: {TopicName: !Ref Secret}}",
            using,
        )
        .replace(
            "Resources:\n",
            "Parameters:\n  Secret: {Type: String, NoEcho: true}\n  Secrets: {Type: CommaDelimitedList, NoEcho: true}\n\
             Conditions: {Holds: !Equals [1, 1]}\nMappings: {M: {a: {b: c}}}\nResources:\n",
        )
        .replace("Transform: ", "Transform: [AWS::LanguageExtensions, ")
        .replace("2016-10-31\n", "2016-10-31]\n");
        // `CodeUri` and `Runtime` are there already.
        let text = match using.trim_start().split(':').next() {
            Some("Runtime") => text.replace("      Runtime: provided.al2023\n", ""),
            Some("CodeUri") => text.replace("      CodeUri: .\n", ""),
            _ => text,
        };
        let secret = "hunter2x_hunter3x";
        let error = load_with(
            &text,
            &[("Secret", secret), ("Secrets", "hunter2x,hunter3x")],
        )
        .expect_err(using)
        .to_string();
        for part in ["hunter2x", "hunter3x", "aHVudGVy"] {
            assert!(!error.contains(part), "{using}: {error}");
        }
    }
    for attributes in [
        "Type: Number",
        "Type: String, AllowedValues: [a]",
        "Type: String, AllowedPattern: a",
        "Type: String, MaxLength: 3",
        "Type: List<Number>",
    ] {
        let error = p(&format!("NoEcho: true, {attributes}"), Some("hunter2x")).unwrap_err();
        assert!(!error.contains("hunter2x"), "{error}");
    }
}
