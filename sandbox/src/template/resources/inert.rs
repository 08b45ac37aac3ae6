//! Types without an effect on one machine. They are listed when a stack starts.

use super::{Effect, Kind, Naming};

/// An inert type whose name CloudFormation makes from stack and logical id.
const fn inert(
    name: &'static str,
    name_property: Option<&'static str>,
    reference: &'static str,
    attributes: &'static [(&'static str, &'static str)],
    reason: &'static str,
) -> Kind {
    Kind {
        name,
        name_property,
        naming: Naming::Stack { longest: 64 },
        reference,
        attributes,
        effect: Effect::Inert(reason),
    }
}

const ACCESS: &str = "nothing checks permissions on one machine";
const METRICS: &str = "there are no CloudWatch metrics on one machine";
const LOGS: &str = "logs go to the terminal";
const KEYS: &str = "nothing is encrypted at rest on one machine";

pub(super) const KINDS: &[Kind] = &[
    inert(
        "AWS::ApiGateway::Account",
        None,
        "{name}",
        &[("Id", "{name}")],
        "access logging of API Gateway is not simulated",
    ),
    Kind {
        naming: Naming::Short(6),
        ..inert(
            "AWS::ApiGateway::Deployment",
            None,
            "{name}",
            &[("DeploymentId", "{name}")],
            "AWS::Serverless::Api deploys itself",
        )
    },
    inert(
        "AWS::ApiGateway::Stage",
        Some("StageName"),
        "{name}",
        &[],
        "AWS::Serverless::Api brings its own stage",
    ),
    inert(
        "AWS::Budgets::Budget",
        None,
        "{name}",
        &[],
        "nothing costs anything on one machine",
    ),
    inert(
        "AWS::CloudWatch::Alarm",
        Some("AlarmName"),
        "{name}",
        &[(
            "Arn",
            "arn:{partition}:cloudwatch:{region}:{account}:alarm:{name}",
        )],
        METRICS,
    ),
    inert(
        "AWS::CloudWatch::AnomalyDetector",
        None,
        "{name}",
        &[("Id", "{uuid}")],
        METRICS,
    ),
    inert(
        "AWS::CloudWatch::CompositeAlarm",
        Some("AlarmName"),
        "{name}",
        &[(
            "Arn",
            "arn:{partition}:cloudwatch:{region}:{account}:alarm:{name}",
        )],
        METRICS,
    ),
    inert(
        "AWS::CloudWatch::Dashboard",
        Some("DashboardName"),
        "{name}",
        &[],
        METRICS,
    ),
    inert(
        "AWS::IAM::ManagedPolicy",
        Some("ManagedPolicyName"),
        "arn:{partition}:iam::{account}:policy/{name}",
        &[("PolicyArn", "arn:{partition}:iam::{account}:policy/{name}")],
        ACCESS,
    ),
    inert(
        "AWS::IAM::Policy",
        Some("PolicyName"),
        "{name}",
        &[("Id", "{uuid}")],
        ACCESS,
    ),
    inert(
        "AWS::IAM::Role",
        Some("RoleName"),
        "{name}",
        &[
            ("Arn", "arn:{partition}:iam::{account}:role/{name}"),
            ("RoleId", "AROA{short}"),
        ],
        ACCESS,
    ),
    inert(
        "AWS::IAM::RolePolicy",
        Some("PolicyName"),
        "{name}",
        &[],
        ACCESS,
    ),
    inert("AWS::KMS::Alias", Some("AliasName"), "{name}", &[], KEYS),
    Kind {
        naming: Naming::Uuid,
        ..inert(
            "AWS::KMS::Key",
            None,
            "{name}",
            &[
                ("Arn", "arn:{partition}:kms:{region}:{account}:key/{name}"),
                ("KeyId", "{name}"),
            ],
            KEYS,
        )
    },
    inert(
        "AWS::Lambda::Permission",
        None,
        "{name}",
        &[("Id", "{name}")],
        ACCESS,
    ),
    inert(
        "AWS::Logs::LogGroup",
        Some("LogGroupName"),
        "{name}",
        &[(
            "Arn",
            "arn:{partition}:logs:{region}:{account}:log-group:{name}:*",
        )],
        LOGS,
    ),
    inert(
        "AWS::Logs::MetricFilter",
        Some("FilterName"),
        "{name}",
        &[],
        METRICS,
    ),
    inert(
        "AWS::Logs::QueryDefinition",
        None,
        "{uuid}",
        &[("QueryDefinitionId", "{uuid}")],
        LOGS,
    ),
    inert(
        "AWS::SNS::TopicPolicy",
        None,
        "{name}",
        &[("Id", "{name}")],
        ACCESS,
    ),
    inert(
        "AWS::SQS::QueuePolicy",
        None,
        "{name}",
        &[("Id", "{name}")],
        ACCESS,
    ),
];
