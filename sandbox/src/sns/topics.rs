//! The topics of a stack and who listens to them.

use std::collections::BTreeMap;

use super::error::SnsError;
use super::filter::FilterPolicy;
use super::message::Protocol;
use crate::aws::{ACCOUNT, PARTITION, REGION};
use crate::template::model::{self, Endpoint, Stack};

/// Most filter policies of a topic (SNS Developer Guide, "Filter policy
/// constraints in Amazon SNS").
const FILTER_POLICIES_MAX: usize = 200;

/// Why SNS would not create a resource of the template.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{resource}: {reason}")]
pub struct LoadError {
    /// Logical id of the resource.
    pub resource: String,
    /// What SNS says, or what the sandbox does not do.
    pub reason: String,
}

/// All topics by ARN.
#[derive(Default)]
pub(super) struct Topics(BTreeMap<String, Topic>);

pub(super) struct Topic {
    pub(super) logical_id: String,
    pub(super) arn: String,
    pub(super) display_name: String,
    pub(super) subscribers: Vec<Subscriber>,
}

pub(super) struct Subscriber {
    pub(super) logical_id: String,
    pub(super) arn: String,
    pub(super) unsubscribe_url: String,
    pub(super) target: Target,
    pub(super) filter: Option<FilterPolicy>,
    pub(super) dead_letter: Option<String>,
}

pub(super) enum Target {
    Lambda {
        /// Logical id, or the name in the ARN if the stack has no such function.
        function: String,
        arn: String,
    },
    Sqs {
        arn: String,
        raw: bool,
    },
}

impl Target {
    pub(super) fn protocol(&self) -> Protocol {
        match self {
            Self::Lambda { .. } => Protocol::Lambda,
            Self::Sqs { .. } => Protocol::Sqs,
        }
    }

    pub(super) fn arn(&self) -> &str {
        match self {
            Self::Lambda { arn, .. } | Self::Sqs { arn, .. } => arn,
        }
    }
}

impl Topics {
    /// Reads the topics and subscriptions of a stack as AWS would create them.
    pub(super) fn of(stack: &Stack) -> Result<Self, LoadError> {
        let mut topics = BTreeMap::new();
        for topic in &stack.topics {
            if topic.name.ends_with(".fifo") || topic.arn.ends_with(".fifo") {
                return Err(refused(
                    &topic.logical_id,
                    "the sandbox has no FIFO topics; use a standard topic to run this locally",
                ));
            }
            let topic = Topic {
                logical_id: topic.logical_id.clone(),
                arn: topic.arn.clone(),
                display_name: topic.display_name.clone().unwrap_or_default(),
                subscribers: Vec::new(),
            };
            topics.insert(topic.arn.clone(), topic);
        }
        for subscription in &stack.subscriptions {
            let id = &subscription.logical_id;
            let Some(topic) = topics.get_mut(&subscription.topic) else {
                let reason = format!("the stack has no topic {}", subscription.topic);
                return Err(refused(id, reason));
            };
            topic.subscribers.push(subscriber(subscription, stack)?);
            let filtered = topic.subscribers.iter().filter(|s| s.filter.is_some());
            if filtered.count() > FILTER_POLICIES_MAX {
                let reason = "Topic has reached its limit of 200 filter policies";
                return Err(refused(id, reason));
            }
        }
        Ok(Self(topics))
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Topic> {
        self.0.values()
    }

    /// The topic that a request is about.
    pub(super) fn find(&self, action: &str, arn: Option<&str>) -> Result<&Topic, SnsError> {
        let arn = arn.ok_or_else(|| {
            SnsError::invalid("TopicArn or TargetArn Reason: no value for required parameter")
        })?;
        if let Some(topic) = self.0.get(arn) {
            return Ok(topic);
        }
        let parts: Vec<&str> = arn.split(':').collect();
        let [_, _, _, region, account, ..] = parts[..] else {
            return Err(too_short(parts.len()));
        };
        if parts.len() < 6 {
            return Err(too_short(parts.len()));
        }
        if arn.contains(":endpoint/") {
            return Err(SnsError::invalid(
                "TargetArn Reason: No endpoint found for the target arn specified",
            ));
        }
        if region != REGION {
            return Err(SnsError::invalid("TopicArn"));
        }
        if account != ACCOUNT {
            return Err(SnsError::not_authorized(action, arn));
        }
        if arn.ends_with(".fifo") {
            return Err(SnsError::invalid(
                "TopicArn Reason: the sandbox has no FIFO topics",
            ));
        }
        Err(SnsError::topic_not_found())
    }

    /// What a hop about this ARN is called.
    pub(super) fn name_of<'a>(&'a self, arn: Option<&'a str>) -> &'a str {
        let Some(arn) = arn else { return "sns" };
        match self.0.get(arn) {
            Some(topic) => &topic.logical_id,
            None => arn.rsplit(':').next().unwrap_or(arn),
        }
    }
}

fn too_short(parts: usize) -> SnsError {
    SnsError::invalid(format!(
        "TopicArn Reason: An ARN must have at least 6 elements, not {parts}"
    ))
}

fn subscriber(subscription: &model::Subscription, stack: &Stack) -> Result<Subscriber, LoadError> {
    let id = &subscription.logical_id;
    let policy = subscription.filter_policy.as_ref();
    let filter = policy
        .map(|policy| FilterPolicy::new(policy, subscription.filter_scope))
        .transpose()
        .map_err(|error| refused(id, error.to_string()))?;
    let dead_letter = subscription.dead_letter.clone();
    if let Some(arn) = &dead_letter {
        check_dead_letter(id, arn)?;
    }
    Ok(Subscriber {
        logical_id: id.clone(),
        arn: subscription.arn.clone(),
        unsubscribe_url: format!(
            "https://sns.{REGION}.amazonaws.com/?Action=Unsubscribe&SubscriptionArn={}",
            subscription.arn
        ),
        target: match &subscription.endpoint {
            Endpoint::Lambda(arn) => Target::Lambda {
                function: function_of(arn, stack),
                arn: arn.clone(),
            },
            Endpoint::Sqs { arn, raw } => Target::Sqs {
                arn: arn.clone(),
                raw: *raw,
            },
        },
        filter,
        dead_letter,
    })
}

/// The function of an ARN, which may end in a version or an alias.
fn function_of(arn: &str, stack: &Stack) -> String {
    let named = stack.functions.iter().find(|function| {
        arn.strip_prefix(&function.arn)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with(':'))
    });
    match named {
        Some(function) => function.logical_id.clone(),
        None => arn.split(':').nth(6).unwrap_or(arn).to_owned(),
    }
}

/// Dead-letter queues are in the account and region of the subscription (SNS
/// Developer Guide, "Amazon SNS dead-letter queues").
fn check_dead_letter(id: &str, arn: &str) -> Result<(), LoadError> {
    let own = format!("arn:{PARTITION}:sqs:{REGION}:{ACCOUNT}:");
    if arn.strip_prefix(&own).is_some_and(|name| !name.is_empty()) {
        return Ok(());
    }
    let reason = format!(
        "Invalid parameter: RedrivePolicy: deadLetterTargetArn is an invalid arn: {arn:?} is not \
         that of an SQS queue in {REGION} and account {ACCOUNT}"
    );
    Err(refused(id, reason))
}

fn refused(resource: &str, reason: impl Into<String>) -> LoadError {
    LoadError {
        resource: resource.to_owned(),
        reason: reason.into(),
    }
}
