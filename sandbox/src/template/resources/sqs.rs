//! Amazon SQS, as far as dead-letter queues and destinations need it.

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
    // Nobody reads from a queue here, so that what concerns reading has no
    // effect; the values must be right all the same.
    for (key, range) in [
        ("DelaySeconds", 0..=900),
        ("MaximumMessageSize", 1024..=1_048_576),
        ("MessageRetentionPeriod", 60..=1_209_600),
        ("ReceiveMessageWaitTimeSeconds", 0..=20),
        ("VisibilityTimeout", 0..=43_200),
    ] {
        if let Some(node) = fields.optional(key) {
            node.integer(key, range)?;
        }
    }
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
    add(builder, &resource.source.id, &resource.properties)
}

/// Adds a queue to the stack, also one that SAM makes.
pub(super) fn add(builder: &mut Builder<'_, '_>, id: &str, near: &Node) -> Result<(), Problem> {
    let queue = Queue {
        logical_id: id.to_owned(),
        name: builder.attribute(id, "QueueName", near)?,
        arn: builder.attribute(id, "Arn", near)?,
        url: builder.attribute(id, "QueueUrl", near)?,
    };
    builder.stack.queues.push(queue);
    Ok(())
}
