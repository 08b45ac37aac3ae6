//! The step's stack in the sandbox, for its DynamoDB.

use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_sns::config::{Credentials, SharedCredentialsProvider};
use sandbox::Sandbox;
use step_04_websocket_broadcast::table::ConnectionsTable;

/// The stack, with nobody connected.
pub struct Stage {
    pub sandbox: Sandbox,
}

impl Stage {
    pub async fn start() -> Self {
        let step = "steps/04-websocket-broadcast";
        let template = book_proofs::root().join(step).join("template.yaml");
        let mut options = book_proofs::options(template, step);
        for name in ["StripeEndpointSecret", "SigningSecret"] {
            options
                .parameters
                .insert(name.to_owned(), "none".to_owned());
        }
        Stage {
            sandbox: Sandbox::start(options).await.unwrap(),
        }
    }

    /// Its table, reached as from a terminal.
    pub fn table(&self) -> ConnectionsTable {
        let stack = self.sandbox.stack();
        let mut settings = stack.functions.iter().map(|function| &function.environment);
        let name = settings.find_map(|settings| settings.get("TABLE_NAME"));
        ConnectionsTable::new(&self.sdk_config(), name.unwrap().clone())
    }

    /// The ids in the table, those included whose time is over.
    pub fn rows(&self) -> Vec<String> {
        let rows = self.sandbox.items("ConnectionsTable");
        let id = |row: &serde_json::Value| row["connectionId"]["S"].as_str().unwrap().to_owned();
        rows.iter().map(id).collect()
    }

    fn sdk_config(&self) -> SdkConfig {
        let credentials = Credentials::new("AKIDTEST", "secret", None, None, "test");
        SdkConfig::builder()
            .behavior_version(BehaviorVersion::v2026_01_12())
            .region(Region::new("us-east-1"))
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .retry_config(RetryConfig::standard().with_initial_backoff(Duration::from_millis(1)))
            .endpoint_url(self.sandbox.services_url().unwrap())
            .build()
    }
}
