//! The settings, read from the environment once, when the function starts.

use std::env::{self, VarError};

use crate::secret::{BadSecret, Secret};
use crate::signature::Verifier;

/// The settings of the webhook.
#[derive(Debug)]
pub struct Config {
    /// The secrets and the tolerance, ready for use. Without secrets if there
    /// is an ARN.
    pub verifier: Verifier,
    /// The ARN of the secret that has the secrets, if these settings do not.
    pub secrets_arn: Option<String>,
    /// The ARN of the SNS topic that events are published to.
    pub topic_arn: String,
}

/// The settings of the function that keeps the connections.
#[derive(Debug)]
pub struct ConnectionsConfig {
    /// The name of the DynamoDB table of the connections.
    pub table_name: String,
}

/// The settings of the broadcaster.
#[derive(Debug)]
pub struct BroadcasterConfig {
    /// The name of the DynamoDB table of the connections.
    pub table_name: String,
    /// The URL of the SQS queue for events that did not reach everyone.
    pub failure_queue_url: String,
}

/// Why the function cannot start. Names the variable, never its secret.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error("the environment variable {0} is not set")]
    Missing(&'static str),
    #[error("the environment variable {0} is not valid UTF-8")]
    NotText(&'static str),
    #[error("the environment variable {0} {1}")]
    BadSecret(&'static str, #[source] BadSecret),
    #[error(
        "the environment variables {STRIPE_ENDPOINT_SECRET} and {SIGNING_SECRET} share a secret; \
         give each scheme its own, or a signature made for one could pass as one for the other"
    )]
    SharedSecret,
    #[error(
        "the environment variable {WEBHOOK_SECRETS_ARN} is set beside secrets in \
         {STRIPE_ENDPOINT_SECRET} or {SIGNING_SECRET}; keep them in one place, and set those two \
         to `none` if it is the ARN's"
    )]
    TwoPlaces,
    #[error(
        "the environment variable {WEBHOOK_SECRETS_ARN} is {0:?}; it must be the ARN of a secret"
    )]
    BadSecretsArn(String),
    #[error(
        "the environment variable {STRIPE_TOLERANCE_SECONDS} is {0:?}; it must be a whole number \
         of seconds from 1 up, since 0 would let old requests be sent again for ever"
    )]
    BadTolerance(String),
    #[error("the environment variable {TOPIC_ARN} is {0:?}; it must be the ARN of an SNS topic")]
    BadTopic(String),
    #[error("the environment variable {TABLE_NAME} is empty; it must name a DynamoDB table")]
    NoTable,
    #[error("the environment variable {FAILURE_QUEUE_URL} is {0:?}; it must be the URL of a queue")]
    BadQueue(String),
    #[error(
        "the environment variable {CONNECTIONS_ENDPOINT} is {0:?}; it must be the address of the \
         WebSocket API's stage, and begin with https:// instead of wss://"
    )]
    BadEndpoint(String),
}

pub(crate) const STRIPE_ENDPOINT_SECRET: &str = "STRIPE_ENDPOINT_SECRET";
const STRIPE_TOLERANCE_SECONDS: &str = "STRIPE_TOLERANCE_SECONDS";
pub(crate) const SIGNING_SECRET: &str = "SIGNING_SECRET";
const WEBHOOK_SECRETS_ARN: &str = "WEBHOOK_SECRETS_ARN";
const TOPIC_ARN: &str = "TOPIC_ARN";
const TABLE_NAME: &str = "TABLE_NAME";
const FAILURE_QUEUE_URL: &str = "FAILURE_QUEUE_URL";
/// The SDK reads this one itself. Without it, it would call an address where
/// nobody knows our connections.
const CONNECTIONS_ENDPOINT: &str = "AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI";

impl Config {
    /// Reads the settings from the environment.
    ///
    /// # Errors
    ///
    /// A [`ConfigError`] that names the variable which is missing or wrong.
    pub fn from_env() -> Result<Self, ConfigError> {
        Self::from_variables(|name| env::var(name))
    }

    /// Reads the settings from wherever `variable` finds them.
    ///
    /// # Errors
    ///
    /// As [`Config::from_env`].
    pub fn from_variables(
        variable: impl Fn(&str) -> Result<String, VarError>,
    ) -> Result<Self, ConfigError> {
        let secrets = |name| {
            let setting = optional(&variable, name)?.unwrap_or_default();
            Secret::parse_list(&setting).map_err(|bad| ConfigError::BadSecret(name, bad))
        };

        let verifier = Verifier {
            stripe_secrets: secrets(STRIPE_ENDPOINT_SECRET)?,
            generic_secrets: secrets(SIGNING_SECRET)?,
            tolerance_seconds: parse_tolerance(required(&variable, STRIPE_TOLERANCE_SECONDS)?)?,
        };
        if verifier.shares_a_secret() {
            return Err(ConfigError::SharedSecret);
        }
        let secrets_arn = parse_secrets_arn(optional(&variable, WEBHOOK_SECRETS_ARN)?)?;
        if secrets_arn.is_some() && verifier.has_secrets() {
            return Err(ConfigError::TwoPlaces);
        }

        Ok(Config {
            verifier,
            secrets_arn,
            topic_arn: parse_topic(required(&variable, TOPIC_ARN)?)?,
        })
    }
}

impl ConnectionsConfig {
    /// Reads the settings from the environment.
    ///
    /// # Errors
    ///
    /// As [`Config::from_env`].
    pub fn from_env() -> Result<Self, ConfigError> {
        Self::from_variables(|name| env::var(name))
    }

    /// Reads the settings from wherever `variable` finds them.
    ///
    /// # Errors
    ///
    /// As [`Config::from_env`].
    pub fn from_variables(
        variable: impl Fn(&str) -> Result<String, VarError>,
    ) -> Result<Self, ConfigError> {
        Ok(ConnectionsConfig {
            table_name: parse_table(required(&variable, TABLE_NAME)?)?,
        })
    }
}

impl BroadcasterConfig {
    /// Reads the settings from the environment.
    ///
    /// # Errors
    ///
    /// As [`Config::from_env`].
    pub fn from_env() -> Result<Self, ConfigError> {
        Self::from_variables(|name| env::var(name))
    }

    /// Reads the settings from wherever `variable` finds them.
    ///
    /// # Errors
    ///
    /// As [`Config::from_env`].
    pub fn from_variables(
        variable: impl Fn(&str) -> Result<String, VarError>,
    ) -> Result<Self, ConfigError> {
        let config = BroadcasterConfig {
            table_name: parse_table(required(&variable, TABLE_NAME)?)?,
            failure_queue_url: parse_queue(required(&variable, FAILURE_QUEUE_URL)?)?,
        };
        let endpoint = required(&variable, CONNECTIONS_ENDPOINT)?;
        if is_url(&endpoint) {
            Ok(config)
        } else {
            Err(ConfigError::BadEndpoint(endpoint))
        }
    }
}

fn optional(
    variable: impl Fn(&str) -> Result<String, VarError>,
    name: &'static str,
) -> Result<Option<String>, ConfigError> {
    match variable(name) {
        Ok(text) => Ok(Some(text)),
        Err(VarError::NotPresent) => Ok(None),
        Err(VarError::NotUnicode(_)) => Err(ConfigError::NotText(name)),
    }
}

fn required(
    variable: impl Fn(&str) -> Result<String, VarError>,
    name: &'static str,
) -> Result<String, ConfigError> {
    optional(variable, name)?.ok_or(ConfigError::Missing(name))
}

fn parse_tolerance(text: String) -> Result<u64, ConfigError> {
    match text.parse() {
        Ok(seconds) if seconds >= 1 => Ok(seconds),
        _ => Err(ConfigError::BadTolerance(text)),
    }
}

/// An empty setting is none, as a template's parameter without a value gives it.
fn parse_secrets_arn(setting: Option<String>) -> Result<Option<String>, ConfigError> {
    match setting {
        Some(text) if text.starts_with("arn:") && text.contains(":secretsmanager:") => {
            Ok(Some(text))
        }
        Some(text) if !text.is_empty() => Err(ConfigError::BadSecretsArn(text)),
        _ => Ok(None),
    }
}

fn parse_topic(text: String) -> Result<String, ConfigError> {
    if text.starts_with("arn:") && text.contains(":sns:") {
        Ok(text)
    } else {
        Err(ConfigError::BadTopic(text))
    }
}

fn parse_table(text: String) -> Result<String, ConfigError> {
    if text.is_empty() {
        Err(ConfigError::NoTable)
    } else {
        Ok(text)
    }
}

fn parse_queue(text: String) -> Result<String, ConfigError> {
    if is_url(&text) {
        Ok(text)
    } else {
        Err(ConfigError::BadQueue(text))
    }
}

fn is_url(text: &str) -> bool {
    text.starts_with("https://") || text.starts_with("http://")
}
