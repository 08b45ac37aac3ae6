//! SNS topics: takes messages by the Query protocol, filters them and hands
//! them to functions and queues.
//!
//! Delivery to a function is an asynchronous invocation. Once Lambda has queued
//! it, SNS is done: a function that fails is Lambda's business, and its message
//! never reaches the subscription's dead-letter queue. What SNS cannot hand
//! over goes there at once. (On AWS, SNS also retries for 23 days while Lambda
//! itself is out of order; in the sandbox it never is.)

mod attributes;
mod batch;
mod delivery;
mod error;
mod event;
pub mod filter;
mod inspect;
mod message;
mod query;
mod topics;
mod xml;

use std::sync::{Arc, PoisonError, RwLock};

use bytes::Bytes;
use http::{Request, Response};

pub use attributes::Attribute;
pub use error::{Blame, SnsError};
pub use message::Publication;
pub use topics::LoadError;

use crate::clock::Clock;
use crate::faults::{FaultKind, Faults};
use crate::lambda::Functions;
use crate::sqs::Queues;
use crate::template::model::Stack;
use crate::trail::{OpenHop, Service, TrailContext};
use message::Accepted;
use query::Form;
use topics::{Topic, Topics};

/// What SNS works with.
pub struct SnsServices {
    /// Where events of functions go.
    pub functions: Arc<dyn Functions>,
    /// Where messages for queues and dead letters go.
    pub queues: Queues,
    /// Failures to make.
    pub faults: Faults,
    /// The sandbox's time.
    pub clock: Clock,
}

/// The SNS service of the sandbox. Cheap to clone; all clones are one.
#[derive(Clone)]
pub struct Sns {
    shared: Arc<Shared>,
}

struct Shared {
    services: SnsServices,
    topics: RwLock<Arc<Topics>>,
}

impl Sns {
    /// A service without topics.
    #[must_use]
    pub fn new(services: SnsServices) -> Self {
        Self {
            shared: Arc::new(Shared {
                services,
                topics: RwLock::default(),
            }),
        }
    }

    /// Takes over the topics and subscriptions of a stack. Messages that are
    /// being published keep to the old ones.
    ///
    /// # Errors
    /// [`LoadError`] if AWS would refuse one of them, or if the sandbox does
    /// not have its like; then everything stays as it was.
    pub fn load(&self, stack: &Stack) -> Result<(), LoadError> {
        let topics = Arc::new(Topics::of(stack)?);
        *self
            .shared
            .topics
            .write()
            .unwrap_or_else(PoisonError::into_inner) = topics;
        Ok(())
    }

    /// Answers a request of the Query protocol. `context` is the place on the
    /// trail of whoever sent it.
    // Async so that the listener need not change on the day an action waits.
    pub async fn handle(&self, request: Request<Bytes>, context: &TrailContext) -> Response<Bytes> {
        let form = Form::read(&request);
        let action = form.get("Action").unwrap_or_default();
        let answer = match action {
            "Publish" => self.publish_form(&form, context),
            "PublishBatch" => self.publish_batch(&form, context),
            _ => self.look(action, &form, context),
        };
        match answer {
            Ok(result) => xml::success(action, &result),
            Err(error) => xml::failure(&error),
        }
    }

    /// Publishes a message and returns its id.
    ///
    /// # Errors
    /// What SNS answers to such a request.
    pub fn publish(
        &self,
        topic_arn: &str,
        publication: Publication,
        context: &TrailContext,
    ) -> Result<String, SnsError> {
        let topics = self.topics();
        let name = topics.name_of(Some(topic_arn));
        let mut hop = context.hop(Service::Sns, name, "Publish");
        let published = self.publish_one(&topics, Some(topic_arn), publication, &mut hop);
        end(hop, &published);
        published
    }

    fn publish_form(&self, form: &Form<'_>, context: &TrailContext) -> Result<String, SnsError> {
        let topics = self.topics();
        let arn = form.get("TopicArn").or_else(|| form.get("TargetArn"));
        let mut hop = context.hop(Service::Sns, topics.name_of(arn), "Publish");
        let published = form.publication().and_then(|publication| {
            if form.get("PhoneNumber").is_some() {
                return Err(SnsError::invalid(
                    "PhoneNumber Reason: the sandbox sends no text messages, only to topics",
                ));
            }
            self.publish_one(&topics, arn, publication, &mut hop)
        });
        end(hop, &published);
        published.map(|id| xml::element("MessageId", &id))
    }

    fn publish_one(
        &self,
        topics: &Topics,
        arn: Option<&str>,
        publication: Publication,
        hop: &mut OpenHop,
    ) -> Result<String, SnsError> {
        describe(&publication.message, &publication.attributes, hop);
        publication.check()?;
        if publication.size() > message::SIZE_MAX {
            return Err(SnsError::invalid("Message too long"));
        }
        let message = publication.accept()?;
        self.deliver(topics.find("Publish", arn)?, message, hop)
    }

    fn publish_batch(&self, form: &Form<'_>, context: &TrailContext) -> Result<String, SnsError> {
        let topics = self.topics();
        let arn = form.get("TopicArn");
        let name = topics.name_of(arn);
        let mut hop = context.hop(Service::Sns, name, "PublishBatch");
        let published = self.publish_entries(&topics, arn, form, &mut hop);
        end(hop, &published);
        published.map(|outcomes| batch::result(&outcomes))
    }

    fn publish_entries(
        &self,
        topics: &Topics,
        arn: Option<&str>,
        form: &Form<'_>,
        hop: &mut OpenHop,
    ) -> Result<Vec<(String, batch::Outcome)>, SnsError> {
        let entries = form.entries()?;
        hop.detail("entries", entries.len());
        batch::check_count(&entries)?;
        let topic = topics.find("PublishBatch", arn)?;
        let mut accepted = Vec::new();
        for (id, publication) in batch::check(entries)? {
            accepted.push((id, publication.accept()?));
        }
        let outcomes = accepted.into_iter().map(|(id, message)| {
            let name = &topic.logical_id;
            let mut hop = hop.context().hop(Service::Sns, name, "Publish");
            hop.detail("entry", id.as_str());
            describe(message.published(), &message.attributes, &mut hop);
            let published = self.deliver(topic, message, &mut hop);
            end(hop, &published);
            (id, published)
        });
        Ok(outcomes.collect())
    }

    fn deliver(
        &self,
        topic: &Topic,
        message: Accepted,
        hop: &mut OpenHop,
    ) -> Result<String, SnsError> {
        let services = &self.shared.services;
        if services
            .faults
            .take(FaultKind::SnsRefuse, &topic.logical_id)
        {
            hop.detail("fault", "sns-refuse");
            return Err(SnsError::internal());
        }
        hop.detail("message_id", message.id.as_str());
        delivery::deliver(services, topic, &message, hop);
        Ok(message.id)
    }

    fn look(
        &self,
        action: &str,
        form: &Form<'_>,
        context: &TrailContext,
    ) -> Result<String, SnsError> {
        let topics = self.topics();
        let arn = form.get("TopicArn");
        let hop = context.hop(Service::Sns, topics.name_of(arn), action);
        let found = match action {
            "GetTopicAttributes" => topics.find(action, arn).map(inspect::topic_attributes),
            "ListTopics" => Ok(inspect::topics(&topics)),
            "ListSubscriptionsByTopic" => topics.find(action, arn).map(inspect::subscriptions),
            "" => Err(SnsError::bad_request(
                "MissingAction",
                "The request is missing an action or a required parameter.",
            )),
            _ => {
                let version = form.get("Version").unwrap_or("2010-03-31");
                let message = format!("Could not find operation {action} for version {version}");
                Err(SnsError::bad_request("InvalidAction", message))
            }
        };
        end(hop, &found);
        found
    }

    fn topics(&self) -> Arc<Topics> {
        let topics = self.shared.topics.read();
        topics.unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Notes on a hop what is to be published, before it is judged.
fn describe(message: &str, attributes: &[Attribute], hop: &mut OpenHop) {
    hop.input(&Bytes::copy_from_slice(message.as_bytes()));
    if !attributes.is_empty() {
        hop.detail("attributes", delivery::summary(attributes));
    }
}

fn end<T>(mut hop: OpenHop, result: &Result<T, SnsError>) {
    match result {
        Ok(_) => hop.finish("200"),
        Err(error) => {
            hop.detail("error", error.message.as_str());
            hop.fail(error.code);
        }
    }
}
