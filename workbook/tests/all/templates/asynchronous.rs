//! What nobody waits for must not be lost, and logs must not be kept for ever.

use std::collections::BTreeSet;

use sandbox::template::Node;

use super::subject::{Finding, Subject, at, items, mentions, target, text};

const RULE: &str = "asynchronous path";

/// Each subscription has a dead-letter queue that SNS may write to; each function
/// that is invoked asynchronously has a failure destination that it may write to.
pub fn failures_are_kept(subject: &Subject, findings: &mut Vec<Finding>) {
    for (id, subscription) in subject.expanded.of_type("AWS::SNS::Subscription") {
        let mut say = |near: &str, message: String, help: &'static str| {
            findings.push(subject.finding(RULE, id, near, message, help));
        };
        let dead_letter = at(subscription, &["RedrivePolicy", "deadLetterTargetArn"]);
        let topic = subscription.get("TopicArn").and_then(target);
        match queue(subject, dead_letter) {
            Err(why) => say(
                "deadLetterTargetArn",
                format!("what SNS cannot hand over is lost: {why}"),
                "give it a RedrivePolicy with a queue as deadLetterTargetArn",
            ),
            Ok(queue) if !may_write(subject, queue, topic) => say(
                "deadLetterTargetArn",
                format!("SNS may not write to {queue}, so that it loses what it cannot hand over"),
                "add an AWS::SQS::QueuePolicy that allows sns.amazonaws.com sqs:SendMessage with the topic as aws:SourceArn",
            ),
            Ok(queue) if is_under_a_key(subject, queue) => say(
                "deadLetterTargetArn",
                format!("{queue} is encrypted with a key of KMS that SNS may not use"),
                "write SqsManagedSseEnabled in place of KmsMasterKeyId",
            ),
            Ok(_) => {}
        }
    }
    for function in invoked_asynchronously(subject) {
        let mut say = |near: &str, message: String, help: &'static str| {
            findings.push(subject.finding(RULE, function, near, message, help));
        };
        let mut configs = subject.expanded.of_type("AWS::Lambda::EventInvokeConfig");
        let config = configs
            .find(|(_, config)| config.get("FunctionName").and_then(target) == Some(function));
        let destination = config
            .and_then(|(_, config)| at(config, &["DestinationConfig", "OnFailure", "Destination"]));
        match queue(subject, destination) {
            Err(why) => say(
                "EventInvokeConfig",
                format!("an event that it fails on is lost: {why}"),
                "give it an EventInvokeConfig with a queue as OnFailure",
            ),
            Ok(queue) if !role_may_send(subject, function, queue) => say(
                "OnFailure",
                format!("its role may not write to {queue}, so that Lambda loses what it fails on"),
                "allow its role sqs:SendMessage on the queue",
            ),
            Ok(_) => {}
        }
    }
}

/// The functions that a service other than API Gateway invokes: none waits.
fn invoked_asynchronously(subject: &Subject) -> BTreeSet<&str> {
    let permissions = subject.expanded.of_type("AWS::Lambda::Permission");
    let others = permissions.filter(|(_, permission)| {
        text(permission, &["Principal"]) != Some("apigateway.amazonaws.com")
    });
    others
        .filter_map(|(_, permission)| target(permission.get("FunctionName")?))
        .collect()
}

/// The queue of the template that a value is, or why it is none.
fn queue<'a>(subject: &'a Subject, value: Option<&'a Node>) -> Result<&'a str, String> {
    let value = value.ok_or("there is no queue for it")?;
    let id = target(value).ok_or("where it goes is not in the template")?;
    let mut queues = subject.expanded.of_type("AWS::SQS::Queue");
    if queues.any(|(queue, _)| queue == id) {
        Ok(id)
    } else {
        Err(format!("{id} is not a queue of the template"))
    }
}

fn may_write(subject: &Subject, queue: &str, topic: Option<&str>) -> bool {
    let mut policies = subject.expanded.of_type("AWS::SQS::QueuePolicy");
    policies.any(|(_, policy)| {
        let queues = policy.get("Queues").map_or(&[][..], items);
        let statements = at(policy, &["PolicyDocument", "Statement"]).map_or(&[][..], items);
        let for_queue = queues.iter().any(|one| target(one) == Some(queue));
        for_queue
            && statements.iter().any(|statement| {
                let source = at(statement, &["Condition", "ArnEquals", "aws:SourceArn"]);
                text(statement, &["Effect"]) == Some("Allow")
                    && text(statement, &["Principal", "Service"]) == Some("sns.amazonaws.com")
                    && statement
                        .get("Action")
                        .is_some_and(|action| mentions(action, "sqs:SendMessage"))
                    && statement.get("Resource").and_then(target) == Some(queue)
                    && source.and_then(target) == topic
            })
    })
}

fn is_under_a_key(subject: &Subject, queue: &str) -> bool {
    let properties = subject
        .expanded
        .resource(queue)
        .and_then(|queue| queue.get("Properties"));
    properties.is_some_and(|properties| properties.get("KmsMasterKeyId").is_some())
}

/// Lambda writes to a failure destination in the function's name.
fn role_may_send(subject: &Subject, function: &str, queue: &str) -> bool {
    let function = subject.expanded.resource(function);
    let role = function.and_then(|function| target(at(function, &["Properties", "Role"])?));
    let policies = role
        .and_then(|role| {
            at(
                subject.expanded.resource(role)?,
                &["Properties", "Policies"],
            )
        })
        .map_or(&[][..], items);
    policies.iter().any(|policy| {
        let statements = at(policy, &["PolicyDocument", "Statement"]).map_or(&[][..], items);
        statements.iter().any(|statement| {
            let action = statement.get("Action");
            action.is_some_and(|action| mentions(action, "sqs:SendMessage"))
                && statement.get("Resource").and_then(target) == Some(queue)
        })
    })
}

/// Lambda makes a log group for a function that has none, and keeps it for ever,
/// even after the stack is deleted.
pub fn logs_are_kept_for_a_time(subject: &Subject, findings: &mut Vec<Finding>) {
    let groups: BTreeSet<&str> = subject
        .expanded
        .of_type("AWS::Logs::LogGroup")
        .map(|(id, group)| {
            if group.get("RetentionInDays").is_none() {
                findings.push(subject.finding(
                    "log group",
                    id,
                    "Properties",
                    "keeps logs for ever",
                    "give it RetentionInDays",
                ));
            }
            id
        })
        .collect();
    for (id, function) in subject.expanded.of_type("AWS::Lambda::Function") {
        let group = at(function, &["LoggingConfig", "LogGroup"]).and_then(target);
        if group.is_none_or(|group| !groups.contains(group)) {
            findings.push(subject.finding(
                "log group",
                id,
                "LogGroup",
                "writes its log to a group that is not in the template, which is kept for ever",
                "give it a LoggingConfig with a LogGroup of the template",
            ));
        }
    }
}
