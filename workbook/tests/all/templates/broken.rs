//! Each rule can fail: one edit to a template, and what is said of it.

use std::fmt::Write;

use super::subject::{Subject, Tree};
use super::{exceptions, findings};

enum File {
    /// The template.
    Written,
    /// What SAM would make of it after the edit.
    Expanded,
}
use File::{Expanded, Written};

/// What is wrong, in which step, in which file, and the edit.
type Broken = (&'static str, &'static str, File, &'static str, &'static str);

const BROKEN: &[Broken] = &[
    (
        "all actions of a service",
        "04",
        Written,
        "Action: execute-api:ManageConnections",
        "Action: execute-api:*",
    ),
    (
        "all actions but some",
        "04",
        Written,
        "Action: [dynamodb:Scan, dynamodb:DeleteItem]",
        "NotAction: [dynamodb:DeleteTable]",
    ),
    (
        "everybody may write to the queue",
        "04",
        Written,
        "Principal:\n              Service: sns.amazonaws.com\n",
        "Principal: \"*\"\n",
    ),
    (
        "any resource",
        "04",
        Written,
        "Action: [dynamodb:Scan, dynamodb:DeleteItem]\n              Resource: !GetAtt ConnectionsTable.Arn",
        "Action: [dynamodb:Scan, dynamodb:DeleteItem]\n              Resource: \"*\"",
    ),
    (
        "a policy of SAM for any topic",
        "03",
        Expanded,
        "${AWS::AccountId}:${topicName}",
        "${AWS::AccountId}:*",
    ),
    (
        "a policy of AWS that allows everything",
        "02",
        Expanded,
        "policy/service-role/AWSLambdaBasicExecutionRole",
        "policy/AWSLambda_FullAccess",
    ),
    (
        "every topic may invoke the function",
        "04",
        Expanded,
        "      Principal: sns.amazonaws.com\n      SourceArn:\n        Ref: PaymentEventsTopic\n",
        "      Principal: sns.amazonaws.com\n",
    ),
    (
        "every alarm may be published",
        "final",
        Expanded,
        "aws:SourceAccount:",
        "aws:RequestedRegion:",
    ),
    (
        "an action that the code does not call",
        "04",
        Expanded,
        "            - dynamodb:Scan\n",
        "            - dynamodb:Scan\n            - dynamodb:Query\n",
    ),
    (
        "a call that is not allowed",
        "04",
        Expanded,
        "            - dynamodb:PutItem\n",
        "",
    ),
    (
        "a function whose binary is not there",
        "01",
        Expanded,
        "Binary: step-01-webhook",
        "Binary: step-01-webhooks",
    ),
    (
        "no dead-letter queue for the subscription",
        "04",
        Expanded,
        "      RedrivePolicy:\n        deadLetterTargetArn:\n          Fn::GetAtt:\n          - BroadcastFailures\n          - Arn\n",
        "",
    ),
    (
        "a dead-letter queue that another topic may write to",
        "05",
        Expanded,
        "              aws:SourceArn:\n                Ref: PaymentEventsTopic\n",
        "              aws:SourceArn:\n                Ref: OtherTopic\n",
    ),
    (
        "a dead-letter queue under a key that SNS may not use",
        "final",
        Expanded,
        "SqsManagedSseEnabled: true",
        "KmsMasterKeyId: alias/aws/sqs",
    ),
    (
        "no failure destination",
        "04",
        Expanded,
        "        OnFailure:\n",
        "        OnSuccess:\n",
    ),
    (
        "a failure destination that is not there",
        "final",
        Expanded,
        "          Destination:\n            Fn::GetAtt:\n            - BroadcastFailures\n",
        "          Destination:\n            Fn::GetAtt:\n            - BroadcastsFailed\n",
    ),
    (
        "a failure destination that the role may not write to",
        "04",
        Expanded,
        "        - PaymentBroadcasterRole\n",
        "        - PaymentConnectionsRole\n",
    ),
    (
        "a function without a log group",
        "final",
        Expanded,
        "        LogGroup:\n          Ref: BroadcasterLogs\n",
        "",
    ),
    (
        "a log group that keeps everything",
        "final",
        Expanded,
        "    Condition: ApiAccessLogsEnabled\n    UpdateReplacePolicy: Delete\n    DeletionPolicy: Delete\n    Properties:\n      RetentionInDays:",
        "    Condition: ApiAccessLogsEnabled\n    UpdateReplacePolicy: Delete\n    DeletionPolicy: Delete\n    Properties:\n      Retention:",
    ),
    (
        "no OpenApiVersion",
        "01",
        Written,
        "      OpenApiVersion: 3.0.1\n",
        "",
    ),
    (
        "the stage that SAM makes without it",
        "01",
        Expanded,
        "      Description: 'RestApi deployment id: HASH'\n",
        "      StageName: Stage\n",
    ),
    (
        "a second stage",
        "04",
        Expanded,
        "  WebSocketApiStage:\n",
        "  WebSocketApiTestStage:\n    Type: AWS::ApiGatewayV2::Stage\n    Properties: { ApiId: { Ref: WebSocketApi }, StageName: test }\n  WebSocketApiStage:\n",
    ),
    (
        "a web ACL on a stage that is not there",
        "05",
        Expanded,
        "/stages/${ApiStage}",
        "/stages/Prod",
    ),
    (
        "a parameter with another name",
        "02",
        Written,
        "  SigningSecret:\n    Type",
        "  HmacSecret:\n    Type",
    ),
    (
        "a parameter with another default",
        "05",
        Written,
        "Default: 192.0.2.0/24",
        "Default: 0.0.0.0/0",
    ),
    (
        "a secret that is shown",
        "02",
        Written,
        "  SigningSecret:\n    Type: String\n    NoEcho: true\n",
        "  SigningSecret:\n    Type: String\n",
    ),
    (
        "an output with another name",
        "04",
        Written,
        "  WebSocketApiUrl:",
        "  WebSocketUrl:",
    ),
    (
        "a resource with another logical id",
        "05",
        Written,
        "  WebhookAllowListAssociation:\n",
        "  AllowListAssociation:\n",
    ),
    (
        "a variable with another name",
        "03",
        Written,
        "TOPIC_ARN:",
        "SNS_TOPIC_ARN:",
    ),
    (
        "a name in the account",
        "03",
        Written,
        "    Type: AWS::SNS::Topic\n",
        "    Type: AWS::SNS::Topic\n    Properties:\n      TopicName: payments\n",
    ),
];

#[test]
fn each_broken_template_is_found_with_its_place_and_the_way_out() {
    let subjects = Subject::all();
    let mut told = String::new();
    for (what, step, file, from, to) in BROKEN {
        let subject = subjects.iter().find(|one| one.number == *step).unwrap();
        let mut broken = subject.clone();
        let tree = match file {
            Written => &mut broken.written,
            Expanded => &mut broken.expanded,
        };
        let found = tree.text.matches(from).count();
        assert_eq!(
            found, 1,
            "{what}: the edit has {found} places in {}",
            tree.file
        );
        *tree = Tree::new(tree.file.clone(), tree.text.replace(from, to));

        writeln!(told, "--- {what}").unwrap();
        let findings = findings(&broken);
        let mut new = findings
            .iter()
            .filter(|finding| exceptions::of(&broken, finding).is_none())
            .peekable();
        assert!(new.peek().is_some(), "{what}: nothing is found");
        for finding in new {
            writeln!(told, "{finding}").unwrap();
        }
    }
    insta::assert_snapshot!(told);
}
