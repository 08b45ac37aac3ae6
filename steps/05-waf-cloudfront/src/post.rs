//! Sending a message to one WebSocket client.

use aws_config::SdkConfig;
use aws_config::retry::RetryConfig;
use aws_config::stalled_stream_protection::StalledStreamProtectionConfig;
use aws_sdk_apigatewaymanagement::Client;
use aws_sdk_apigatewaymanagement::config::Builder;
use aws_sdk_apigatewaymanagement::error::{DisplayErrorContext, SdkError};
use aws_sdk_apigatewaymanagement::operation::post_to_connection::PostToConnectionError;
use aws_sdk_apigatewaymanagement::primitives::Blob;

/// The most that a WebSocket client can be sent in one message.
pub const MAX_BYTES: usize = 131_072;

/// Sends to clients. All that the broadcaster needs to know of API Gateway.
#[expect(
    async_fn_in_trait,
    reason = "a function handles one event at a time on one thread, so the future need not be Send"
)]
pub trait PostToConnection {
    /// Sends the text to a client, in one attempt.
    ///
    /// # Errors
    ///
    /// A [`PostError`] if it is not certain that the client was sent the text.
    async fn post(&self, id: &str, text: &str) -> Result<(), PostError>;
}

/// Why a client was not sent a message.
#[derive(Debug, thiserror::Error)]
pub enum PostError {
    #[error("the client is gone")]
    Gone,
    /// Another attempt may do.
    #[error("{0}")]
    NotNow(String),
    /// Another attempt would end like this one.
    #[error("{0}")]
    Refused(String),
}

/// The `@connections` address of a WebSocket API.
#[derive(Debug)]
pub struct ConnectionsApi {
    client: Client,
}

impl ConnectionsApi {
    /// The API that the environment variable
    /// `AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI` names: the SDK looks there.
    pub fn new(sdk_config: &SdkConfig) -> Self {
        let config = Builder::from(sdk_config)
            // The SDK's retries share one budget: a few bad clients would use
            // up what the others need. Here each client has its own.
            .retry_config(RetryConfig::disabled())
            // For long downloads; an attempt that takes too long ends anyway.
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
            .build();
        let client = Client::from_conf(config);
        ConnectionsApi { client }
    }
}

impl PostToConnection for ConnectionsApi {
    async fn post(&self, id: &str, text: &str) -> Result<(), PostError> {
        let posted = self
            .client
            .post_to_connection()
            .connection_id(id)
            .data(Blob::new(text))
            .send()
            .await;
        posted.map(drop).map_err(PostError::from)
    }
}

impl From<SdkError<PostToConnectionError>> for PostError {
    /// Looks at the status. The SDK tells errors apart by the header
    /// `x-amzn-ErrorType`, and not every answer has it.
    fn from(error: SdkError<PostToConnectionError>) -> Self {
        let Some(answer) = error.raw_response() else {
            return PostError::NotNow(DisplayErrorContext(error).to_string());
        };
        let status = answer.status().as_u16();
        let reason = format!("API Gateway answered {status}");
        match status {
            410 => PostError::Gone,
            429 | 500.. => PostError::NotNow(reason),
            _ => PostError::Refused(reason),
        }
    }
}
