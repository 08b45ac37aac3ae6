//! What each type of resource bills while nobody uses it, and what it leaves
//! behind: the one place for this in the repository.
//!
//! Prices are list prices of us-east-1 in November 2026, without free tiers.

/// Types of which the same is true.
pub struct Kind {
    /// E.g. `AWS::WAFv2::WebACL`.
    pub types: &'static [&'static str],
    /// What people call it.
    pub name: &'static str,
    /// Billed by the month, used or not.
    pub monthly: &'static [Monthly],
    /// What is stored in it and billed by its size.
    pub stored: &'static [(When, &'static str)],
    /// What is billed when it is used; `None` if nothing ever is.
    pub used: Option<&'static str>,
    /// AWS's pages about the price.
    pub sources: &'static [&'static str],
    /// What stays when the stack is deleted, whatever its `DeletionPolicy`.
    pub leaves: &'static [Left],
}

/// A price by the month.
pub struct Monthly {
    /// Cents for each.
    pub cents: u32,
    /// Whether the price was read at second hand only, not on AWS's own page.
    pub about: bool,
    /// What there is one or several of.
    pub each: Each,
}

/// What a monthly price is for.
#[derive(Clone, Copy)]
pub enum Each {
    /// The resource itself.
    Resource,
    /// An item of the list property `of`, called `name`.
    Item {
        /// Name of the property.
        of: &'static str,
        /// What people call an item.
        name: &'static str,
    },
    /// A metric that an alarm watches: one, or those of its metric math.
    Metric,
}

/// Something that outlives the stack.
pub struct Left {
    /// When it does.
    pub when: When,
    /// What stays. `{id}` is the logical id.
    pub what: &'static str,
    /// Why.
    pub why: &'static str,
    /// What it costs.
    pub cost: &'static str,
}

/// A condition on a property, named by its path.
#[derive(Clone, Copy)]
pub enum When {
    /// Whatever the properties say.
    Always,
    /// The property is there, and not `false`.
    Has(&'static str),
    /// It is not.
    Lacks(&'static str),
}

const NOTHING: Kind = Kind {
    types: &[],
    name: "",
    monthly: &[],
    stored: &[],
    used: None,
    sources: &[],
    leaves: &[],
};

const API_GATEWAY: &str = "https://aws.amazon.com/api-gateway/pricing/";
const CLOUDFRONT: &str = "https://aws.amazon.com/cloudfront/pricing/";
const CLOUDWATCH: &str = "https://aws.amazon.com/cloudwatch/pricing/";
const LAMBDA: &str = "https://aws.amazon.com/lambda/pricing/";
const SNS: &str = "https://aws.amazon.com/sns/pricing/";
const WAF: &str = "https://aws.amazon.com/waf/pricing/";

const LINES: &str = "lines, by the GB";
const OWN_LOGS: When = When::Lacks("LoggingConfig.LogGroup");
const RECOVERY: When = When::Has("PointInTimeRecoverySpecification.PointInTimeRecoveryEnabled");
const ACCOUNT_ROLE: &str = "the role by which API Gateway writes logs, if you have set one";
const OF_THE_ACCOUNT: &str = "it is a setting of the whole account";

/// All that is known.
pub const KINDS: &[Kind] = &[
    Kind {
        types: &["AWS::Serverless::Function", "AWS::Lambda::Function"],
        name: "function",
        stored: &[(
            OWN_LOGS,
            "lines in the log group that Lambda makes, by the GB",
        )],
        used: Some("requests, and time in which code runs"),
        sources: &[LAMBDA, CLOUDWATCH],
        leaves: &[Left {
            when: OWN_LOGS,
            what: "log group /aws/lambda/…{id}…",
            why: "Lambda makes it with the first line that is logged, CloudFormation does not know it, and it keeps its lines",
            cost: "what is stored, for ever",
        }],
        ..NOTHING
    },
    Kind {
        types: &["AWS::Serverless::Api", "AWS::ApiGateway::RestApi"],
        name: "REST API",
        used: Some("requests"),
        sources: &[API_GATEWAY],
        leaves: &[Left {
            when: When::Has("AccessLogSetting"),
            what: ACCOUNT_ROLE,
            why: OF_THE_ACCOUNT,
            cost: "nothing",
        }],
        ..NOTHING
    },
    Kind {
        types: &["AWS::Serverless::WebSocketApi"],
        name: "WebSocket API",
        used: Some("messages, and the minutes that clients are connected"),
        sources: &[API_GATEWAY],
        leaves: &[Left {
            when: When::Has("AccessLogSettings"),
            what: ACCOUNT_ROLE,
            why: OF_THE_ACCOUNT,
            cost: "nothing",
        }],
        ..NOTHING
    },
    Kind {
        types: &["AWS::SNS::Topic"],
        name: "topic",
        used: Some("publishes"),
        sources: &[SNS],
        ..NOTHING
    },
    Kind {
        types: &["AWS::SQS::Queue"],
        name: "queue",
        used: Some("requests"),
        sources: &["https://aws.amazon.com/sqs/pricing/"],
        ..NOTHING
    },
    Kind {
        types: &["AWS::DynamoDB::Table"],
        name: "table",
        stored: &[
            (When::Always, "rows, at $0.25 for a GB"),
            (
                RECOVERY,
                "what it could be set back to, by the size of the table",
            ),
        ],
        used: Some("reads and writes"),
        sources: &["https://aws.amazon.com/dynamodb/pricing/on-demand/"],
        leaves: &[Left {
            when: RECOVERY,
            what: "a last backup of {id}",
            why: "DynamoDB keeps one of a table with point-in-time recovery for 35 days",
            cost: "nothing",
        }],
        ..NOTHING
    },
    Kind {
        types: &["AWS::CloudFront::Distribution"],
        name: "distribution",
        used: Some("requests and bytes"),
        sources: &[CLOUDFRONT],
        ..NOTHING
    },
    Kind {
        types: &["AWS::CloudFront::Function"],
        name: "CloudFront Function",
        used: Some("requests"),
        sources: &[CLOUDFRONT],
        ..NOTHING
    },
    Kind {
        types: &["AWS::WAFv2::WebACL"],
        name: "web ACL",
        monthly: &[
            Monthly {
                cents: 500,
                about: false,
                each: Each::Resource,
            },
            Monthly {
                cents: 100,
                about: false,
                each: Each::Item {
                    of: "Rules",
                    name: "rule",
                },
            },
        ],
        used: Some("requests"),
        sources: &[WAF],
        ..NOTHING
    },
    // CloudFormation deletes a secret without the days in which it could be
    // restored ("DeletionPolicy attribute", under `Delete`), so none is left.
    Kind {
        types: &["AWS::SecretsManager::Secret"],
        name: "secret",
        monthly: &[Monthly {
            cents: 40,
            about: true,
            each: Each::Resource,
        }],
        used: Some("requests"),
        sources: &["https://aws.amazon.com/secrets-manager/pricing/"],
        ..NOTHING
    },
    Kind {
        types: &["AWS::CloudWatch::Alarm"],
        name: "alarm",
        monthly: &[Monthly {
            cents: 10,
            about: true,
            each: Each::Metric,
        }],
        sources: &[CLOUDWATCH],
        ..NOTHING
    },
    Kind {
        types: &["AWS::CloudWatch::Dashboard"],
        name: "dashboard",
        monthly: &[Monthly {
            cents: 300,
            about: true,
            each: Each::Resource,
        }],
        sources: &[CLOUDWATCH],
        ..NOTHING
    },
    Kind {
        types: &["AWS::Logs::LogGroup"],
        name: "log group",
        stored: &[(When::Always, LINES)],
        used: Some(LINES),
        sources: &[CLOUDWATCH],
        ..NOTHING
    },
    Kind {
        types: &["AWS::KMS::Key"],
        name: "key",
        monthly: &[Monthly {
            cents: 100,
            about: true,
            each: Each::Resource,
        }],
        used: Some("requests"),
        sources: &["https://aws.amazon.com/kms/pricing/"],
        leaves: &[Left {
            when: When::Always,
            what: "{id}, until its waiting period is over",
            why: "KMS deletes a key 30 days later, or after PendingWindowInDays",
            cost: "nothing while it waits",
        }],
        ..NOTHING
    },
    // Parts and settings of something else, which is billed in their place.
    Kind {
        types: &[
            "AWS::ApiGateway::Account",
            "AWS::ApiGateway::Deployment",
            "AWS::ApiGateway::Stage",
            "AWS::ApiGatewayV2::Integration",
            "AWS::ApiGatewayV2::Route",
            "AWS::ApiGatewayV2::Stage",
            "AWS::CloudFront::CachePolicy",
            "AWS::CloudFront::OriginRequestPolicy",
            "AWS::CloudFront::ResponseHeadersPolicy",
            "AWS::IAM::ManagedPolicy",
            "AWS::IAM::Policy",
            "AWS::IAM::Role",
            "AWS::IAM::RolePolicy",
            "AWS::KMS::Alias",
            "AWS::Lambda::EventInvokeConfig",
            "AWS::Lambda::Permission",
            "AWS::Logs::MetricFilter",
            "AWS::Logs::QueryDefinition",
            "AWS::SNS::Subscription",
            "AWS::SNS::TopicPolicy",
            "AWS::SQS::QueuePolicy",
            "AWS::WAFv2::IPSet",
            "AWS::WAFv2::WebACLAssociation",
        ],
        ..NOTHING
    },
];

/// What stays of every stack that `sam deploy` made.
pub const BESIDE: &[Left] = &[
    Left {
        when: When::Always,
        what: "SAM's bucket, and its stack aws-sam-cli-managed-default",
        why: "it is for all that SAM deploys in this region, and keeps older versions of what is deleted",
        cost: "a few MB a deploy, for ever",
    },
    Left {
        when: When::Always,
        what: "what was measured",
        why: "metrics cannot be deleted, CloudWatch lets them expire",
        cost: "nothing",
    },
];
