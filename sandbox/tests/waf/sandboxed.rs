//! A web ACL in a running sandbox, switched on and off by a parameter.

use std::collections::BTreeMap;

use sandbox::{Options, Sandbox};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const TEMPLATE: &str = r#"
Transform: AWS::Serverless-2016-10-31
Parameters:
  Protect: {Type: String, Default: "false", AllowedValues: ["true", "false"]}
  Allowed: {Type: CommaDelimitedList, Default: "192.0.2.0/24, 198.51.100.0/24"}
Conditions:
  Protected: !Equals [!Ref Protect, "true"]
Resources:
  Api: {Type: AWS::Serverless::Api, Properties: {StageName: prod, OpenApiVersion: 3.0.1}}
  Friends:
    Type: AWS::WAFv2::IPSet
    Condition: Protected
    Properties: {Scope: REGIONAL, IPAddressVersion: IPV4, Addresses: !Ref Allowed}
  Acl:
    Type: AWS::WAFv2::WebACL
    Condition: Protected
    Properties:
      Scope: REGIONAL
      DefaultAction: {Block: {}}
      VisibilityConfig: &visible {CloudWatchMetricsEnabled: true, SampledRequestsEnabled: true, MetricName: acl}
      Rules:
        - Name: friends
          Priority: 0
          Action: {Allow: {}}
          VisibilityConfig: *visible
          Statement: {IPSetReferenceStatement: {Arn: !GetAtt Friends.Arn}}
  Association:
    Type: AWS::WAFv2::WebACLAssociation
    Condition: Protected
    Properties:
      WebACLArn: !GetAtt Acl.Arn
      ResourceArn: !Sub arn:${AWS::Partition}:apigateway:${AWS::Region}::/restapis/${Api}/stages/${Api.Stage}
Outputs:
  Url: {Value: !Sub "https://${Api}.execute-api.${AWS::Region}.${AWS::URLSuffix}/${Api.Stage}"}
"#;

/// The error type that someone at an address gets. Nothing is routed here, so
/// who passes the web ACL gets another one.
async fn error_type(sandbox: &Sandbox, from: &str) -> String {
    let url = sandbox.output("Url").unwrap();
    let host = url.strip_prefix("http://").unwrap().split('/').next();
    let mut stream = TcpStream::connect(host.unwrap()).await.unwrap();
    let request = format!("GET /prod/x HTTP/1.0\r\nx-sandbox-viewer: {from}\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let line = answer
        .lines()
        .find_map(|line| line.strip_prefix("x-amzn-ErrorType: "));
    line.unwrap_or_else(|| panic!("{answer}")).to_owned()
}

#[tokio::test]
async fn a_web_acl_comes_and_goes_with_its_condition() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("template.yaml");
    std::fs::write(&path, TEMPLATE).unwrap();
    let sandbox = Sandbox::start(Options::new(&path)).await.unwrap();
    let passed = "MissingAuthenticationTokenException";
    assert_eq!(error_type(&sandbox, "203.0.113.9").await, passed);
    let on = BTreeMap::from([("Protect".to_owned(), "true".to_owned())]);
    sandbox.reload(&on, &BTreeMap::new()).await.unwrap();
    assert_eq!(
        error_type(&sandbox, "203.0.113.9").await,
        "ForbiddenException"
    );
    assert_eq!(error_type(&sandbox, "198.51.100.1").await, passed);
    sandbox
        .reload(&BTreeMap::new(), &BTreeMap::new())
        .await
        .unwrap();
    assert_eq!(error_type(&sandbox, "203.0.113.9").await, passed);
    sandbox.shutdown().await;
}
