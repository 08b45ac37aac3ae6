//! The names that are promised: people have them in commands, in stacks that run,
//! and in code. Each is there from a step on, and stays.

use std::collections::BTreeSet;

use sandbox::template::{Node, Position};

use super::subject::{Finding, Subject, at, text};

const RULE: &str = "contract";
const HELP: &str = "keep to the names of the service; a new one is added to contract.rs with the step that it begins in";

/// The step it begins in, its name, and its default.
type Parameter = (&'static str, &'static str, Option<&'static str>);

const PARAMETERS: &[Parameter] = &[
    ("01", "StageName", Some("prod")),
    ("01", "Architecture", Some("arm64")),
    ("02", "StripeEndpointSecret", None),
    ("02", "StripeToleranceSeconds", Some("300")),
    ("02", "SigningSecret", None),
    ("04", "ConnectionsEndpoint", Some("")),
    ("05", "EnableWebhookIpAllowList", Some("false")),
    ("05", "AllowedWebhookCidrs", Some("192.0.2.0/24")),
    ("05", "AllowedWebhookIpv6Cidrs", Some("2001:db8::/32")),
    ("final", "WebhookSecretsArn", Some("")),
    ("final", "LogLevel", Some("INFO")),
    ("final", "LogRetentionDays", Some("30")),
    ("final", "AlarmEmail", Some("")),
    ("final", "WebhookRateLimit", Some("1000")),
    ("final", "WebhookBurstLimit", Some("2000")),
    ("final", "WebSocketRateLimit", Some("500")),
    ("final", "WebSocketBurstLimit", Some("5000")),
    ("final", "WebhookReservedConcurrency", Some("0")),
    ("final", "EnableApiAccessLogs", Some("false")),
    ("final", "EnableTracing", Some("false")),
];

const OUTPUTS: &[(&str, &str)] = &[
    ("01", "RestApiInvokeUrl"),
    ("04", "WebSocketApiUrl"),
    ("04", "FailureQueueUrl"),
    ("04", "BroadcasterFunctionName"),
    ("05", "CloudFrontDomainName"),
];

/// A stack can be updated from step to step, so no resource ever gets another id.
const RESOURCES: &[(&str, &str)] = &[
    ("01", "Api"),
    ("01", "PaymentWebhookHandler"),
    ("03", "PaymentEventsTopic"),
    ("04", "WebSocketApi"),
    ("04", "ConnectionsTable"),
    ("04", "BroadcastFailures"),
    ("04", "BroadcastFailuresPolicy"),
    ("04", "PaymentConnections"),
    ("04", "PaymentBroadcaster"),
    ("05", "Distribution"),
    ("05", "ViewerAddress"),
    ("05", "OriginSecret"),
    ("05", "AllowedIpv4"),
    ("05", "AllowedIpv6"),
    ("05", "WebhookAllowList"),
    ("05", "WebhookAllowListAssociation"),
    ("final", "PaymentEventsTopicPolicy"),
    ("final", "WebhookLogs"),
    ("final", "ConnectionsLogs"),
    ("final", "BroadcasterLogs"),
    ("final", "ApiLogs"),
    ("final", "AlarmTopic"),
    ("final", "AlarmTopicPolicy"),
    ("final", "AlarmMail"),
    ("final", "WebhookErrors"),
    ("final", "WebhookThrottles"),
    ("final", "Webhook5xx"),
    ("final", "RejectedSignatures"),
    ("final", "SecretReadFailures"),
    ("final", "ConnectionsErrors"),
    ("final", "BroadcasterErrors"),
    ("final", "UnreachedClients"),
    ("final", "FailureQueueDepth"),
    ("final", "FailureQueueAge"),
    ("final", "TableThrottles"),
    ("final", "Dashboard"),
];

const ENVIRONMENT: &[(&str, &str, &str)] = &[
    ("02", "PaymentWebhookHandler", "STRIPE_ENDPOINT_SECRET"),
    ("02", "PaymentWebhookHandler", "STRIPE_TOLERANCE_SECONDS"),
    ("02", "PaymentWebhookHandler", "SIGNING_SECRET"),
    ("03", "PaymentWebhookHandler", "TOPIC_ARN"),
    ("final", "PaymentWebhookHandler", "WEBHOOK_SECRETS_ARN"),
    ("04", "PaymentConnections", "TABLE_NAME"),
    ("04", "PaymentBroadcaster", "TABLE_NAME"),
    ("04", "PaymentBroadcaster", "FAILURE_QUEUE_URL"),
    (
        "04",
        "PaymentBroadcaster",
        "AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI",
    ),
];

/// Names in the account, which two stacks cannot both have.
const PHYSICAL_NAMES: &[&str] = &[
    "AlarmName",
    "BucketName",
    "DashboardName",
    "FunctionName",
    "LogGroupName",
    "Name",
    "QueueName",
    "RoleName",
    "TableName",
    "TopicName",
];

/// Parameters, outputs, logical ids and variables: all that are promised, no other.
pub fn names_are_those_of_the_design(subject: &Subject, findings: &mut Vec<Finding>) {
    let mut check = Check { subject, findings };
    check.section(
        "Parameters",
        PARAMETERS.iter().map(|(from, name, _)| (*from, *name)),
    );
    check.section("Outputs", OUTPUTS.iter().copied());
    check.section("Resources", RESOURCES.iter().copied());
    check.defaults();
    check.environment();
    check.physical_names();
}

struct Check<'a> {
    subject: &'a Subject,
    findings: &'a mut Vec<Finding>,
}

impl Check<'_> {
    fn say(&mut self, at: Position, what: &str, message: impl Into<String>) {
        let finding = self
            .subject
            .written
            .finding(RULE, (at, what), message, HELP);
        self.findings.push(finding);
    }

    fn section<'a>(&mut self, name: &str, promised: impl Iterator<Item = (&'a str, &'a str)>) {
        let number = self.subject.number.as_str();
        let promised: BTreeSet<&str> = promised
            .filter(|(from, _)| *from <= number)
            .map(|(_, name)| name)
            .collect();
        let written = self.subject.written.section(name);
        for entry in written {
            if !promised.contains(entry.key.as_str()) {
                let message = "is not a name of the service in this step";
                self.say(entry.at, &format!("{name} {}", entry.key), message);
            }
        }
        for promised in promised {
            if !written.iter().any(|entry| entry.key == promised) {
                let at = Position { line: 1, column: 1 };
                self.say(at, &format!("{name} {promised}"), "is missing");
            }
        }
    }

    /// A parameter without a default is asked for by `sam deploy --guided`: those
    /// are the secrets, which are hidden.
    fn defaults(&mut self) {
        for entry in self.subject.written.section("Parameters") {
            let mut of_name = PARAMETERS.iter().filter(|(_, name, _)| *name == entry.key);
            let Some((_, _, promised)) = of_name.next() else {
                continue;
            };
            let what = format!("Parameters {}", entry.key);
            let default = text(&entry.value, &["Default"]);
            if default != *promised {
                let shown = |value: Option<&str>| value.map_or("none".into(), |v| format!("`{v}`"));
                let (default, promised) = (shown(default), shown(*promised));
                let message = format!("has the default {default}, and {promised} is promised");
                self.say(entry.at, &what, message);
            }
            let hidden = text(&entry.value, &["NoEcho"]) == Some("true");
            if hidden != promised.is_none() {
                self.say(entry.at, &what, "secrets are NoEcho, and nothing else is");
            }
        }
    }

    fn environment(&mut self) {
        let subject = self.subject;
        for (id, function) in subject.written.of_type("AWS::Serverless::Function") {
            let variables = at(function, &["Environment", "Variables"]);
            let written = variables.map_or(&[][..], Node::entries);
            let promised: BTreeSet<&str> = ENVIRONMENT
                .iter()
                .filter(|(from, of, _)| *of == id && *from <= subject.number.as_str())
                .map(|(_, _, name)| *name)
                .collect();
            let what = format!("resource {id}");
            for entry in written {
                if !promised.contains(entry.key.as_str()) {
                    let message = format!("{} is not a variable of it in this step", entry.key);
                    self.say(entry.at, &what, message);
                }
            }
            for name in promised {
                if !written.iter().any(|entry| entry.key == name) {
                    let message = format!("its variable {name} is missing");
                    self.say(function.at, &what, message);
                }
            }
        }
    }

    /// Two stacks in one account, and a resource that is replaced, need names that
    /// CloudFormation makes; or that have stack and region in them.
    fn physical_names(&mut self) {
        for entry in self.subject.written.resources() {
            let properties = entry.value.get("Properties").map_or(&[][..], Node::entries);
            for property in properties {
                let own = PHYSICAL_NAMES.contains(&property.key.as_str());
                let made = text(&property.value, &["Fn::Sub"]).is_some_and(|name| {
                    name.contains("${AWS::StackName}") && name.contains("${AWS::Region}")
                });
                if own && !made {
                    let place = (property.at, &*format!("resource {}", entry.key));
                    let message = format!("has a {} of its own", property.key);
                    let help = "leave it out: CloudFormation makes one for each stack";
                    let finding = self.subject.written.finding(RULE, place, message, help);
                    self.findings.push(finding);
                }
            }
        }
    }
}
