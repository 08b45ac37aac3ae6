//! The DynamoDB table of those who listen: one row for each connection.

use std::collections::HashMap;

use aws_config::SdkConfig;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::DisplayErrorContext;
use aws_sdk_dynamodb::operation::delete_item::DeleteItemError;
use aws_sdk_dynamodb::types::AttributeValue;

const KEY: &str = "connectionId";

/// API Gateway closes every connection after two hours. The rest is slack: a
/// row too many costs one call, a row too few costs a client its events.
const LIFE_SECONDS: i64 = 2 * 60 * 60 + 10 * 60;

/// A client has its row before its connection is open, and until then API
/// Gateway says that it is gone. Opening takes less than this.
const OPENING_SECONDS: i64 = 60;

/// Some of the connections.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Page {
    /// Their ids. There may be none, and more on the next page.
    pub ids: Vec<String>,
    /// Where the next page begins, if there is one.
    pub next: Option<String>,
}

/// Knows who listens.
#[expect(
    async_fn_in_trait,
    reason = "a function handles one event at a time on one thread, so the future need not be Send"
)]
pub trait Connections {
    /// Adds a connection that was made at `connected_at`, in seconds since 1970.
    ///
    /// # Errors
    ///
    /// A [`TableError`] if it is not certain that the connection was added.
    async fn add(&self, id: &str, connected_at: i64) -> Result<(), TableError>;

    /// Removes a connection. One that is not there is no error.
    ///
    /// # Errors
    ///
    /// A [`TableError`] if it is not certain that the connection was removed.
    async fn remove(&self, id: &str) -> Result<(), TableError>;

    /// Removes a connection that API Gateway called gone at `now`. If it is so
    /// young that it may only be about to open it stays, which is no error.
    ///
    /// # Errors
    ///
    /// A [`TableError`] if it is not certain that this was done.
    async fn remove_gone(&self, id: &str, now: i64) -> Result<(), TableError>;

    /// Reads the connections that are not over at `now`: those of the first
    /// page, or of the page that begins after the connection `from`.
    ///
    /// # Errors
    ///
    /// A [`TableError`] if the page could not be read.
    async fn page(&self, from: Option<&str>, now: i64) -> Result<Page, TableError>;
}

/// Why the table could not be read or written, told in full for the log.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct TableError(pub String);

impl TableError {
    fn new(error: impl std::error::Error) -> Self {
        TableError(DisplayErrorContext(error).to_string())
    }
}

/// A DynamoDB table.
#[derive(Debug)]
pub struct ConnectionsTable {
    client: Client,
    name: String,
}

impl ConnectionsTable {
    /// A table that is reached with these SDK settings.
    pub fn new(sdk_config: &SdkConfig, name: String) -> Self {
        let client = Client::new(sdk_config);
        ConnectionsTable { client, name }
    }
}

impl Connections for ConnectionsTable {
    async fn add(&self, id: &str, connected_at: i64) -> Result<(), TableError> {
        let expires = connected_at + LIFE_SECONDS;
        self.client
            .put_item()
            .table_name(&self.name)
            .item(KEY, AttributeValue::S(id.to_owned()))
            .item("ttl", AttributeValue::N(expires.to_string()))
            .send()
            .await
            .map_err(TableError::new)?;
        Ok(())
    }

    async fn remove(&self, id: &str) -> Result<(), TableError> {
        self.client
            .delete_item()
            .table_name(&self.name)
            .key(KEY, AttributeValue::S(id.to_owned()))
            .send()
            .await
            .map_err(TableError::new)?;
        Ok(())
    }

    async fn remove_gone(&self, id: &str, now: i64) -> Result<(), TableError> {
        // When a connection expires tells when it was made.
        let young = now - OPENING_SECONDS + LIFE_SECONDS;
        let removed = self
            .client
            .delete_item()
            .table_name(&self.name)
            .key(KEY, AttributeValue::S(id.to_owned()))
            // The # because `ttl` is a reserved word.
            .condition_expression("#ttl < :young")
            .expression_attribute_names("#ttl", "ttl")
            .expression_attribute_values(":young", AttributeValue::N(young.to_string()))
            .send()
            .await;
        match removed {
            Err(error) => match error.as_service_error() {
                Some(DeleteItemError::ConditionalCheckFailedException(_)) => Ok(()),
                _ => Err(TableError::new(error)),
            },
            Ok(_) => Ok(()),
        }
    }

    async fn page(&self, from: Option<&str>, now: i64) -> Result<Page, TableError> {
        let start = from.map(|id| {
            let id = AttributeValue::S(id.to_owned());
            HashMap::from([(KEY.to_owned(), id)])
        });
        let page = self
            .client
            .scan()
            .table_name(&self.name)
            .set_exclusive_start_key(start)
            // Who has just connected is to be found.
            .consistent_read(true)
            .projection_expression(KEY)
            // DynamoDB may take days to delete what has expired.
            .filter_expression("#ttl > :now")
            .expression_attribute_names("#ttl", "ttl")
            .expression_attribute_values(":now", AttributeValue::N(now.to_string()))
            .send()
            .await
            .map_err(TableError::new)?;

        Ok(Page {
            ids: page.items.into_iter().flatten().filter_map(id).collect(),
            next: page.last_evaluated_key.and_then(id),
        })
    }
}

/// The connection id in a row or in a key.
fn id(mut row: HashMap<String, AttributeValue>) -> Option<String> {
    match row.remove(KEY) {
        Some(AttributeValue::S(id)) => Some(id),
        _ => None,
    }
}
