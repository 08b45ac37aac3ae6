//! Asynchronous invocation: `EventInvokeConfig` and where events end.

use std::time::Duration;

use super::super::error::Problem;
use super::super::fields::Fields;
use super::super::model::{Asynchronous, Queue};
use super::super::node::Node;
use super::{Builder, sns, sqs};

/// What may receive the record of an invocation here.
const TARGETS: &[&str] = &[
    "AWS::SQS::Queue",
    "AWS::SNS::Topic",
    "AWS::Serverless::Function",
];

/// Reads SAM's `EventInvokeConfig` of a function. A destination of type `SQS`
/// or `SNS` without an address makes its queue or topic.
pub(super) fn of_function(
    builder: &mut Builder<'_, '_>,
    function: &str,
    node: &Node,
) -> Result<Asynchronous, Problem> {
    let mut fields = Fields::new(node, "EventInvokeConfig")?;
    let mut settings = attempts(&mut fields)?;
    let destinations = fields.optional("DestinationConfig");
    fields.finish()?;
    let Some(destinations) = destinations else {
        return Ok(settings);
    };
    let mut fields = Fields::new(destinations, "DestinationConfig")?;
    let failure = fields.optional("OnFailure");
    let success = fields.optional("OnSuccess");
    fields.finish()?;
    let mut address = |outcome: &str, node: Option<&Node>| {
        node.map(|node| {
            let id = format!("{function}EventInvokeConfig{outcome}");
            sam_destination(builder, &id, node).map_err(|problem| problem.within(outcome))
        })
        .transpose()
    };
    settings.on_failure = address("OnFailure", failure)?;
    settings.on_success = address("OnSuccess", success)?;
    Ok(settings)
}

/// Reads the retries and the age of `EventInvokeConfig` (Lambda Developer Guide,
/// "How Lambda handles errors and retries with asynchronous invocation").
pub(super) fn attempts(fields: &mut Fields<'_>) -> Result<Asynchronous, Problem> {
    let mut settings = Asynchronous::default();
    if let Some(node) = fields.optional("MaximumRetryAttempts") {
        settings.maximum_retry_attempts = node.integer("MaximumRetryAttempts", 0..=2)?;
    }
    if let Some(node) = fields.optional("MaximumEventAgeInSeconds") {
        let seconds = node.integer("MaximumEventAgeInSeconds", 60..=21_600)?;
        settings.maximum_event_age = Duration::from_secs(seconds.into());
    }
    Ok(settings)
}

fn sam_destination(
    builder: &mut Builder<'_, '_>,
    id: &str,
    node: &Node,
) -> Result<String, Problem> {
    let mut fields = Fields::new(node, "a destination")?;
    let kind = fields.required("Type")?;
    let destination = fields.optional("Destination");
    fields.finish()?;
    let wanted: &[&'static str] = match kind.scalar("Type")? {
        "SQS" => &["AWS::SQS::Queue"],
        "SNS" => &["AWS::SNS::Topic"],
        "Lambda" => &["AWS::Serverless::Function"],
        "EventBridge" | "S3Bucket" => {
            return Err(Problem::at(
                kind.at,
                format!("a destination of type {} is not simulated", kind.shown()),
            )
            .help("use SQS, SNS or Lambda"));
        }
        _ => return Err(kind.expected("Type", "SQS, SNS or Lambda")),
    };
    match (destination, wanted) {
        (Some(destination), _) => address(builder, destination, wanted),
        (None, ["AWS::SQS::Queue"]) => {
            let id = format!("{id}Queue");
            sqs::add(builder, &id, node, Queue::default())?;
            builder.attribute(&id, "Arn", node)
        }
        (None, ["AWS::SNS::Topic"]) => {
            let id = format!("{id}Topic");
            sns::add_topic(builder, &id, None, node)?;
            builder.reference(&id, node)
        }
        (None, _) => Err(
            Problem::at(node.at, "a destination of type Lambda needs Destination")
                .help("write Destination: !GetAtt <function>.Arn"),
        ),
    }
}

/// Reads CloudFormation's `OnFailure` or `OnSuccess`: an address alone.
pub(super) fn plain(
    builder: &Builder<'_, '_>,
    node: Option<&Node>,
) -> Result<Option<String>, Problem> {
    let Some(node) = node else {
        return Ok(None);
    };
    let mut fields = Fields::new(node, "a destination")?;
    let destination = fields.required("Destination")?;
    fields.finish()?;
    address(builder, destination, TARGETS).map(Some)
}

/// The ARN of a destination, which must be in this template.
fn address(
    builder: &Builder<'_, '_>,
    destination: &Node,
    wanted: &[&'static str],
) -> Result<String, Problem> {
    builder.target("Destination", destination, wanted)?;
    let text = destination.scalar("Destination")?;
    if !text.starts_with("arn:") {
        return Err(destination
            .expected("Destination", "an ARN")
            .help("write Destination: !GetAtt <resource>.Arn"));
    }
    Ok(text.to_owned())
}

/// Reads SAM's `DeadLetterQueue` of a function.
pub(super) fn dead_letter(builder: &Builder<'_, '_>, node: &Node) -> Result<String, Problem> {
    let mut fields = Fields::new(node, "DeadLetterQueue")?;
    let kind = fields.required("Type")?;
    let target = fields.required("TargetArn")?;
    fields.finish()?;
    let wanted = match kind.scalar("Type")? {
        "SQS" => "AWS::SQS::Queue",
        "SNS" => "AWS::SNS::Topic",
        _ => return Err(kind.expected("Type", "SQS or SNS")),
    };
    builder.target("TargetArn", target, &[wanted])?;
    Ok(target.scalar("TargetArn")?.to_owned())
}
