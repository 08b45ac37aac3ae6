//! Distributions, Functions and policies: what they become, and what the loader
//! says to bad ones.

use std::time::Duration;

use sandbox::template::model::{Selection, ViewerProtocol};

use super::errors::messages;
use super::load;

/// A stack with a distribution, written before what it names.
const EDGE: &str = include_str!("cloudfront.yaml");

/// The same with one text in place of another.
fn with(from: &str, to: &str) -> String {
    assert!(EDGE.contains(from), "the template has no {from}");
    EDGE.replace(from, to)
}

/// Everything that a distribution says, whatever stands first in the template.
#[test]
fn a_distribution_takes_over_what_it_names() {
    let stack = load(EDGE).unwrap();
    let [distribution] = &stack.distributions[..] else {
        panic!("{:?}", stack.distributions);
    };
    assert!(distribution.id.starts_with('E'));
    let origin = &distribution.origins[0];
    assert_eq!(
        origin.domain_name,
        sandbox::addresses::execute_api_host(&stack.rest_apis[0].id)
    );
    assert_eq!((origin.path.as_str(), origin.attempts), ("/prod", 3));
    assert_eq!(origin.read_timeout, Duration::from_secs(20));
    let [open, default] = &distribution.behaviors[..] else {
        panic!("{:?}", distribution.behaviors);
    };
    assert_eq!(open.path_pattern, "/open/*");
    assert_eq!(open.viewer_protocol, ViewerProtocol::RedirectToHttps);
    assert_eq!(open.methods, ["GET", "HEAD"]);
    assert_eq!(
        open.forwarding.headers,
        Selection::Except(vec!["Host".to_owned()])
    );
    assert!(open.viewer_request.is_none());
    assert_eq!(default.viewer_protocol, ViewerProtocol::HttpsOnly);
    assert_eq!(default.methods.len(), 7);
    let function = default.viewer_request.as_ref().unwrap();
    assert_eq!(function.logical_id, "ViewerAddress");
    assert!(function.code.contains("x-viewer-ip"));
    assert_eq!(default.response_headers.add[0].name, "X-Own");
}

/// One template has the same addresses on every machine, and a Function's ARN
/// holds the name that the template gives it.
#[test]
fn names_of_the_edge_are_those_of_aws() {
    let stack = load(EDGE).unwrap();
    let outputs: Vec<_> = stack.outputs.iter().map(|one| one.value.as_str()).collect();
    let distribution = &stack.distributions[0];
    assert_eq!(
        outputs,
        [
            distribution.domain_name.as_str(),
            distribution.id.as_str(),
            "arn:aws:cloudfront::123456789012:function/serverless-payment-service-us-east-1-viewer",
        ]
    );
    let (id, end) = distribution.domain_name.split_once('.').unwrap();
    assert_eq!((id.len(), end), (14, "cloudfront.net"));
    assert_eq!(
        load(EDGE).unwrap().distributions[0].domain_name,
        distribution.domain_name
    );
}

/// The origin's secret is never shown.
#[test]
fn the_values_of_origin_headers_are_hidden() {
    let stack = load(EDGE).unwrap();
    let header = &stack.distributions[0].origins[0].headers[0];
    assert_eq!(header.value, "the-shared-secret");
    let shown = format!("{stack:?}");
    let parameters = format!("{:?}", stack.parameters);
    assert!(!shown.replace(&parameters, "").contains("the-shared-secret"));
    assert!(shown.contains("x-origin-verify"));
}

/// An error in code that holds a secret does not quote it.
#[test]
fn the_secret_in_the_code_of_a_function_is_hidden() {
    let error = load(&with(
        "FunctionCode: |\n",
        "FunctionCode: !Sub |\n        throw new Error('${OriginSecret}');\n",
    ));
    let error = error.unwrap_err().to_string();
    assert!(error.contains("cannot run FunctionCode"), "{error}");
    assert!(!error.contains("the-shared-secret"), "{error}");
}

/// What a condition takes away leaves nothing behind.
#[test]
fn parts_of_a_distribution_depend_on_conditions() {
    let stack = load(&with("!Equals [a, a]", "!Equals [a, b]")).unwrap();
    let distribution = &stack.distributions[0];
    assert!(distribution.origins[0].headers.is_empty());
    assert!(distribution.behaviors[1].viewer_request.is_none());
}

#[test]
fn distributions() {
    let secret = "HeaderName: x-origin-verify";
    let header = |name: &str| with(secret, &format!("HeaderName: {name}"));
    let methods = |methods: &str| {
        with(
            "[GET, HEAD, OPTIONS, PUT, PATCH, POST, DELETE]",
            &format!("[{methods}]"),
        )
    };
    let added = |text: &str| with("        Comment: Payments\n", &format!("        {text}\n"));
    let in_default = |text: &str| {
        with(
            "          ViewerProtocolPolicy: https-only\n",
            &format!("          ViewerProtocolPolicy: https-only\n          {text}\n"),
        )
    };
    let many: String = (0..11)
        .map(|n| format!("{{HeaderName: x-{n}, HeaderValue: x}}, "))
        .collect();
    let headers = |items: &str| {
        let start = EDGE.find("            OriginCustomHeaders:").unwrap();
        let end = EDGE.find("            CustomOriginConfig:").unwrap();
        let mut text = EDGE.to_owned();
        text.replace_range(
            start..end,
            &format!("            OriginCustomHeaders: [{items}]\n"),
        );
        text
    };
    let nearly = format!("'{}'", "v".repeat(1_783));
    let together: String = (0..6)
        .map(|n| format!("{{HeaderName: x-{n}, HeaderValue: {nearly}}}, "))
        .collect();
    let all = messages(&[
        ("disabled", with("Enabled: true", "Enabled: false")),
        (
            "origin elsewhere",
            with(
                "!Sub \"${Api}.execute-api.${AWS::Region}.${AWS::URLSuffix}\"",
                "example.com",
            ),
        ),
        (
            "slash at the end of the path",
            with("OriginPath: /prod", "OriginPath: /prod/"),
        ),
        (
            "no slash before the path",
            with("OriginPath: /prod", "OriginPath: prod"),
        ),
        (
            "origin over http",
            with("https-only, Origin", "http-only, Origin"),
        ),
        (
            "read timeout",
            with("OriginReadTimeout: 20", "OriginReadTimeout: 121"),
        ),
        ("old TLS", with("[TLSv1.2]", "[TLSv1]")),
        ("s3", with("OriginPath: /prod", "S3OriginConfig: {}")),
        ("host as origin header", header("Host")),
        ("amz as origin header", header("x-amz-secret")),
        ("edge as origin header", header("X-Edge-Secret")),
        ("cookie as origin header", header("cookie")),
        ("no header name", header("'x y'")),
        ("long header name", header(&"n".repeat(257))),
        (
            "long header value",
            headers(&format!(
                "{{HeaderName: a, HeaderValue: {}}}",
                "v".repeat(1_784)
            )),
        ),
        ("eleven origin headers", headers(&many)),
        ("long origin headers", headers(&together)),
        (
            "same origin header",
            headers("{HeaderName: a, HeaderValue: b}, {HeaderName: A, HeaderValue: b}"),
        ),
        (
            "two origins with one id",
            with(
                "        CacheBehaviors:",
                "          - {Id: rest, DomainName: !Sub \"${Api}.execute-api.${AWS::Region}.${AWS::URLSuffix}\", CustomOriginConfig: {OriginProtocolPolicy: https-only}}\n        CacheBehaviors:",
            ),
        ),
        (
            "unknown origin",
            with(
                "TargetOriginId: rest\n          ViewerProtocolPolicy: https-only",
                "TargetOriginId: rst\n          ViewerProtocolPolicy: https-only",
            ),
        ),
        ("post without the others", methods("GET, HEAD, POST")),
        (
            "cached methods",
            in_default("CachedMethods: [GET, HEAD, POST]"),
        ),
        (
            "protocol",
            with(
                "ViewerProtocolPolicy: https-only",
                "ViewerProtocolPolicy: https",
            ),
        ),
        (
            "caching",
            with(
                "CachePolicyId: 4135ea2d-6df8-44a3-9df3-4b5a84be39ad",
                "CachePolicyId: 658327ea-f89d-4fab-a63d-7e88639e58f6",
            ),
        ),
        (
            "old cache settings",
            in_default("ForwardedValues: {QueryString: true}"),
        ),
        (
            "origin request policy",
            with(
                "OriginRequestPolicyId: b689b0a8-53d0-40ab-baf2-68738e2966ac",
                "OriginRequestPolicyId: 59781a5b-3903-41f3-afcb-af62929ccde1",
            ),
        ),
        (
            "response headers policy",
            with(
                "ResponseHeadersPolicyId: !Ref Own",
                "ResponseHeadersPolicyId: 67f7725c-6f97-4210-82d7-5512b31e9d03",
            ),
        ),
        (
            "lambda at edge",
            in_default("LambdaFunctionAssociations: []"),
        ),
        (
            "function that is none",
            with(
                "FunctionARN: !GetAtt ViewerAddress.FunctionARN",
                "FunctionARN: !Ref Api",
            ),
        ),
        (
            "event of a function",
            with("EventType: viewer-request", "EventType: origin-request"),
        ),
        (
            "two functions",
            with(
                "            - - EventType: viewer-request\n",
                "            - - {EventType: viewer-request, FunctionARN: !Ref ViewerAddress}\n              - EventType: viewer-request\n",
            ),
        ),
        (
            "path pattern",
            with("PathPattern: /open/*", "PathPattern: /öffnen/*"),
        ),
        (
            "error pages",
            added("CustomErrorResponses: [{ErrorCode: 403}]"),
        ),
        (
            "countries",
            added("Restrictions: {GeoRestriction: {RestrictionType: whitelist, Locations: [DE]}}"),
        ),
        ("version of http", added("HttpVersion: http4")),
        (
            "alias without certificate",
            added("Aliases: [pay.example.com]"),
        ),
        (
            "certificate twice",
            with(
                "{CloudFrontDefaultCertificate: true}",
                "{CloudFrontDefaultCertificate: true, AcmCertificateArn: x}",
            ),
        ),
        (
            "web acl elsewhere",
            added("WebACLId: arn:aws:wafv2:us-east-1:123456789012:global/webacl/a/b"),
        ),
        ("unknown property", added("Coment: x")),
    ]);
    insta::assert_snapshot!(all);
}

#[test]
fn functions_and_policies() {
    let all = messages(&[
        (
            "unpublished",
            with("AutoPublish: true", "AutoPublish: false"),
        ),
        ("never published", with("      AutoPublish: true\n", "")),
        ("runtime", with("cloudfront-js-2.0", "nodejs22.x")),
        (
            "name",
            with(
                "${AWS::StackName}-${AWS::Region}-viewer",
                "${AWS::StackName}/viewer",
            ),
        ),
        (
            "long name",
            with("${AWS::StackName}-${AWS::Region}-viewer", &"n".repeat(65)),
        ),
        (
            "long code",
            with(
                "return event.request;",
                &format!("return event.request; // {}", "x".repeat(10 * 1024)),
            ),
        ),
        (
            "import",
            with(
                "        function handler",
                "        import cf from 'cloudfront';\n        function handler",
            ),
        ),
        (
            "require",
            with("return event.request;", "return require('crypto');"),
        ),
        (
            "syntax of the code",
            with(
                "return event.request;",
                "return event.request;;\n          }}",
            ),
        ),
        (
            "code without a handler",
            with("handler(event)", "handle(event)"),
        ),
        (
            "handler that is no function",
            with(
                "function handler",
                "var handler = 1;\n        function other",
            ),
        ),
        (
            "code that fails",
            with("function handler", "nothing();\n        function handler"),
        ),
        (
            "code that never ends",
            with("function handler", "for (;;) {}\n        function handler"),
        ),
        (
            "key value store",
            with(
                "Runtime: cloudfront-js-2.0",
                "Runtime: cloudfront-js-2.0, KeyValueStoreAssociations: []",
            ),
        ),
        ("cache policy that caches", with("MaxTTL: 0", "MaxTTL: 1")),
        (
            "behavior of headers",
            with("HeaderBehavior: allExcept", "HeaderBehavior: some"),
        ),
        (
            "headers that are not named",
            with(
                "HeaderBehavior: allExcept, Headers: [Host]",
                "HeaderBehavior: whitelist",
            ),
        ),
        (
            "country of the viewer",
            with("Headers: [Host]", "Headers: [CloudFront-Viewer-Country]"),
        ),
        ("cors", with("CustomHeadersConfig:", "CorsConfig:")),
        (
            "header that is none",
            with("Header: X-Own", "Header: 'X Own'"),
        ),
    ]);
    insta::assert_snapshot!(all);
}
