//! A small stack with SNS in it, and Lambda played by a script.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::{HeaderMap, Request, StatusCode};
use sandbox::clock::Clock;
use sandbox::console;
use sandbox::faults::Faults;
use sandbox::lambda::{Functions, Invoking, NotQueued};
use sandbox::sns::{LoadError, Sns, SnsServices};
use sandbox::sqs::{Message, Queues};
use sandbox::template::model::{
    Asynchronous, Endpoint, FilterScope, Function, Queue, Stack, Subscription, Topic,
};
use sandbox::trail::{Hop, Recorder, Service, Trail, TrailContext};
use serde_json::Value;

pub const TOPIC: &str = "arn:aws:sns:us-east-1:123456789012:payments";
const SUBSCRIPTION_SUFFIX: &str = "2bcfbf39-05c3-41de-beaa-fcfcc21c8f55";

/// Queues every event, or refuses as told; remembers the events.
#[derive(Default)]
pub struct ScriptedFunctions {
    refusals: Mutex<HashMap<String, NotQueued>>,
    queued: Mutex<Vec<(String, Bytes)>>,
}

impl Functions for ScriptedFunctions {
    fn invoke<'a>(&'a self, _: &'a str, _: Bytes, _: &'a TrailContext) -> Invoking<'a> {
        panic!("SNS never waits for a function")
    }

    fn invoke_async(
        &self,
        function: &str,
        payload: Bytes,
        context: &TrailContext,
    ) -> Result<(), NotQueued> {
        if let Some(refusal) = self.refusals.lock().unwrap().get(function) {
            return Err(*refusal);
        }
        context
            .hop(Service::Lambda, function, "InvokeAsync")
            .finish("202");
        let mut queued = self.queued.lock().unwrap();
        queued.push((function.to_owned(), payload));
        Ok(())
    }
}

pub struct World {
    pub sns: Sns,
    pub queues: Queues,
    pub faults: Faults,
    pub clock: Clock,
    pub recorder: Recorder,
    functions: Arc<ScriptedFunctions>,
}

pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: String,
}

impl World {
    pub fn new(stack: &Stack) -> Self {
        Self::try_new(stack).unwrap()
    }

    pub fn try_new(stack: &Stack) -> Result<Self, LoadError> {
        let clock = Clock::new();
        let queues = Queues::new(clock.clone());
        let faults = Faults::default();
        let functions = Arc::new(ScriptedFunctions::default());
        let sns = Sns::new(SnsServices {
            functions: functions.clone(),
            queues: queues.clone(),
            faults: faults.clone(),
            clock: clock.clone(),
        });
        queues.load(stack);
        sns.load(stack)?;
        Ok(Self {
            sns,
            queues,
            faults,
            recorder: Recorder::new(clock.clone(), console::silent()),
            clock,
            functions,
        })
    }

    pub fn lambda_refuses(&self, function: &str, refusal: NotQueued) {
        let mut refusals = self.functions.refusals.lock().unwrap();
        refusals.insert(function.to_owned(), refusal);
    }

    /// What Lambda has queued so far, oldest first: function and event.
    pub fn invocations(&self) -> Vec<(String, String)> {
        let queued = self.functions.queued.lock().unwrap();
        queued
            .iter()
            .map(|(name, event)| (name.clone(), String::from_utf8(event.to_vec()).unwrap()))
            .collect()
    }

    /// The only event that Lambda has queued, as JSON.
    pub fn event(&self) -> Value {
        let invocations = self.invocations();
        assert_eq!(invocations.len(), 1, "{invocations:?}");
        serde_json::from_str(&invocations[0].1).unwrap()
    }

    pub fn queue(&self, logical_id: &str) -> Vec<Message> {
        self.queues.messages(logical_id)
    }

    /// Sends a form as an SDK does.
    pub async fn call(&self, action: &str, parameters: &[(&str, &str)]) -> Answer {
        self.call_on("request", action, parameters).await
    }

    /// Same, with a trail of this id.
    pub async fn call_on(&self, trail: &str, action: &str, parameters: &[(&str, &str)]) -> Answer {
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair("Action", action);
        form.append_pair("Version", "2010-03-31");
        form.extend_pairs(parameters);
        self.send(trail, form.finish()).await
    }

    pub async fn send(&self, trail: &str, form: String) -> Answer {
        let request = Request::post("/")
            .header("content-type", "application/x-www-form-urlencoded")
            .body(Bytes::from(form))
            .unwrap();
        let context = self.recorder.begin(trail);
        let (parts, body) = self.sns.handle(request, &context).await.into_parts();
        Answer {
            status: parts.status,
            headers: parts.headers,
            body: String::from_utf8(body.to_vec()).unwrap(),
        }
    }

    /// Publishes to the topic; panics unless SNS takes it. Returns the message id.
    pub async fn publish(&self, parameters: &[(&str, &str)]) -> String {
        let mut all = vec![("TopicArn", TOPIC)];
        all.extend(parameters);
        let answer = self.call("Publish", &all).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
        answer.element("MessageId").to_owned()
    }

    /// What SNS answers to a request that it refuses: status, code, message.
    pub async fn refusal(
        &self,
        action: &str,
        parameters: &[(&str, &str)],
    ) -> (u16, String, String) {
        let answer = self.call(action, parameters).await;
        let (code, message) = (answer.element("Code"), answer.element("Message"));
        (answer.status.as_u16(), code.into(), message.into())
    }

    pub fn trail(&self, id: &str) -> Trail {
        self.recorder.find(id).unwrap()
    }

    pub fn first_hop(&self, trail: &str) -> Hop {
        self.trail(trail).hops[0].clone()
    }
}

impl Answer {
    /// The text of the first element with this name.
    pub fn element(&self, name: &str) -> &str {
        let (open, close) = (format!("<{name}>"), format!("</{name}>"));
        let rest = self.body.split_once(&open);
        let text = rest.and_then(|(_, rest)| rest.split_once(&close));
        text.unwrap_or_else(|| panic!("no <{name}> in {}", self.body))
            .0
    }

    /// The body with what differs from run to run replaced.
    pub fn redacted(&self) -> String {
        let mut body = self.body.replace(self.element("RequestId"), "[request id]");
        let header = self.headers["x-amzn-requestid"].to_str().unwrap();
        assert_eq!(header, self.element("RequestId"));
        while let Some((before, rest)) = body.split_once("<MessageId>") {
            let (_, after) = rest.split_once("</MessageId>").unwrap();
            body = format!("{before}<Message-Id>[message id]</Message-Id>{after}");
        }
        body.replace("Message-Id", "MessageId")
    }
}

/// Function parameters of an attribute, as SDKs number them.
pub fn attribute<'a>(
    names: &'a [String; 3],
    name: &'a str,
    data_type: &'a str,
    value: &'a str,
) -> [(&'a str, &'a str); 3] {
    [
        (&names[0], name),
        (&names[1], data_type),
        (&names[2], value),
    ]
}

/// Names of the parameters of attribute `number` with this kind of value.
pub fn attribute_names(number: usize, field: &str) -> [String; 3] {
    let prefix = format!("MessageAttributes.entry.{number}");
    [
        format!("{prefix}.Name"),
        format!("{prefix}.Value.DataType"),
        format!("{prefix}.Value.{field}"),
    ]
}

pub const ENTRY: &str = "PublishBatchRequestEntries.member";

/// Parameters of a batch: id and message of each entry.
pub fn batch(entries: &[(&str, &str)]) -> Vec<(String, String)> {
    let mut parameters = vec![("TopicArn".to_owned(), TOPIC.to_owned())];
    for (number, (id, message)) in (1..).zip(entries) {
        parameters.push((format!("{ENTRY}.{number}.Id"), (*id).to_owned()));
        parameters.push((format!("{ENTRY}.{number}.Message"), (*message).to_owned()));
    }
    parameters
}

pub fn borrowed(parameters: &[(String, String)]) -> Vec<(&str, &str)> {
    let pairs = parameters.iter();
    pairs.map(|(key, value)| (&**key, &**value)).collect()
}

pub fn told(status: u16, code: &str, message: &str) -> (u16, String, String) {
    (status, code.to_owned(), message.to_owned())
}

/// One topic, nobody subscribed.
pub fn topic_only() -> Stack {
    Stack {
        topics: vec![Topic {
            logical_id: "PaymentEventsTopic".into(),
            name: "payments".into(),
            arn: TOPIC.into(),
            display_name: None,
        }],
        ..Stack::default()
    }
}

/// One topic and the function `Broadcaster` that listens to it.
pub fn with_function() -> Stack {
    let mut stack = topic_only();
    stack.functions.push(Function {
        logical_id: "Broadcaster".into(),
        name: "broadcast".into(),
        arn: lambda_arn("broadcast"),
        binary: String::new(),
        code_uri: ".".into(),
        handler: "bootstrap".into(),
        memory_size: 128,
        timeout: std::time::Duration::from_secs(3),
        environment: Default::default(),
        reserved_concurrency: None,
        asynchronous: Asynchronous::default(),
        line: 1,
    });
    let endpoint = Endpoint::Lambda(lambda_arn("broadcast"));
    stack
        .subscriptions
        .push(subscription("ToBroadcaster", endpoint));
    stack
}

/// One topic and the queue `Archive` that listens to it.
pub fn with_queue(raw: bool) -> Stack {
    let mut stack = topic_only();
    add_queue(&mut stack, "Archive");
    let arn = queue_arn("Archive");
    let endpoint = Endpoint::Sqs { arn, raw };
    stack
        .subscriptions
        .push(subscription("ToArchive", endpoint));
    stack
}

pub fn add_queue(stack: &mut Stack, name: &str) {
    stack.queues.push(Queue {
        logical_id: name.into(),
        name: name.into(),
        arn: queue_arn(name),
        url: format!("https://sqs.us-east-1.amazonaws.com/123456789012/{name}"),
        ..Queue::default()
    });
}

/// Gives the stack's first subscription the dead-letter queue `DeadLetters`.
pub fn add_dead_letters(stack: &mut Stack) {
    add_queue(stack, "DeadLetters");
    stack.subscriptions[0].dead_letter = Some(queue_arn("DeadLetters"));
}

pub fn queue_arn(name: &str) -> String {
    format!("arn:aws:sqs:us-east-1:123456789012:{name}")
}

pub fn lambda_arn(name: &str) -> String {
    format!("arn:aws:lambda:us-east-1:123456789012:function:{name}")
}

pub fn subscription(logical_id: &str, endpoint: Endpoint) -> Subscription {
    Subscription {
        logical_id: logical_id.into(),
        arn: format!("{TOPIC}:{SUBSCRIPTION_SUFFIX}"),
        topic: TOPIC.into(),
        endpoint,
        filter_policy: None,
        filter_scope: FilterScope::MessageAttributes,
        dead_letter: None,
    }
}
