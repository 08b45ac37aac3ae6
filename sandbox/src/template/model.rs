//! A template with everything resolved: the resources that the sandbox runs.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use serde_json::Value;

mod cloudfront;
mod dynamodb;
mod secret;
mod waf;
mod websocket;

pub use cloudfront::{
    Behavior, Distribution, EdgeFunction, Forwarding, Origin, OriginHeader, ResponseHeader,
    ResponseHeaders, Selection, ViewerProtocol,
};
pub use dynamodb::Table;
pub use secret::Secret;
pub use waf::{
    AclScope, Action, Comparison, Component, CustomHeader, CustomResponse, Field, ForwardedIp,
    Hidden, IpSet, OversizeHandling, Position, PositionalConstraint, RateKey, RateLimit, Rule,
    Statement, Transformation, WebAcl,
};
pub use websocket::{Rate, WebSocketApi, WebSocketAuthorizer, WebSocketRoute};

/// What a template describes, resolved for the sandbox's account and region.
///
/// References hold what AWS would put there (`arn:aws:…`, `https://<api>.
/// execute-api…`): the sandbox translates such addresses to loopback where it
/// hands them out, so that a template needs no local variant.
#[derive(Clone, Debug, Default)]
pub struct Stack {
    /// The template file.
    pub template: PathBuf,
    /// `Description` of the template.
    pub description: Option<String>,
    /// The parameters with the values in force, in the template's order.
    pub parameters: Vec<Parameter>,
    /// Functions, in the template's order.
    pub functions: Vec<Function>,
    /// REST APIs.
    pub rest_apis: Vec<RestApi>,
    /// WebSocket APIs.
    pub websocket_apis: Vec<WebSocketApi>,
    /// CloudFront distributions.
    pub distributions: Vec<Distribution>,
    /// Web ACLs.
    pub web_acls: Vec<WebAcl>,
    /// IP sets of web ACLs.
    pub ip_sets: Vec<IpSet>,
    /// DynamoDB tables.
    pub tables: Vec<Table>,
    /// SNS topics.
    pub topics: Vec<Topic>,
    /// SNS subscriptions, those of functions' events included.
    pub subscriptions: Vec<Subscription>,
    /// SQS queues, those that SAM makes included.
    pub queues: Vec<Queue>,
    /// Secrets of Secrets Manager.
    pub secrets: Vec<Secret>,
    /// Resources without an effect on one machine.
    pub inert: Vec<Inert>,
    /// Outputs, in the template's order.
    pub outputs: Vec<Output>,
}

/// A parameter and its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parameter {
    /// Name.
    pub name: String,
    /// Value in force.
    pub value: String,
    /// Whether the template declares it `NoEcho`: never print it for a stack in
    /// the cloud.
    pub no_echo: bool,
}

/// A Lambda function.
#[derive(Clone, Debug)]
pub struct Function {
    /// Logical id.
    pub logical_id: String,
    /// Name in the account, as AWS would make it.
    pub name: String,
    /// ARN, without a version.
    pub arn: String,
    /// Name of the Cargo binary: `Metadata: BuildProperties: Binary`.
    pub binary: String,
    /// Folder of the crate: `CodeUri`, relative to the template's folder.
    pub code_uri: PathBuf,
    /// `Handler`.
    pub handler: String,
    /// `MemorySize` in megabytes.
    pub memory_size: u32,
    /// `Timeout`.
    pub timeout: Duration,
    /// `Environment: Variables`, and those that `LoggingConfig` sets.
    pub environment: BTreeMap<String, String>,
    /// `ReservedConcurrentExecutions`.
    pub reserved_concurrency: Option<u32>,
    /// How asynchronous invocations are repeated and where they end.
    pub asynchronous: Asynchronous,
    /// Line of the resource in the template, from 1.
    pub line: usize,
}

/// Settings of asynchronous invocation (`EventInvokeConfig`, `DeadLetterQueue`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asynchronous {
    /// `MaximumRetryAttempts`, 0 to 2.
    pub maximum_retry_attempts: u32,
    /// `MaximumEventAgeInSeconds`, 60 s to 6 h.
    pub maximum_event_age: Duration,
    /// ARN of the `OnFailure` destination.
    pub on_failure: Option<String>,
    /// ARN of the `OnSuccess` destination.
    pub on_success: Option<String>,
    /// ARN of the function's dead-letter queue or topic.
    pub dead_letter: Option<String>,
}

impl Default for Asynchronous {
    /// What Lambda does when nothing is configured.
    fn default() -> Self {
        Self {
            maximum_retry_attempts: 2,
            maximum_event_age: Duration::from_secs(6 * 3600),
            on_failure: None,
            on_success: None,
            dead_letter: None,
        }
    }
}

/// An API Gateway REST API with its stage.
#[derive(Clone, Debug)]
pub struct RestApi {
    /// Logical id.
    pub logical_id: String,
    /// Id of the API (`Ref`).
    pub id: String,
    /// Name of the stage.
    pub stage: String,
    /// Media types whose bodies arrive base64-encoded, e.g. `*/*`.
    pub binary_media_types: Vec<String>,
    /// Variables of the stage.
    pub stage_variables: BTreeMap<String, String>,
    /// Methods and their functions.
    pub routes: Vec<Route>,
    /// Throttling per method: from `MethodSettings`.
    pub throttles: Vec<Throttle>,
}

/// A method on a path of a REST API, answered by a function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// HTTP method in upper case, or `ANY`.
    pub method: String,
    /// Path template, e.g. `/webhook`, `/{proxy+}`.
    pub path: String,
    /// Logical id of the function.
    pub function: String,
    /// Integration timeout; 29 s unless the template says less.
    pub timeout: Duration,
}

/// Throttling of a stage's methods.
#[derive(Clone, Debug, PartialEq)]
pub struct Throttle {
    /// Method in upper case, or `*`.
    pub method: String,
    /// Path template, or `/*` for all.
    pub path: String,
    /// Requests per second.
    pub rate: f64,
    /// Requests at once.
    pub burst: u32,
}

/// An SNS topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Topic {
    /// Logical id.
    pub logical_id: String,
    /// Name in the account.
    pub name: String,
    /// ARN.
    pub arn: String,
    /// `DisplayName`.
    pub display_name: Option<String>,
}

/// A subscription to a topic.
#[derive(Clone, Debug, PartialEq)]
pub struct Subscription {
    /// Logical id, SAM's own for events of functions.
    pub logical_id: String,
    /// ARN of the subscription.
    pub arn: String,
    /// ARN of the topic.
    pub topic: String,
    /// What is notified.
    pub endpoint: Endpoint,
    /// `FilterPolicy` as JSON.
    pub filter_policy: Option<Value>,
    /// What the filter policy looks at.
    pub filter_scope: FilterScope,
    /// ARN of the dead-letter queue of the subscription (`RedrivePolicy`).
    pub dead_letter: Option<String>,
}

/// The target of a subscription.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Endpoint {
    /// A function, by ARN.
    Lambda(String),
    /// A queue, by ARN; `raw` is `RawMessageDelivery`.
    Sqs {
        /// ARN of the queue.
        arn: String,
        /// Deliver the message alone, without the SNS envelope.
        raw: bool,
    },
}

/// `FilterPolicyScope`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FilterScope {
    /// The message attributes, the default.
    #[default]
    MessageAttributes,
    /// The message body as JSON.
    MessageBody,
}

/// An SQS queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Queue {
    /// Logical id.
    pub logical_id: String,
    /// Name in the account.
    pub name: String,
    /// ARN.
    pub arn: String,
    /// URL as AWS gives it.
    pub url: String,
    /// `VisibilityTimeout`.
    pub visibility_timeout: Duration,
    /// `DelaySeconds`.
    pub delay: Duration,
    /// `MaximumMessageSize` in bytes.
    pub maximum_message_size: usize,
}

impl Default for Queue {
    /// What SQS does when nothing is configured, without a name.
    fn default() -> Self {
        Self {
            logical_id: String::new(),
            name: String::new(),
            arn: String::new(),
            url: String::new(),
            visibility_timeout: Duration::from_secs(30),
            delay: Duration::ZERO,
            maximum_message_size: 1_048_576,
        }
    }
}

/// A resource that the sandbox knows and leaves alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inert {
    /// Logical id.
    pub logical_id: String,
    /// Resource type.
    pub resource_type: String,
    /// Why it has no effect here, as the end of a sentence.
    pub reason: &'static str,
}

/// An output of the stack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// Name.
    pub name: String,
    /// Description.
    pub description: Option<String>,
    /// Value, with AWS's own host names.
    pub value: String,
}
