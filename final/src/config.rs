//! The settings, read from the environment once, when the function starts.

use std::env::{self, VarError};

use crate::secret::{BadSecret, Secret};
use crate::signature::Verifier;

/// The settings of the webhook.
#[derive(Debug)]
pub struct Config {
    /// The secrets and the tolerance, ready for use.
    pub verifier: Verifier,
    /// The ARN of the SNS topic that events are published to.
    pub topic_arn: String,
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
        "the environment variable {STRIPE_TOLERANCE_SECONDS} is {0:?}; it must be a whole number \
         of seconds from 1 up, since 0 would let old requests be sent again for ever"
    )]
    BadTolerance(String),
    #[error("the environment variable {TOPIC_ARN} is {0:?}; it must be the ARN of an SNS topic")]
    BadTopic(String),
}

const STRIPE_ENDPOINT_SECRET: &str = "STRIPE_ENDPOINT_SECRET";
const STRIPE_TOLERANCE_SECONDS: &str = "STRIPE_TOLERANCE_SECONDS";
const SIGNING_SECRET: &str = "SIGNING_SECRET";
const TOPIC_ARN: &str = "TOPIC_ARN";

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
        let optional = |name| match variable(name) {
            Ok(text) => Ok(Some(text)),
            Err(VarError::NotPresent) => Ok(None),
            Err(VarError::NotUnicode(_)) => Err(ConfigError::NotText(name)),
        };
        let required = |name| optional(name)?.ok_or(ConfigError::Missing(name));
        let secrets = |name| {
            let setting = optional(name)?.unwrap_or_default();
            Secret::parse_list(&setting).map_err(|bad| ConfigError::BadSecret(name, bad))
        };

        let stripe_secrets = secrets(STRIPE_ENDPOINT_SECRET)?;
        let generic_secrets = secrets(SIGNING_SECRET)?;
        if stripe_secrets
            .iter()
            .any(|secret| generic_secrets.contains(secret))
        {
            return Err(ConfigError::SharedSecret);
        }

        Ok(Config {
            verifier: Verifier {
                stripe_secrets,
                generic_secrets,
                tolerance_seconds: parse_tolerance(required(STRIPE_TOLERANCE_SECONDS)?)?,
            },
            topic_arn: parse_topic(required(TOPIC_ARN)?)?,
        })
    }

    /// Says in the log, once at the start, which schemes refuse every request
    /// because they have no secret.
    pub fn log_what_is_refused(&self) {
        for (secrets, name) in [
            (&self.verifier.stripe_secrets, STRIPE_ENDPOINT_SECRET),
            (&self.verifier.generic_secrets, SIGNING_SECRET),
        ] {
            if secrets.is_empty() {
                tracing::warn!("{name} is not set: every request signed that way is refused");
            }
        }
    }
}

fn parse_tolerance(text: String) -> Result<u64, ConfigError> {
    match text.parse() {
        Ok(seconds) if seconds >= 1 => Ok(seconds),
        _ => Err(ConfigError::BadTolerance(text)),
    }
}

fn parse_topic(text: String) -> Result<String, ConfigError> {
    if text.starts_with("arn:") && text.contains(":sns:") {
        Ok(text)
    } else {
        Err(ConfigError::BadTopic(text))
    }
}
