//! The actions that only look: `GetTopicAttributes`, `ListTopics` and
//! `ListSubscriptionsByTopic`. Everything fits into one page.

use super::message::Protocol;
use super::topics::{Topic, Topics};
use super::xml::element;
use crate::aws::ACCOUNT;

pub(super) fn topic_attributes(topic: &Topic) -> String {
    let confirmed = topic.subscribers.len().to_string();
    let attributes = [
        ("TopicArn", topic.arn.as_str()),
        ("Owner", ACCOUNT),
        ("DisplayName", &topic.display_name),
        ("SubscriptionsConfirmed", &confirmed),
        ("SubscriptionsPending", "0"),
        ("SubscriptionsDeleted", "0"),
    ];
    let entries = attributes.map(|(key, value)| {
        let entry = element("key", key) + &element("value", value);
        format!("<entry>{entry}</entry>")
    });
    format!("<Attributes>{}</Attributes>", entries.concat())
}

pub(super) fn topics(topics: &Topics) -> String {
    let members = topics.iter().map(|topic| {
        let arn = element("TopicArn", &topic.arn);
        format!("<member>{arn}</member>")
    });
    format!("<Topics>{}</Topics>", members.collect::<String>())
}

pub(super) fn subscriptions(topic: &Topic) -> String {
    let members = topic.subscribers.iter().map(|subscriber| {
        let protocol = match subscriber.target.protocol() {
            Protocol::Lambda => "lambda",
            Protocol::Sqs => "sqs",
        };
        let member = [
            element("SubscriptionArn", &subscriber.arn),
            element("Owner", ACCOUNT),
            element("Protocol", protocol),
            element("Endpoint", subscriber.target.arn()),
            element("TopicArn", &topic.arn),
        ];
        format!("<member>{}</member>", member.concat())
    });
    let members: String = members.collect();
    format!("<Subscriptions>{members}</Subscriptions>")
}
