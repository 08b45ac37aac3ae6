use serde_json::Value;

/// A DynamoDB table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// Logical id.
    pub logical_id: String,
    /// Name in the account.
    pub name: String,
    /// ARN.
    pub arn: String,
    /// The input of `CreateTable` that makes it, as JSON.
    pub definition: Value,
    /// Attribute of the time to live, if that is enabled.
    pub time_to_live: Option<String>,
}
