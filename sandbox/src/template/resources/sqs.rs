//! Amazon SQS: standard queues.

use std::time::Duration;

use super::super::error::Problem;
use super::super::fields::Fields;
use super::super::model::Queue;
use super::super::node::Node;
use super::{Builder, Effect, Kind, Naming, Resolved};

pub(super) const KINDS: &[Kind] = &[Kind {
    name: "AWS::SQS::Queue",
    name_property: Some("QueueName"),
    naming: Naming::Stack { longest: 80 },
    reference: "https://sqs.{region}.{suffix}/{account}/{name}",
    attributes: &[
        ("Arn", "arn:{partition}:sqs:{region}:{account}:{name}"),
        ("QueueName", "{name}"),
        ("QueueUrl", "https://sqs.{region}.{suffix}/{account}/{name}"),
    ],
    effect: Effect::Simulated(build),
}];

fn build(builder: &mut Builder<'_, '_>, resource: &Resolved<'_>) -> Result<(), Problem> {
    let mut fields = Fields::new(&resource.properties, "AWS::SQS::Queue")?;
    fields.refuse_true(&[(
        "FifoQueue",
        "use a standard queue: FIFO queues are not simulated",
    )])?;
    let mut settings = Queue::default();
    let mut number = |key, range| match fields.optional(key) {
        Some(node) => node.integer(key, range).map(Some),
        None => Ok(None),
    };
    let seconds = |seconds: u32| Duration::from_secs(seconds.into());
    if let Some(delay) = number("DelaySeconds", 0..=900)? {
        settings.delay = seconds(delay);
    }
    if let Some(bytes) = number("MaximumMessageSize", 1024..=1_048_576)? {
        settings.maximum_message_size = usize::try_from(bytes).unwrap_or(usize::MAX);
    }
    if let Some(timeout) = number("VisibilityTimeout", 0..=43_200)? {
        settings.visibility_timeout = seconds(timeout);
    }
    // These have no effect here; the values must be right all the same.
    number("MessageRetentionPeriod", 60..=1_209_600)?;
    number("ReceiveMessageWaitTimeSeconds", 0..=20)?;
    fields.accept(&[
        "ContentBasedDeduplication",
        "DeduplicationScope",
        "FifoThroughputLimit",
        "KmsDataKeyReusePeriodSeconds",
        "KmsMasterKeyId",
        "QueueName",
        "RedriveAllowPolicy",
        "RedrivePolicy",
        "SqsManagedSseEnabled",
        "Tags",
    ]);
    fields.finish()?;
    add(builder, &resource.source.id, &resource.properties, settings)
}

/// Adds a queue with these settings to the stack, also one that SAM makes.
pub(super) fn add(
    builder: &mut Builder<'_, '_>,
    id: &str,
    near: &Node,
    mut queue: Queue,
) -> Result<(), Problem> {
    id.clone_into(&mut queue.logical_id);
    queue.name = builder.attribute(id, "QueueName", near)?;
    queue.arn = builder.attribute(id, "Arn", near)?;
    queue.url = builder.attribute(id, "QueueUrl", near)?;
    builder.stack.queues.push(queue);
    Ok(())
}
