//! What the loader says to web ACLs that WAF would refuse, or that cannot be
//! run here.

use super::errors::messages;

/// A template with an API and a web ACL in which one thing is replaced.
fn changed(old: &str, new: &str) -> String {
    let text = TEMPLATE.replacen(old, new, 1);
    assert_ne!(text, TEMPLATE, "{old} is not in the template");
    text
}

/// The same with the statement of the rule replaced.
fn statement(new: &str) -> String {
    changed(STATEMENT, new)
}

const STATEMENT: &str = "{ByteMatchStatement: {FieldToMatch: {UriPath: {}}, PositionalConstraint: EXACTLY, SearchString: /prod, TextTransformations: [{Priority: 0, Type: NONE}]}}";
const TEMPLATE: &str = "Transform: AWS::Serverless-2016-10-31
Parameters:
  Secret: {Type: String, Default: hush, NoEcho: true}
Resources:
  Api: {Type: AWS::Serverless::Api, Properties: {StageName: prod, OpenApiVersion: 3.0.1}}
  Allowed:
    Type: AWS::WAFv2::IPSet
    Properties: {Scope: REGIONAL, IPAddressVersion: IPV4, Addresses: [192.0.2.0/24]}
  Acl:
    Type: AWS::WAFv2::WebACL
    Properties:
      Scope: REGIONAL
      DefaultAction: {Allow: {}}
      VisibilityConfig: &visible {CloudWatchMetricsEnabled: true, SampledRequestsEnabled: true, MetricName: acl}
      Rules:
        - Name: first
          Priority: 0
          Action: {Block: {}}
          VisibilityConfig: *visible
          Statement: {ByteMatchStatement: {FieldToMatch: {UriPath: {}}, PositionalConstraint: EXACTLY, SearchString: /prod, TextTransformations: [{Priority: 0, Type: NONE}]}}
        - Name: second
          Priority: 1
          Action: {Allow: {}}
          VisibilityConfig: *visible
          Statement: {IPSetReferenceStatement: {Arn: !GetAtt Allowed.Arn}}
  Association:
    Type: AWS::WAFv2::WebACLAssociation
    Properties:
      WebACLArn: !GetAtt Acl.Arn
      ResourceArn: !Sub arn:${AWS::Partition}:apigateway:${AWS::Region}::/restapis/${Api}/stages/${Api.Stage}
";

#[test]
fn the_template_itself_is_fine() {
    let stack = super::load(TEMPLATE).unwrap_or_else(|error| panic!("{error}"));
    let arn = format!(
        "arn:aws:apigateway:us-east-1::/restapis/{}/stages/prod",
        stack.rest_apis[0].id
    );
    assert_eq!(stack.web_acls[0].resources, [arn]);
    let priorities = stack.web_acls[0].rules.iter().map(|rule| rule.priority);
    assert_eq!(priorities.collect::<Vec<_>>(), [0, 1]);
}

/// A web ACL may come before what it refers to.
#[test]
fn the_order_of_the_template_does_not_matter() {
    let (front, association) = TEMPLATE.split_once("  Association:").unwrap();
    let (front, acl) = front.split_once("  Acl:").unwrap();
    let (start, rest) = front.split_once("  Api:").unwrap();
    let text = format!("{start}  Association:{association}  Acl:{acl}  Api:{rest}");
    let stack = super::load(&text).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(stack.web_acls[0].resources.len(), 1);
}

#[test]
fn ip_sets() {
    let addresses = |new: &str| changed("[192.0.2.0/24]", new);
    let many: Vec<String> = (0..10_001u32)
        .map(|number| format!("{}/32", std::net::Ipv4Addr::from(number)))
        .collect();
    let all = messages(&[
        ("one address", addresses("[192.0.2.1]")),
        ("no address", addresses("[office]")),
        ("nothing", addresses("['']")),
        ("everything", addresses("[0.0.0.0/0]")),
        ("other family", addresses("['2001:db8::/32']")),
        ("text", addresses("192.0.2.0/24")),
        ("a secret", addresses("[!Ref Secret]")),
        ("too many", addresses(&format!("[{}]", many.join(", ")))),
        ("version", changed("IPV4", "4")),
        ("no version", changed("IPAddressVersion: IPV4, ", "")),
        ("scope", changed("Scope: REGIONAL, IP", "Scope: GLOBAL, IP")),
        ("no scope", changed("Scope: REGIONAL, IP", "IP")),
        (
            "name",
            changed("Scope: REGIONAL, IP", "Name: a b, Scope: REGIONAL, IP"),
        ),
    ]);
    insta::assert_snapshot!(all);
}

#[test]
fn web_acls() {
    let acl = |line: &str| {
        changed(
            "      DefaultAction",
            &format!("      {line}\n      DefaultAction"),
        )
    };
    let default = |new: &str| {
        changed(
            "{Allow: {}}\n      Visibility",
            &format!("{new}\n      Visibility"),
        )
    };
    let action = |new: &str| changed("Action: {Block: {}}", new);
    let bodies = |new: &str| {
        let text = action(
            "Action: {Block: {CustomResponse: {ResponseCode: 429, CustomResponseBodyKey: busy}}}",
        );
        text.replacen(
            "      DefaultAction",
            &format!("      CustomResponseBodies: {new}\n      DefaultAction"),
            1,
        )
    };
    let all = messages(&[
        (
            "scope",
            changed("      Scope: REGIONAL", "      Scope: EDGE"),
        ),
        (
            "no default action",
            changed("      DefaultAction: {Allow: {}}\n", ""),
        ),
        ("two default actions", default("{Allow: {}, Block: {}}")),
        ("default action that counts", default("{Count: {}}")),
        ("default action as text", default("Allow")),
        (
            "no visibility",
            changed(
                "      VisibilityConfig: &visible {CloudWatchMetricsEnabled: true, SampledRequestsEnabled: true, MetricName: acl}",
                "      Tags: [&visible {MetricName: x}]",
            ),
        ),
        (
            "half a visibility",
            changed(", SampledRequestsEnabled: true", ""),
        ),
        (
            "body limit",
            acl(
                "AssociationConfig: {RequestBody: {API_GATEWAY: {DefaultSizeInspectionLimit: KB_8}}}",
            ),
        ),
        (
            "body of what",
            acl(
                "AssociationConfig: {RequestBody: {APIGATEWAY: {DefaultSizeInspectionLimit: KB_16}}}",
            ),
        ),
        ("unknown", acl("Rulez: []")),
        ("two of a name", changed("Name: second", "Name: first")),
        ("rule name", changed("Name: second", "Name: the second")),
        ("two of a priority", changed("Priority: 1", "Priority: 0")),
        ("priority", changed("Priority: 1", "Priority: -1")),
        ("no priority", changed("          Priority: 1\n", "")),
        ("no action", changed("          Action: {Block: {}}\n", "")),
        ("two actions", action("Action: {Block: {}, Count: {}}")),
        ("unknown action", action("Action: {Deny: {}}")),
        (
            "action and override",
            action("Action: {Block: {}}\n          OverrideAction: {None: {}}"),
        ),
        (
            "override without a group",
            action("OverrideAction: {None: {}}"),
        ),
        (
            "status",
            action("Action: {Block: {CustomResponse: {ResponseCode: 199}}}"),
        ),
        (
            "unknown body",
            action(
                "Action: {Block: {CustomResponse: {ResponseCode: 429, CustomResponseBodyKey: busy}}}",
            ),
        ),
        (
            "body of another key",
            bodies("{late: {ContentType: TEXT_PLAIN, Content: x}}"),
        ),
        (
            "content type",
            bodies("{busy: {ContentType: text/plain, Content: x}}"),
        ),
        (
            "empty body",
            bodies("{busy: {ContentType: TEXT_PLAIN, Content: ''}}"),
        ),
        (
            "long body",
            bodies(&format!(
                "{{busy: {{ContentType: TEXT_PLAIN, Content: {}}}}}",
                "x".repeat(4097)
            )),
        ),
        (
            "header name",
            action(
                "Action: {Count: {CustomRequestHandling: {InsertHeaders: [{Name: 'a b', Value: x}]}}}",
            ),
        ),
        (
            "header value",
            action(
                "Action: {Count: {CustomRequestHandling: {InsertHeaders: [{Name: a, Value: 'ä'}]}}}",
            ),
        ),
        (
            "header twice",
            action(
                "Action: {Count: {CustomRequestHandling: {InsertHeaders: [{Name: a, Value: x}, {Name: A, Value: y}]}}}",
            ),
        ),
        (
            "header of the connection",
            action(
                "Action: {Block: {CustomResponse: {ResponseCode: 429, ResponseHeaders: [{Name: Content-Length, Value: '9'}]}}}",
            ),
        ),
        (
            "no headers",
            action("Action: {Count: {CustomRequestHandling: {InsertHeaders: []}}}"),
        ),
    ]);
    insta::assert_snapshot!(all);
}

#[test]
fn statements() {
    let set = |rest: &str| {
        statement(&format!(
            "{{IPSetReferenceStatement: {{Arn: !GetAtt Allowed.Arn{rest}}}}}"
        ))
    };
    let forwarded = |header: &str, position: &str, fallback: &str| {
        set(&format!(
            ", IPSetForwardedIPConfig: {{HeaderName: {header}, Position: {position}, FallbackBehavior: {fallback}}}"
        ))
    };
    let rate = |rest: &str| statement(&format!("{{RateBasedStatement: {{{rest}}}}}"));
    let field = |new: &str| changed("{UriPath: {}}", new);
    let transformations = |new: &str| changed("[{Priority: 0, Type: NONE}]", new);
    let search = |new: &str| changed("SearchString: /prod", new);
    let contains = |words: &str| {
        search(&format!("SearchString: {words}")).replacen("EXACTLY", "CONTAINS_WORD", 1)
    };
    let decode: Vec<String> = (0..10)
        .map(|n| format!("{{Priority: {n}, Type: URL_DECODE}}"))
        .collect();
    let costly = format!(
        "{{ByteMatchStatement: {{FieldToMatch: {{UriPath: {{}}}}, PositionalConstraint: CONTAINS, SearchString: a, TextTransformations: [{}]}}}}",
        decode.join(", ")
    );
    let costly = vec![costly; 46].join(", ");
    let regex = |text: &str| {
        statement(&format!(
            "{{RegexMatchStatement: {{FieldToMatch: {{UriPath: {{}}}}, RegexString: {text}, TextTransformations: [{{Priority: 0, Type: NONE}}]}}}}"
        ))
    };
    let size = |rest: &str| {
        statement(&format!(
            "{{SizeConstraintStatement: {{FieldToMatch: {{UriPath: {{}}}}, {rest}, TextTransformations: [{{Priority: 0, Type: NONE}}]}}}}"
        ))
    };
    let all = messages(&[
        ("nothing", statement("{}")),
        (
            "two",
            statement("{IPSetReferenceStatement: {Arn: !GetAtt Allowed.Arn}, NotStatement: {}}"),
        ),
        ("unknown", statement("{IPSetReference: {}}")),
        (
            "set of nobody",
            statement(
                "{IPSetReferenceStatement: {Arn: 'arn:aws:wafv2:us-east-1:1:regional/ipset/x/y'}}",
            ),
        ),
        (
            "set by Ref",
            statement("{IPSetReferenceStatement: {Arn: !Ref Allowed}}"),
        ),
        (
            "set that is none",
            statement("{IPSetReferenceStatement: {Arn: !GetAtt Acl.LabelNamespace}}"),
        ),
        (
            "spelt as in the API",
            statement("{IPSetReferenceStatement: {ARN: !GetAtt Allowed.Arn}}"),
        ),
        (
            "other scope",
            changed("Scope: REGIONAL, IP", "Scope: CLOUDFRONT, IP"),
        ),
        ("position", forwarded("X-Forwarded-For", "SECOND", "MATCH")),
        ("fallback", forwarded("X-Forwarded-For", "FIRST", "ALLOW")),
        (
            "header name",
            forwarded("X_Forwarded_For", "FIRST", "MATCH"),
        ),
        (
            "no position",
            set(", IPSetForwardedIPConfig: {HeaderName: a, FallbackBehavior: MATCH}"),
        ),
        (
            "one of one",
            statement(
                "{AndStatement: {Statements: [{IPSetReferenceStatement: {Arn: !GetAtt Allowed.Arn}}]}}",
            ),
        ),
        ("not of two", statement("{NotStatement: {Statements: []}}")),
        (
            "rate inside",
            statement(
                "{NotStatement: {Statement: {RateBasedStatement: {Limit: 10, AggregateKeyType: IP}}}}",
            ),
        ),
        (
            "group inside",
            statement(
                "{NotStatement: {Statement: {ManagedRuleGroupStatement: {VendorName: AWS, Name: x}}}}",
            ),
        ),
        (
            "group with an action",
            statement("{ManagedRuleGroupStatement: {VendorName: AWS, Name: x}}"),
        ),
        ("rate", rate("Limit: 9, AggregateKeyType: IP")),
        (
            "window",
            rate("Limit: 10, EvaluationWindowSec: 90, AggregateKeyType: IP"),
        ),
        ("key", rate("Limit: 10, AggregateKeyType: HEADER")),
        (
            "constant for all",
            rate("Limit: 10, AggregateKeyType: CONSTANT"),
        ),
        (
            "forwarded from where",
            rate("Limit: 10, AggregateKeyType: FORWARDED_IP"),
        ),
        (
            "forwarded for nothing",
            rate(
                "Limit: 10, AggregateKeyType: IP, ForwardedIPConfig: {HeaderName: a, FallbackBehavior: MATCH}",
            ),
        ),
        ("field of two", field("{UriPath: {}, Method: {}}")),
        ("field unknown", field("{Uri: {}}")),
        ("field not simulated", field("{JsonBody: {}}")),
        ("header without name", field("{SingleHeader: {}}")),
        (
            "argument with a long name",
            field(&format!(
                "{{SingleQueryArgument: {{Name: {}}}}}",
                "a".repeat(31)
            )),
        ),
        ("oversize", field("{Body: {OversizeHandling: BLOCK}}")),
        ("no transformations", transformations("[]")),
        (
            "transformation",
            transformations("[{Priority: 0, Type: ROT13}]"),
        ),
        (
            "transformation not simulated",
            transformations("[{Priority: 0, Type: CSS_DECODE}]"),
        ),
        (
            "two transformations of a priority",
            transformations("[{Priority: 0, Type: NONE}, {Priority: 0, Type: LOWERCASE}]"),
        ),
        ("constraint", changed("EXACTLY", "EQUALS")),
        ("no search", search("Tags: x")),
        (
            "two searches",
            search("SearchString: a, SearchStringBase64: YQ=="),
        ),
        ("empty search", search("SearchString: ''")),
        (
            "long search",
            search(&format!("SearchString: {}", "a".repeat(201))),
        ),
        ("search in base64", search("SearchStringBase64: '%'")),
        (
            "secret search in base64",
            search("SearchStringBase64: !Sub '%${Secret}'"),
        ),
        ("word", contains("a-b")),
        ("pattern", regex("'(a'")),
        ("look-around", regex("'a(?=b)'")),
        ("secret pattern", regex("!Sub '(${Secret}'")),
        ("long pattern", regex(&"a".repeat(513))),
        ("operator", size("ComparisonOperator: '>', Size: 1")),
        ("size", size("ComparisonOperator: GT, Size: -1")),
        (
            "capacity",
            statement(&format!("{{OrStatement: {{Statements: [{costly}]}}}}")),
        ),
    ]);
    insta::assert_snapshot!(all);
}

#[test]
fn associations() {
    const ARN: &str = "!Sub arn:${AWS::Partition}:apigateway:${AWS::Region}::/restapis/${Api}/stages/${Api.Stage}";
    let target = |new: &str| changed(ARN, new);
    let again = format!(
        "{TEMPLATE}  Again:\n    Type: AWS::WAFv2::WebACLAssociation\n    Properties:\n      \
         WebACLArn: !GetAtt Acl.Arn\n      ResourceArn: {ARN}\n"
    );
    let cloudfront = TEMPLATE.replace("Scope: REGIONAL", "Scope: CLOUDFRONT");
    let all = messages(&[
        ("account", target("!Sub arn:aws:apigateway:us-east-1:${AWS::AccountId}:/restapis/${Api}/stages/prod")),
        ("WebSocket API", target("!Sub arn:aws:apigateway:us-east-1::/apis/a1b2c3d4e5/stages/prod")),
        ("other stage", target("!Sub arn:aws:apigateway:us-east-1::/restapis/${Api}/stages/dev")),
        ("other service", target("arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/app/x/y")),
        ("no API", target("x").replace("  Api: {Type: AWS::Serverless::Api, Properties: {StageName: prod, OpenApiVersion: 3.0.1}}\n", "")),
        ("no web ACL", changed("WebACLArn: !GetAtt Acl.Arn", "WebACLArn: !GetAtt Allowed.Arn")),
        ("for CloudFront", cloudfront),
        ("twice", again),
    ]);
    insta::assert_snapshot!(all);
}
