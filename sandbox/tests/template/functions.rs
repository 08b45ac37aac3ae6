//! Intrinsic functions: expression in, text out.

use super::{load, value};

const SECTIONS: &str = r#"
Parameters:
  Name: {Type: String, Default: world}
  List: {Type: CommaDelimitedList, Default: "a, b,c"}
  Numbers: {Type: List<Number>, Default: "1,2"}
Mappings:
  Sizes: {small: {memory: 128, zones: [x, y]}, world: {memory: 256}}
Conditions:
  Holds: !Equals [!Ref Name, world]
  Fails: !Not [!Condition Holds]
  Both: !And [!Condition Holds, !Condition Fails]
  Either: !Or [!Condition Holds, !Condition Fails]
"#;

#[test]
fn functions_give_what_cloudformation_gives() {
    let table = [
        ("plain", "plain"),
        ("2012-10-17", "2012-10-17"),
        ("012345678901", "012345678901"),
        ("1.50", "1.50"),
        ("True", "true"),
        ("yes", "true"),
        ("off", "false"),
        ("\"yes\"", "yes"),
        ("!Ref Name", "world"),
        ("{Ref: Name}", "world"),
        ("!Ref AWS::Region", "us-east-1"),
        ("!Ref AWS::AccountId", "123456789012"),
        ("!Ref AWS::Partition", "aws"),
        ("!Ref AWS::URLSuffix", "amazonaws.com"),
        ("!Ref AWS::StackName", "serverless-payment-service"),
        ("!Sub \"hello ${Name}\"", "hello world"),
        ("!Sub \"${!Name} ${Name}\"", "${Name} world"),
        ("!Sub \"$Name $${Name}\"", "$Name $world"),
        (
            "!Sub [\"${a}-${Name}\", {a: !Ref AWS::Region}]",
            "us-east-1-world",
        ),
        ("!Sub [\"${Name}\", {Name: shadowed}]", "shadowed"),
        ("!Join [\"-\", [a, !Ref Name, 3]]", "a-world-3"),
        ("!Join [\"\", !Ref List]", "abc"),
        ("!Join [\",\", [a, !Ref AWS::NoValue, b]]", "a,b"),
        ("!Select [1, !Ref List]", "b"),
        ("!Select [\"0\", [x, y]]", "x"),
        ("!Select [2, !Split [\"/\", \"a/b/c\"]]", "c"),
        (
            "{\"Fn::Select\": [1, {\"Fn::Split\": [\",\", \"p,q\"]}]}",
            "q",
        ),
        ("!Join [\"+\", !Ref Numbers]", "1+2"),
        ("!If [Holds, a, !Ref Nothing]", "a"),
        ("!If [Fails, !GetAtt Nothing.Arn, b]", "b"),
        ("!If [Both, a, b]", "b"),
        ("!If [Either, a, b]", "a"),
        ("!FindInMap [Sizes, small, memory]", "128"),
        ("!FindInMap [Sizes, !Ref Name, memory]", "256"),
        ("!Select [1, !FindInMap [Sizes, small, zones]]", "y"),
        (
            "!FindInMap [Sizes, large, memory, {DefaultValue: !Ref Name}]",
            "world",
        ),
        ("!Base64 hello", "aGVsbG8="),
        ("!Base64 {\"Fn::Sub\": \"${Name}\"}", "d29ybGQ="),
        ("!Select [1, !Cidr [10.0.0.0/16, 3, 8]]", "10.0.1.0/24"),
        (
            "!Select [2, !Cidr [\"2001:db8::/48\", 3, 64]]",
            "2001:db8:0:2::/64",
        ),
        ("!Select [0, !Cidr [\"10.1.2.3/8\", 1, 8]]", "10.0.0.0/24"),
        (
            "!Select [255, !Cidr [10.0.0.0/16, 256, 8]]",
            "10.0.255.0/24",
        ),
        ("!Select [0, !Cidr [\"::/0\", 1, 128]]", "::/0"),
        ("!Select [0, !Cidr [0.0.0.0/0, 1, 32]]", "0.0.0.0/0"),
        ("!Select [0, !GetAZs \"\"]", "us-east-1a"),
        ("!Select [1, !GetAZs {Ref: AWS::Region}]", "us-east-1b"),
        ("!Length [1, 2, 3]", "3"),
        ("!Length {Ref: List}", "3"),
        (
            "!ToJsonString {a: [1, true, !Ref Name]}",
            "{\"a\":[1,true,\"world\"]}",
        ),
        (
            "!GetAtt Queue.QueueName",
            "serverless-payment-service-Queue-",
        ),
        (
            "!GetAtt [Topic, TopicName]",
            "serverless-payment-service-Topic-",
        ),
    ];
    for (expression, expected) in table {
        let found =
            value(SECTIONS, expression).unwrap_or_else(|error| panic!("{expression}: {error}"));
        match expected.strip_suffix('-') {
            Some(start) => assert!(found.starts_with(start), "{expression} gave {found}"),
            None => assert_eq!(found, expected, "{expression}"),
        }
    }
}

#[test]
fn addresses_are_the_same_every_time_and_different_for_each_resource() {
    let first = value("", "!Ref Queue").unwrap();
    assert_eq!(first, value("", "!Ref Queue").unwrap());
    assert!(first.starts_with(
        "https://sqs.us-east-1.amazonaws.com/123456789012/serverless-payment-service-Queue-"
    ));
    assert_ne!(
        value("", "!GetAtt Queue.QueueName")
            .unwrap()
            .rsplit('-')
            .next(),
        value("", "!GetAtt Topic.TopicName")
            .unwrap()
            .rsplit('-')
            .next()
    );
}

#[test]
fn only_the_branch_that_is_taken_must_make_sense() {
    let text = "Parameters: {On: {Type: String, Default: 'false'}}\n\
                Conditions: {IsOn: !Equals [!Ref On, 'true']}\n\
                Resources:\n  \
                Maybe: {Type: AWS::SNS::Topic, Condition: IsOn}\n  \
                Always:\n    Type: AWS::SNS::Topic\n    Properties:\n      \
                DisplayName: !If [IsOn, !Ref Maybe, !Ref AWS::NoValue]\n";
    let stack = load(text).unwrap();
    assert_eq!(stack.topics.len(), 1);
    assert_eq!(stack.topics[0].display_name, None);
}
