//! Where secrets are kept, if not in the function's settings: AWS Secrets Manager.

use std::error::Error;
use std::iter::successors;

use aws_config::SdkConfig;
use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_secretsmanager::operation::get_secret_value::GetSecretValueError;

/// The version that counts, and the one that counted before it. Both are live,
/// so that a secret can be replaced without refusing anybody.
pub struct Versions {
    pub current: String,
    /// None if the secret was never changed.
    pub previous: Option<String>,
}

/// Reads a secret. All that the webhook needs to know of Secrets Manager.
#[expect(
    async_fn_in_trait,
    reason = "a function handles one event at a time on one thread, so the future need not be Send"
)]
pub trait ReadVersions {
    /// Reads both versions.
    ///
    /// # Errors
    ///
    /// A [`StoreError`] if one of them may be there and was not read.
    async fn versions(&self) -> Result<Versions, StoreError>;
}

/// Why a secret was not read.
#[derive(Debug, thiserror::Error)]
#[error(
    "the secret that WEBHOOK_SECRETS_ARN names cannot be read ({0}); it must be in this Region and \
     hold text, and the function's role needs secretsmanager:GetSecretValue on it, and \
     kms:Decrypt on its key if that is one of your own"
)]
pub struct StoreError(pub String);

/// A secret of AWS Secrets Manager.
#[derive(Debug)]
pub struct SecretsManager {
    client: Client,
    arn: String,
}

impl SecretsManager {
    /// A secret that is read with these SDK settings.
    pub fn new(sdk_config: &SdkConfig, arn: String) -> Self {
        let client = Client::new(sdk_config);
        SecretsManager { client, arn }
    }

    async fn version(&self, label: &str) -> Result<Option<String>, SdkError<GetSecretValueError>> {
        let request = self.client.get_secret_value();
        let version = request.secret_id(&self.arn).version_stage(label).send();
        Ok(version.await?.secret_string)
    }
}

impl ReadVersions for SecretsManager {
    async fn versions(&self) -> Result<Versions, StoreError> {
        let current = self.version("AWSCURRENT").await;
        let current = current.map_err(|error| told(&error))?;
        let current = current.ok_or_else(|| StoreError("it is not text".to_owned()))?;
        // Not at the same time: over one connection it costs one handshake.
        let previous = match self.version("AWSPREVIOUS").await {
            Err(SdkError::ServiceError(error)) if error.err().is_resource_not_found_exception() => {
                None
            }
            previous => previous.map_err(|error| told(&error))?,
        };
        Ok(Versions { current, previous })
    }
}

/// What the SDK's error is about. Not with `DisplayErrorContext` as elsewhere:
/// that prints what was answered, and in these answers there are secrets.
fn told(error: &SdkError<GetSecretValueError>) -> StoreError {
    StoreError(match (error.code(), error.message()) {
        (Some(code), Some(message)) => format!("{code}: {message}"),
        _ if error.raw_response().is_some() => "the answer makes no sense".to_owned(),
        _ => {
            let causes = successors(Some(error as &dyn Error), |error| (*error).source());
            let causes: Vec<String> = causes.map(ToString::to_string).collect();
            causes.join(": ")
        }
    })
}
