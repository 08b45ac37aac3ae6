//! What the loader says to bad templates: every message, word by word.

use std::fmt::Write as _;

use super::{function, function_in, load, load_with, value};

/// Messages of a table of templates, each under its name.
pub(super) fn messages(table: &[(&str, String)]) -> String {
    let mut all = String::new();
    for (name, text) in table {
        let message = match load(text) {
            Ok(_) => panic!("{name}: accepted"),
            Err(error) => error.to_string(),
        };
        let _ = writeln!(all, "## {name}\n{message}\n");
    }
    all
}

const TOPIC: &str = "Resources:\n  Topic:\n    Type: AWS::SNS::Topic\n";

fn topic(rest: &str) -> String {
    format!("{TOPIC}{rest}")
}

#[test]
fn broken_yaml() {
    let all = messages(&[
        ("empty", String::new()),
        ("comment only", "# nothing\n".to_owned()),
        ("not a map", "just text".to_owned()),
        ("a list", "- a\n- b\n".to_owned()),
        (
            "unclosed quote",
            topic("    Properties: {DisplayName: \"open}\n"),
        ),
        (
            "unclosed bracket",
            topic("    Properties: {DisplayName: [a}\n"),
        ),
        (
            "wrong indentation",
            "Resources:\n  Topic:\n    Type: AWS::SNS::Topic\n   Properties: {}\n".to_owned(),
        ),
        (
            "tab indentation",
            "Resources:\n\tTopic:\n\t\tType: AWS::SNS::Topic\n".to_owned(),
        ),
        (
            "tab further down",
            topic("    Properties:\n\t  DisplayName: x\n"),
        ),
        (
            "colon in plain text",
            topic("    Properties:\n      DisplayName: a: b\n"),
        ),
        ("duplicate key", topic("    Type: AWS::SQS::Queue\n")),
        (
            "duplicate resource",
            topic("  Topic:\n    Type: AWS::SQS::Queue\n"),
        ),
        (
            "merge key",
            topic("    Properties:\n      <<: {DisplayName: x}\n"),
        ),
        ("two documents", topic("---\na: b\n")),
        ("key that is a map", topic("    Properties: {{a: b}: c}\n")),
        ("unknown alias", topic("    Properties: *nothing\n")),
        ("no value", topic("    Properties:\n")),
        ("null item", topic("    Properties: {Tags: [~]}\n")),
        (
            "unknown tag",
            topic("    Properties: {DisplayName: !Reff Topic}\n"),
        ),
        (
            "very unknown tag",
            topic("    Properties: {DisplayName: !!binary aGk=}\n"),
        ),
        (
            "tag far from all",
            topic("    Properties: {DisplayName: !Concatenate [a]}\n"),
        ),
    ]);
    insta::assert_snapshot!(all);
}

#[test]
fn sections() {
    let all = messages(&[
        ("no resources", "Description: nothing\n".to_owned()),
        ("empty resources", "Resources: {}\n".to_owned()),
        ("unknown section", topic("Ressources: {}\n")),
        ("section that is a list", topic("Outputs: [a]\n")),
        ("version", topic("AWSTemplateFormatVersion: 2011-01-01\n")),
        ("macro", topic("Transform: MyMacro\n")),
        ("foreach", topic("  Fn::ForEach::Topics: [a, [b], {}]\n")),
        (
            "serverless without transform",
            function("").replace("Transform: AWS::Serverless-2016-10-31\n", ""),
        ),
        ("logical id", topic("  My-Topic: {Type: AWS::SNS::Topic}\n")),
        (
            "unknown type",
            topic("  Table:\n    Type: AWS::DynamoDB::Tabel\n"),
        ),
        (
            "type with a typing mistake",
            topic("  Queue:\n    Type: AWS::SQS::Que\n"),
        ),
        ("no type", topic("  Queue: {Properties: {}}\n")),
        (
            "unknown attribute of a resource",
            topic("    DependsOnn: Topic\n"),
        ),
        ("depends on nothing", topic("    DependsOn: Topik\n")),
        ("depends on itself", topic("    DependsOn: Topic\n")),
        ("deletion policy", topic("    DeletionPolicy: Keep\n")),
        ("unknown condition", topic("    Condition: Nowhere\n")),
        (
            "globals for unknown type",
            topic("Globals: {SimpleTable: {}}\n"),
        ),
        (
            "globals that SAM does not have",
            topic("Globals: {Function: {FunctionName: x}}\n"),
        ),
        (
            "output without value",
            topic("Outputs: {A: {Description: x}}\n"),
        ),
        ("output of a list", topic("Outputs: {A: {Value: [a]}}\n")),
        (
            "output without anything",
            topic("Outputs: {A: {Value: !Ref AWS::NoValue}}\n"),
        ),
    ]);
    insta::assert_snapshot!(all);
}

#[test]
fn functions() {
    let sections = "Parameters: {Name: {Type: String, Default: x}}\nMappings: {M: {a: {b: c}}}\n\
                    Conditions: {Holds: !Equals [a, a], Fails: !Equals [a, b]}";
    let expressions = [
        "!Ref Nothing",
        "!Ref Topik",
        "!Ref [a]",
        "!Ref AWS::Regoin",
        "!GetAtt Topic",
        "!GetAtt Topic.Arn",
        "!GetAtt Nothing.Arn",
        "!GetAtt [Topic]",
        "!Sub \"${Nothing}\"",
        "!Sub \"${Topic.Nothing}\"",
        "!Sub \"${open\"",
        "!Sub \"${}\"",
        "!Sub \"${a b}\"",
        "!Sub [a]",
        "!Sub [a, b]",
        "!Sub [\"${x}\", {x: [1]}]",
        "!Join [a]",
        "!Join [a, b]",
        "!Join [\",\", [[a]]]",
        "!Split [\"\", a]",
        "!Split a",
        "!Select [2, [a, b]]",
        "!Select [x, [a]]",
        "!Select [-1, [a]]",
        "!Select [0, a]",
        "!If [Holds, a]",
        "!If [Nowhere, a, b]",
        "!If [[Holds], a, b]",
        "!FindInMap [M, a]",
        "!FindInMap [N, a, b]",
        "!FindInMap [M, x, b]",
        "!FindInMap [M, a, x]",
        "!FindInMap [M, a, b, c]",
        "!Base64 [a]",
        "!Cidr [a, 1, 8]",
        "!Cidr [10.0.0.0/24, 2, 8]",
        "!Cidr [10.0.0.0/8, 257, 8]",
        "!Cidr [10.0.0.0/8, x, 8]",
        "!GetAZs eu-west-1",
        "!Length a",
        "!ImportValue a",
        "!Transform {Name: AWS::Include}",
        "!Equals [a, b]",
        "!And [a, b]",
        "{\"Fn::Nothing\": a}",
        "{\"Fn::Joim\": a}",
        "{\"Fn::Sub\": a, b: c}",
        "!Contains [[a], a]",
    ];
    let mut all = String::new();
    for expression in expressions {
        let error = value(sections, expression).expect_err(expression);
        writeln!(all, "## {expression}\n{error}\n").unwrap();
    }
    insta::assert_snapshot!(all);
}

#[test]
fn conditions() {
    let all = messages(&[
        (
            "cycle",
            topic("Conditions: {A: !Not [!Condition B], B: !Not [!Condition A]}\n"),
        ),
        ("itself", topic("Conditions: {A: !Not [!Condition A]}\n")),
        (
            "unknown",
            topic("Conditions: {Alpha: !Equals [a, a], B: !Not [!Condition Alhpa]}\n"),
        ),
        ("no function", topic("Conditions: {A: true}\n")),
        ("wrong function", topic("Conditions: {A: !Sub a}\n")),
        ("one side", topic("Conditions: {A: !Equals [a]}\n")),
        (
            "one condition",
            topic("Conditions: {A: !And [!Equals [a, a]]}\n"),
        ),
        (
            "eleven conditions",
            topic(&format!(
                "Conditions: {{A: !Or [{}]}}\n",
                ["!Equals [a, a]"; 11].join(", ")
            )),
        ),
        (
            "not of two",
            topic("Conditions: {A: !Not [!Equals [a, a], !Equals [a, a]]}\n"),
        ),
        (
            "resource",
            topic("Conditions: {A: !Equals [!Ref Topic, a]}\n"),
        ),
        (
            "rule function",
            topic("Conditions: {A: !Contains [[a], a]}\n"),
        ),
        (
            "rule about a resource",
            topic("Rules: {R: {Assertions: [{Assert: !Equals [!Ref Topic, a]}]}}\n"),
        ),
        ("rule without assertions", topic("Rules: {R: {}}\n")),
        (
            "reference to a dropped resource",
            topic(
                "    Condition: Fails\n  Other: {Type: AWS::SNS::Topic, Properties: {DisplayName: !Ref Topic}}\nConditions: {Fails: !Equals [a, b]}\n",
            ),
        ),
    ]);
    insta::assert_snapshot!(all);
}

#[test]
fn parameters() {
    let parameters = "Parameters:\n  Stage: {Type: String, AllowedValues: [dev, prod]}\n  \
                      Secret: {Type: String, NoEcho: true, AllowedPattern: 'whsec_.*', ConstraintDescription: begins with whsec_}\n  \
                      Count: {Type: Number, MinValue: 1, MaxValue: 9}\n  \
                      Name: {Type: String, MinLength: 3, MaxLength: 5}\n";
    let text = format!("{parameters}{TOPIC}");
    let good = [
        ("Stage", "dev"),
        ("Secret", "whsec_a"),
        ("Count", "1"),
        ("Name", "abc"),
    ];
    let mut all = String::new();
    let mut check = |name: &str, changes: &[(&str, &str)], missing: &[&str]| {
        let mut given: Vec<(&str, &str)> = good.to_vec();
        given.retain(|(name, _)| !missing.contains(name));
        given.extend(changes);
        let error = load_with(&text, &given).expect_err(name);
        writeln!(all, "## {name}\n{error}\n").unwrap();
    };
    check("missing", &[], &["Stage"]);
    check("missing secret", &[], &["Secret"]);
    check("not allowed", &[("Stage", "test")], &[]);
    check("secret that does not match", &[("Secret", "hunter2")], &[]);
    check("too large", &[("Count", "10")], &[]);
    check("no number", &[("Count", "ten")], &[]);
    check("too short", &[("Name", "ab")], &[]);
    check("unknown", &[("Stagee", "x")], &[]);
    check("far from all", &[("Colour", "x")], &[]);
    check(
        "all wrong",
        &[
            ("Stage", "x"),
            ("Secret", "hunter2"),
            ("Count", "0"),
            ("Colour", "x"),
        ],
        &["Name"],
    );
    insta::assert_snapshot!(all);
}

#[test]
fn declarations() {
    let declaration = |attributes: &str| format!("Parameters: {{P: {{{attributes}}}}}\n{TOPIC}");
    let all = messages(&[
        ("no type", declaration("Default: a")),
        ("unknown type", declaration("Type: Text")),
        (
            "unknown attribute",
            declaration("Type: String, AllowedValue: [a]"),
        ),
        (
            "default that is a list",
            declaration("Type: CommaDelimitedList, Default: [a]"),
        ),
        (
            "pattern",
            declaration("Type: String, Default: a, AllowedPattern: '('"),
        ),
        (
            "look-around",
            declaration("Type: String, Default: a, AllowedPattern: '(?!a).*'"),
        ),
        (
            "length",
            declaration("Type: String, Default: a, MinLength: many"),
        ),
        (
            "parameter store",
            declaration("Type: 'AWS::SSM::Parameter::Value<String>', Default: /a/b"),
        ),
        (
            "allowed values",
            declaration("Type: String, Default: a, AllowedValues: a"),
        ),
    ]);
    insta::assert_snapshot!(all);
}

#[test]
fn functions_of_lambda() {
    let f = |properties: &str| function(&format!("      {properties}"));
    let with = |from: &str, to: &str| function("").replace(from, to);
    let all = messages(&[
        (
            "no metadata",
            with(
                "    Metadata:\n      BuildMethod: rust-cargolambda\n      BuildProperties: {Binary: webhook}\n",
                "",
            ),
        ),
        ("other build method", with("rust-cargolambda", "makefile")),
        (
            "no build method",
            with("BuildMethod: rust-cargolambda", "Other: x"),
        ),
        ("no binary", with("{Binary: webhook}", "{}")),
        (
            "binary that is a path",
            with("{Binary: webhook}", "{Binary: ../webhook}"),
        ),
        ("runtime", with("provided.al2023", "python3.13")),
        ("no handler", with("      Handler: bootstrap\n", "")),
        ("code in S3", with("CodeUri: .", "CodeUri: s3://bucket/key")),
        (
            "code in S3 as a map",
            with("CodeUri: .", "CodeUri: {Bucket: a, Key: b}"),
        ),
        ("unknown property", f("MemroySize: 128")),
        ("memory", f("MemorySize: 64")),
        ("memory as text", f("MemorySize: a lot")),
        ("timeout", f("Timeout: 901")),
        ("architecture", f("Architectures: [arm]")),
        ("two architectures", f("Architectures: [arm64, x86_64]")),
        ("layers", f("Layers: [a]")),
        (
            "reserved variable",
            f("Environment: {Variables: {AWS_REGION: x}}"),
        ),
        (
            "name of a variable",
            f("Environment: {Variables: {1st: x}}"),
        ),
        (
            "value of a variable",
            f("Environment: {Variables: {LIST: [x]}}"),
        ),
        (
            "too many variables",
            f(&format!(
                "Environment: {{Variables: {{LONG: {}}}}}",
                "x".repeat(4096)
            )),
        ),
        ("variables without Variables", f("Environment: {LIST: x}")),
        (
            "dynamic reference",
            f("Environment: {Variables: {SECRET: '{{resolve:secretsmanager:s}}'}}"),
        ),
        (
            "dynamic reference to a parameter",
            f("Environment: {Variables: {SECRET: '{{resolve:ssm:s}}'}}"),
        ),
        (
            "dynamic reference to a version",
            f(
                "Environment: {Variables: {SECRET: '{{resolve:secretsmanager:s:SecretString:k:AWSPREVIOUS}}'}}",
            ),
        ),
        (
            "dynamic reference without end",
            f("Environment: {Variables: {SECRET: '{{resolve:secretsmanager:s'}}"),
        ),
        ("policy", f("Policies: [{Effect: Allow}]")),
        ("policy as a list", f("Policies: [[a]]")),
        ("retries", f("EventInvokeConfig: {MaximumRetryAttempts: 3}")),
        (
            "destination without type",
            f("EventInvokeConfig: {DestinationConfig: {OnFailure: {}}}"),
        ),
        (
            "destination to nothing",
            f(
                "EventInvokeConfig: {DestinationConfig: {OnFailure: {Type: SQS, Destination: arn:aws:sqs:us-east-1:1:q}}}",
            ),
        ),
        (
            "destination to a bus",
            f(
                "EventInvokeConfig: {DestinationConfig: {OnFailure: {Type: EventBridge, Destination: a}}}",
            ),
        ),
        (
            "lambda destination",
            f("EventInvokeConfig: {DestinationConfig: {OnFailure: {Type: Lambda}}}"),
        ),
        (
            "dead letters by url",
            function_in(
                "  Queue: {Type: AWS::SQS::Queue}",
                "      DeadLetterQueue: {Type: SQS, TargetArn: !Ref Queue}",
            ),
        ),
        (
            "dead letters of another kind",
            function_in(
                "  Topic: {Type: AWS::SNS::Topic}",
                "      DeadLetterQueue: {Type: SQS, TargetArn: !Ref Topic}",
            ),
        ),
        (
            "two invoke configs",
            function_in(
                "  C: {Type: AWS::Lambda::EventInvokeConfig, Properties: {FunctionName: !Ref Webhook, Qualifier: $LATEST}}",
                "      EventInvokeConfig: {}",
            ),
        ),
        (
            "invoke config of a version",
            function_in(
                "  C: {Type: AWS::Lambda::EventInvokeConfig, Properties: {FunctionName: !Ref Webhook, Qualifier: live}}",
                "",
            ),
        ),
    ]);
    insta::assert_snapshot!(all);
}

#[test]
fn events() {
    let event = |event: &str| {
        function_in(
            "  Topic: {Type: AWS::SNS::Topic}\n  Api: {Type: AWS::Serverless::Api, Properties: {StageName: prod}}",
            &format!("      Events: {{{event}}}"),
        )
    };
    let api = |properties: &str| event(&format!("E: {{Type: Api, Properties: {{{properties}}}}}"));
    let sns = |properties: &str| event(&format!("E: {{Type: SNS, Properties: {{{properties}}}}}"));
    let all = messages(&[
        ("unknown type", event("E: {Type: Schedule, Properties: {}}")),
        ("no properties", event("E: {Type: Api}")),
        ("no path", api("Method: get")),
        ("path without slash", api("Path: webhook, Method: get")),
        (
            "path with slash at the end",
            api("Path: /webhook/, Method: get"),
        ),
        (
            "greedy in the middle",
            api("Path: '/{proxy+}/x', Method: get"),
        ),
        ("brace", api("Path: '/{id', Method: get")),
        ("method", api("Path: /, Method: fetch")),
        (
            "not an API",
            api("Path: /, Method: get, RestApiId: !Ref Topic"),
        ),
        (
            "API that is text",
            api("Path: /, Method: get, RestApiId: Api"),
        ),
        (
            "auth",
            api("Path: /, Method: get, Auth: {ApiKeyRequired: true}"),
        ),
        (
            "timeout",
            api("Path: /, Method: get, TimeoutInMillis: 30000"),
        ),
        ("unknown property", api("Path: /, Method: get, Payload: x")),
        (
            "same route",
            event(
                "A: {Type: Api, Properties: {Path: /a, Method: get}}, B: {Type: Api, Properties: {Path: /a, Method: GET}}",
            ),
        ),
        (
            "clash",
            event(
                "A: {Type: Api, Properties: {Path: '/{id}', Method: get}}, B: {Type: Api, Properties: {Path: '/{name}/x', Method: get}}",
            ),
        ),
        (
            "clash with greedy",
            event(
                "A: {Type: Api, Properties: {Path: '/{id}', Method: get}}, B: {Type: Api, Properties: {Path: '/{proxy+}', Method: get}}",
            ),
        ),
        ("not a topic", sns("Topic: !Ref Api")),
        (
            "topic elsewhere",
            sns("Topic: arn:aws:sns:us-east-1:123456789012:other"),
        ),
        (
            "queue between",
            sns("Topic: !Ref Topic, SqsSubscription: true"),
        ),
        (
            "filter scope",
            sns("Topic: !Ref Topic, FilterPolicyScope: Body"),
        ),
        ("filter", sns("Topic: !Ref Topic, FilterPolicy: {a: b}")),
        (
            "dead letters",
            sns("Topic: !Ref Topic, RedrivePolicy: {deadLetterTargetArn: !Ref Topic}"),
        ),
        (
            "dead letters of nothing",
            sns("Topic: !Ref Topic, RedrivePolicy: {}"),
        ),
        ("region", sns("Topic: !Ref Topic, Region: eu-west-1")),
    ]);
    insta::assert_snapshot!(all);
}

#[test]
fn other_resources() {
    let api = |properties: &str| {
        format!(
            "Transform: AWS::Serverless-2016-10-31\nResources:\n  Api:\n    Type: AWS::Serverless::Api\n    Properties: {{StageName: prod, {properties}}}\n"
        )
    };
    let subscription = |properties: &str| {
        topic(&format!(
            "  Queue: {{Type: AWS::SQS::Queue}}\n  Sub:\n    Type: AWS::SNS::Subscription\n    Properties: {{{properties}}}\n"
        ))
    };
    let queue = |properties: &str| {
        format!(
            "Resources:\n  Queue:\n    Type: AWS::SQS::Queue\n    Properties: {{{properties}}}\n"
        )
    };
    let all = messages(&[
        (
            "api without stage",
            api("a: b").replace("StageName: prod, a: b", "Name: x"),
        ),
        ("stage", api("a: b").replace("prod, a: b", "$default")),
        ("api auth", api("Auth: {ApiKeyRequired: true}")),
        ("api body", api("DefinitionBody: {}")),
        ("api cors", api("Cors: \"'*'\"")),
        ("gateway responses", api("GatewayResponses: {}")),
        ("api unknown", api("BinaryMediaType: []")),
        ("private", api("EndpointConfiguration: {Type: PRIVATE}")),
        ("endpoint", api("EndpointConfiguration: {Type: LOCAL}")),
        (
            "path of throttling",
            api(
                "MethodSettings: [{HttpMethod: '*', ResourcePath: /webhook, ThrottlingRateLimit: 1}]",
            ),
        ),
        (
            "rate",
            api(
                "MethodSettings: [{HttpMethod: '*', ResourcePath: '/*', ThrottlingRateLimit: fast}]",
            ),
        ),
        ("disabled", api("DisableExecuteApiEndpoint: true")),
        ("caching", api("CacheClusterEnabled: true")),
        ("fifo topic", topic("    Properties: {FifoTopic: true}\n")),
        ("topic unknown", topic("    Properties: {Displayname: x}\n")),
        (
            "inline subscription",
            topic("    Properties: {Subscription: [{Protocol: email, Endpoint: a@example.com}]}\n"),
        ),
        (
            "protocol",
            subscription("TopicArn: !Ref Topic, Protocol: https, Endpoint: 'https://example.com'"),
        ),
        (
            "endpoint that is a url",
            subscription("TopicArn: !Ref Topic, Protocol: sqs, Endpoint: !Ref Queue"),
        ),
        (
            "subscription to nothing",
            subscription("TopicArn: Topic, Protocol: sqs, Endpoint: !GetAtt Queue.Arn"),
        ),
        (
            "raw",
            function_in(
                "  T: {Type: AWS::SNS::Topic}\n  S: {Type: AWS::SNS::Subscription, Properties: {TopicArn: !Ref T, Protocol: lambda, Endpoint: !GetAtt Webhook.Arn, RawMessageDelivery: true}}",
                "",
            ),
        ),
        ("fifo queue", queue("FifoQueue: true")),
        ("retention", queue("MessageRetentionPeriod: 59")),
        ("queue unknown", queue("Visibility: 30")),
    ]);
    insta::assert_snapshot!(all);
}

#[test]
fn cycles() {
    let all = messages(&[
        (
            "two topics",
            topic(
                "    Properties: {DisplayName: !GetAtt Other.TopicName}\n  Other: {Type: AWS::SNS::Topic, Properties: {DisplayName: !GetAtt Topic.TopicName}}\n",
            ),
        ),
        (
            "names",
            topic(
                "    Properties: {TopicName: !GetAtt Other.TopicName}\n  Other: {Type: AWS::SNS::Topic, Properties: {TopicName: !GetAtt Topic.TopicName}}\n",
            ),
        ),
        (
            "a subscription to itself",
            topic(
                "  Sub: {Type: AWS::SNS::Subscription, Properties: {TopicArn: !Ref Sub, Protocol: sqs, Endpoint: x}}\n",
            ),
        ),
        (
            "a function and its own API",
            function_in(
                "  Api: {Type: AWS::Serverless::Api, Properties: {StageName: prod}}",
                "      Environment: {Variables: {URL: !Sub \"https://${Api}\"}}\n      Events: {E: {Type: Api, Properties: {RestApiId: !Ref Api, Path: /, Method: get}}}",
            ),
        ),
        (
            "a function and the implicit API",
            function(
                "      Environment: {Variables: {URL: !Ref ServerlessRestApi}}\n      Events: {E: {Type: Api, Properties: {Path: /, Method: get}}}",
            ),
        ),
    ]);
    insta::assert_snapshot!(all);
}

/// A function that refers to an API without a route to it is fine, and so is
/// one whose event names the API.
#[test]
fn what_is_no_cycle() {
    let text = function_in(
        "  Api: {Type: AWS::Serverless::Api, Properties: {StageName: prod}}\n  \
         Other: {Type: AWS::Serverless::Api, Properties: {StageName: prod}}",
        "      Environment: {Variables: {URL: !Ref Other}}\n      \
         Events: {E: {Type: Api, Properties: {RestApiId: !Ref Api, Path: /, Method: get}}}",
    );
    assert_eq!(load(&text).unwrap().rest_apis[0].routes.len(), 1);
}

#[test]
fn tables() {
    const KEY: &str = "AttributeDefinitions: [{AttributeName: id, AttributeType: S}], \
                       KeySchema: [{AttributeName: id, KeyType: HASH}]";
    let table = |properties: &str| {
        format!(
            "Resources:\n  Table:\n    Type: AWS::DynamoDB::Table\n    Properties: {{{properties}}}\n"
        )
    };
    let on_demand = |more: &str| table(&format!("{KEY}, BillingMode: PAY_PER_REQUEST, {more}"));
    let all = messages(&[
        ("no key", table("BillingMode: PAY_PER_REQUEST")),
        ("no throughput", table(KEY)),
        (
            "key without its type",
            table("AttributeDefinitions: [{AttributeName: x, AttributeType: S}], KeySchema: [{AttributeName: id, KeyType: HASH}], BillingMode: PAY_PER_REQUEST"),
        ),
        (
            "attribute that is no key",
            table(&format!("{KEY}, BillingMode: PAY_PER_REQUEST").replace("AttributeType: S}]", "AttributeType: S}, {AttributeName: ttl, AttributeType: N}]")),
        ),
        ("misspelt property", on_demand("TimeToLive: {}")),
        ("time to live without attribute", on_demand("TimeToLiveSpecification: {Enabled: true}")),
        ("stream", on_demand("StreamSpecification: {StreamViewType: NEW_IMAGE}")),
        (
            "no units",
            table(&format!("{KEY}, ProvisionedThroughput: {{ReadCapacityUnits: 0, WriteCapacityUnits: 1}}")),
        ),
        (
            "simple table with an unknown type",
            "Transform: AWS::Serverless-2016-10-31\nResources:\n  Table:\n    Type: AWS::Serverless::SimpleTable\n    Properties: {PrimaryKey: {Name: id, Type: S}}\n".to_owned(),
        ),
    ]);
    insta::assert_snapshot!(all);
}

#[test]
fn secrets() {
    let secret = |properties: &str| {
        format!(
            "Resources:\n  Secret:\n    Type: AWS::SecretsManager::Secret\n    Properties: {{{properties}}}\n"
        )
    };
    let generated = |properties: &str| secret(&format!("GenerateSecretString: {{{properties}}}"));
    let with_function = |reference: &str| {
        function_in(
            "  Secret: {Type: AWS::SecretsManager::Secret, Properties: {Name: mine, SecretString: x}}",
            &format!("      Environment: {{Variables: {{A: '{reference}'}}}}"),
        )
    };
    let all = messages(&[
        ("no value", secret("Description: x")),
        (
            "two values",
            secret("SecretString: x, GenerateSecretString: {}"),
        ),
        ("too short for each kind", generated("PasswordLength: 3")),
        (
            "nothing left",
            generated(
                "ExcludeLowercase: true, ExcludeUppercase: true, ExcludeNumbers: true, ExcludePunctuation: true",
            ),
        ),
        (
            "template without key",
            generated("SecretStringTemplate: '{}'"),
        ),
        (
            "template that is no object",
            generated("SecretStringTemplate: '[]', GenerateStringKey: k"),
        ),
        (
            "replica",
            secret("GenerateSecretString: {}, ReplicaRegions: []"),
        ),
        (
            "reference to another secret",
            with_function("{{resolve:secretsmanager:yours}}"),
        ),
        (
            "reference to a key that is not there",
            with_function("{{resolve:secretsmanager:mine:SecretString:key}}"),
        ),
    ]);
    insta::assert_snapshot!(all);
}
