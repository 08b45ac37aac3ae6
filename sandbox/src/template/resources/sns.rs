//! Amazon SNS: topics and subscriptions.

use serde_json::Value as Json;

use super::super::attributes::uuid;
use super::super::error::Problem;
use super::super::fields::Fields;
use super::super::model::{Endpoint, FilterScope, Inert, Subscription, Topic};
use super::super::node::Node;
use super::{Builder, Effect, Kind, Naming, Resolved};

const TOPIC: &str = "arn:{partition}:sns:{region}:{account}:{name}";
const SUBSCRIPTION: &str = "{property:TopicArn}:{uuid}";

pub(super) const KINDS: &[Kind] = &[
    Kind {
        name: "AWS::SNS::Topic",
        name_property: Some("TopicName"),
        naming: Naming::Stack { longest: 256 },
        reference: TOPIC,
        attributes: &[("TopicArn", TOPIC), ("TopicName", "{name}")],
        effect: Effect::Simulated(topic),
    },
    Kind {
        name: "AWS::SNS::Subscription",
        name_property: None,
        naming: Naming::Uuid,
        reference: SUBSCRIPTION,
        attributes: &[("Arn", SUBSCRIPTION)],
        effect: Effect::Simulated(subscription),
    },
];

const STANDARD_ONLY: &str = "use a standard topic: FIFO topics are not simulated";

fn topic(builder: &mut Builder<'_, '_>, resource: &Resolved<'_>) -> Result<(), Problem> {
    let mut fields = Fields::new(&resource.properties, "AWS::SNS::Topic")?;
    fields.refuse_true(&[
        ("FifoTopic", STANDARD_ONLY),
        ("ContentBasedDeduplication", STANDARD_ONLY),
    ])?;
    fields.refuse(&[
        ("ArchivePolicy", STANDARD_ONLY),
        (
            "DataProtectionPolicy",
            "messages are not inspected on one machine; leave it out",
        ),
    ])?;
    let display_name = fields.text("DisplayName")?.map(str::to_owned);
    let inline = fields.optional("Subscription");
    fields.accept(&[
        "DeliveryStatusLogging",
        "FifoThroughputScope",
        "KmsMasterKeyId",
        "SignatureVersion",
        "Tags",
        "TopicName",
        "TracingConfig",
    ]);
    fields.finish()?;
    let id = &resource.source.id;
    add_topic(builder, id, display_name, &resource.properties)?;
    let Some(inline) = inline else {
        return Ok(());
    };
    for (index, item) in inline.list("Subscription")?.iter().enumerate() {
        let mut fields = Fields::new(item, "Subscription")?;
        let protocol = fields.required("Protocol")?;
        let endpoint = fields.required("Endpoint")?;
        fields.finish()?;
        let settings = Settings {
            logical_id: format!("{id}Subscription{index}"),
            topic: id.clone(),
            endpoint: endpoint_of(builder, protocol, endpoint, false)?,
            filter_policy: None,
            filter_scope: FilterScope::default(),
            dead_letter: None,
        };
        add_subscription(builder, settings, item)?;
    }
    Ok(())
}

/// Adds a topic to the stack, also one that SAM makes.
pub(super) fn add_topic(
    builder: &mut Builder<'_, '_>,
    id: &str,
    display_name: Option<String>,
    near: &Node,
) -> Result<(), Problem> {
    let topic = Topic {
        logical_id: id.to_owned(),
        name: builder.attribute(id, "TopicName", near)?,
        arn: builder.reference(id, near)?,
        display_name,
    };
    builder.stack.topics.push(topic);
    Ok(())
}

fn subscription(builder: &mut Builder<'_, '_>, resource: &Resolved<'_>) -> Result<(), Problem> {
    let mut fields = Fields::new(&resource.properties, "AWS::SNS::Subscription")?;
    let topic = fields.required("TopicArn")?;
    let topic = builder
        .target("TopicArn", topic, &["AWS::SNS::Topic"])?
        .to_owned();
    let protocol = fields.required("Protocol")?;
    let endpoint = fields.required("Endpoint")?;
    if matches!(protocol.as_text(), Some("email" | "email-json" | "sms")) {
        builder.stack.inert.push(Inert {
            logical_id: resource.source.id.clone(),
            resource_type: "AWS::SNS::Subscription".to_owned(),
            reason: "nothing is sent off the machine",
        });
        return Ok(());
    }
    let raw = fields.optional("RawMessageDelivery");
    let raw = raw
        .map(|node| node.boolean("RawMessageDelivery"))
        .transpose()?
        .unwrap_or(false);
    fields.refuse(&[
        (
            "DeliveryPolicy",
            "it is for HTTP endpoints, which are not simulated",
        ),
        ("ReplayPolicy", STANDARD_ONLY),
        (
            "SubscriptionRoleArn",
            "it is for Firehose, which is not simulated",
        ),
    ])?;
    let filters = filters(builder, &mut fields)?;
    fields.finish()?;
    let settings = Settings {
        logical_id: resource.source.id.clone(),
        topic,
        endpoint: endpoint_of(builder, protocol, endpoint, raw)?,
        filter_policy: filters.policy,
        filter_scope: filters.scope,
        dead_letter: filters.dead_letter,
    };
    add_subscription(builder, settings, &resource.properties)
}

/// A subscription as the template says it, with logical ids.
pub(super) struct Settings {
    pub logical_id: String,
    pub topic: String,
    pub endpoint: Endpoint,
    pub filter_policy: Option<Json>,
    pub filter_scope: FilterScope,
    pub dead_letter: Option<String>,
}

/// Adds a subscription to the stack, also one of a function's event.
pub(super) fn add_subscription(
    builder: &mut Builder<'_, '_>,
    settings: Settings,
    near: &Node,
) -> Result<(), Problem> {
    let topic = builder.reference(&settings.topic, near)?;
    builder.stack.subscriptions.push(Subscription {
        arn: format!("{topic}:{}", uuid(&settings.logical_id)),
        logical_id: settings.logical_id,
        topic,
        endpoint: settings.endpoint,
        filter_policy: settings.filter_policy,
        filter_scope: settings.filter_scope,
        dead_letter: settings.dead_letter,
    });
    Ok(())
}

fn endpoint_of(
    builder: &Builder<'_, '_>,
    protocol: &Node,
    endpoint: &Node,
    raw: bool,
) -> Result<Endpoint, Problem> {
    match protocol.scalar("Protocol")? {
        "lambda" if raw => Err(Problem::at(
            protocol.at,
            "RawMessageDelivery is not available for the protocol lambda",
        )),
        "lambda" => {
            let id = builder.target("Endpoint", endpoint, &["AWS::Serverless::Function"])?;
            Ok(Endpoint::Lambda(builder.attribute(id, "Arn", endpoint)?))
        }
        "sqs" => {
            let id = builder.target("Endpoint", endpoint, &["AWS::SQS::Queue"])?;
            Ok(Endpoint::Sqs {
                arn: builder.attribute(id, "Arn", endpoint)?,
                raw,
            })
        }
        _ => Err(protocol
            .expected("Protocol", "lambda or sqs")
            .help("other protocols are not simulated: nothing is sent off the machine")),
    }
}

/// What both kinds of subscription say about messages.
pub(super) struct Filters {
    pub policy: Option<Json>,
    pub scope: FilterScope,
    pub dead_letter: Option<String>,
}

/// Reads `FilterPolicy`, `FilterPolicyScope`, `RedrivePolicy` and `Region`.
pub(super) fn filters(
    builder: &Builder<'_, '_>,
    fields: &mut Fields<'_>,
) -> Result<Filters, Problem> {
    let scope = match fields.optional("FilterPolicyScope") {
        None => FilterScope::default(),
        Some(node) => match node.scalar("FilterPolicyScope")? {
            "MessageAttributes" => FilterScope::MessageAttributes,
            "MessageBody" => FilterScope::MessageBody,
            _ => return Err(node.expected("FilterPolicyScope", "MessageAttributes or MessageBody")),
        },
    };
    let policy = match fields.optional("FilterPolicy") {
        None => None,
        Some(node) => Some(filter_policy(node, scope)?),
    };
    let dead_letter = match fields.optional("RedrivePolicy") {
        None => None,
        Some(node) => {
            let mut fields = Fields::new(node, "RedrivePolicy")?;
            let target = fields.required("deadLetterTargetArn")?;
            fields.finish()?;
            let id = builder.target("deadLetterTargetArn", target, &["AWS::SQS::Queue"])?;
            Some(builder.attribute(id, "Arn", target)?)
        }
    };
    if let Some(node) = fields.optional("Region")
        && node.scalar("Region")? != crate::aws::REGION
    {
        return Err(node.expected(
            "Region",
            &format!("{}, the sandbox's one region", crate::aws::REGION),
        ));
    }
    Ok(Filters {
        policy,
        scope,
        dead_letter,
    })
}

/// Checks the outer shape of a filter policy (SNS Developer Guide,
/// "Subscription filter policies" and constraints): at most five keys and 150
/// combinations.
fn filter_policy(node: &Node, scope: FilterScope) -> Result<Json, Problem> {
    let (mut keys, mut combinations) = (0usize, 1usize);
    let mut open: Vec<&Node> = vec![node];
    node.map("FilterPolicy")?;
    while let Some(map) = open.pop() {
        for entry in map.entries() {
            if entry.key == "$or" {
                continue;
            }
            match (&entry.value.value, scope) {
                (super::super::node::Value::List(values), _) => {
                    keys += 1;
                    combinations = combinations.saturating_mul(values.len().max(1));
                }
                (super::super::node::Value::Map(_), FilterScope::MessageBody) => {
                    open.push(&entry.value);
                }
                _ => {
                    return Err(entry
                        .value
                        .expected(&format!("FilterPolicy: {}", entry.key), "a list of values"));
                }
            }
        }
    }
    if keys > 5 {
        return Err(Problem::at(
            node.at,
            format!("FilterPolicy has {keys} keys; SNS takes at most 5"),
        ));
    }
    if combinations > 150 {
        return Err(Problem::at(
            node.at,
            format!(
                "FilterPolicy has {combinations} combinations of values; SNS takes at most 150"
            ),
        ));
    }
    Ok(node.json())
}
