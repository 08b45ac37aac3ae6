//! The calls of AWS's own protocols that commands make to the services of a
//! sandbox.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HOST};
use http::{HeaderName, Request};
use http_body_util::Full;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::error::{Result, failed};
use crate::output::one_line;
use crate::send::connection::{Answer, Connection};
use crate::send::endpoint::Endpoint;

const TARGET: HeaderName = HeaderName::from_static("x-amz-target");
const INVOCATION_TYPE: HeaderName = HeaderName::from_static("x-amz-invocation-type");
const FUNCTION_ERROR: HeaderName = HeaderName::from_static("x-amz-function-error");
/// Longer than a function may run.
const PATIENCE: Duration = Duration::from_secs(16 * 60);
/// The most that one call gives.
const BATCH: u8 = 10;
/// Longest reason that is shown, in characters.
const REASON: usize = 200;

/// A message as SQS gives it.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Message {
    /// Its id.
    pub message_id: String,
    /// What deletes it.
    pub receipt_handle: String,
    /// Its text.
    pub body: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Received {
    #[serde(default)]
    messages: Vec<Message>,
}

/// The services, over one connection.
pub struct Services {
    endpoint: Arc<Endpoint>,
    connection: Connection,
}

impl Services {
    /// The services at this URL.
    ///
    /// # Errors
    /// If it is no URL.
    pub fn at(url: &str) -> Result<Self> {
        let endpoint = Arc::new(Endpoint::read(url, "")?);
        let connection = Connection::new(endpoint.clone(), None).with_patience(PATIENCE);
        Ok(Self {
            endpoint,
            connection,
        })
    }

    /// Where they are.
    #[must_use]
    pub fn url(&self) -> String {
        self.endpoint.url()
    }

    /// Some messages of a queue, which nobody else gets for `hidden`. None if
    /// there are no more.
    ///
    /// # Errors
    /// If the queue does not answer as it should.
    pub async fn receive(&mut self, queue: &str, hidden: Duration) -> Result<Vec<Message>> {
        let request = json!({
            "QueueUrl": queue,
            "MaxNumberOfMessages": BATCH,
            "VisibilityTimeout": hidden.as_secs(),
        });
        let answer = self.sqs("ReceiveMessage", &request).await?;
        let received: Received = serde_json::from_slice(&answer.body)
            .map_err(|error| failed(format!("ReceiveMessage gave no messages: {error}")))?;
        Ok(received.messages)
    }

    /// Takes a message out of its queue for good.
    ///
    /// # Errors
    /// As [`Self::receive`].
    pub async fn delete(&mut self, queue: &str, message: &Message) -> Result<()> {
        let request = json!({"QueueUrl": queue, "ReceiptHandle": message.receipt_handle});
        self.sqs("DeleteMessage", &request).await.map(drop)
    }

    /// Lets everybody see a message again at once.
    ///
    /// # Errors
    /// As [`Self::receive`].
    pub async fn release(&mut self, queue: &str, message: &Message) -> Result<()> {
        let request = json!({
            "QueueUrl": queue,
            "ReceiptHandle": message.receipt_handle,
            "VisibilityTimeout": 0,
        });
        self.sqs("ChangeMessageVisibility", &request)
            .await
            .map(drop)
    }

    /// Invokes a function and waits for its end. `Err` says why it did not do
    /// its work.
    ///
    /// # Errors
    /// If Lambda does not answer at all.
    pub async fn invoke(
        &mut self,
        function: &str,
        payload: String,
    ) -> Result<std::result::Result<(), String>> {
        let path = format!("/2015-03-31/functions/{function}/invocations");
        let headers = [(INVOCATION_TYPE, "RequestResponse")];
        let answer = self.post(&path, &headers, payload).await?;
        let text = String::from_utf8_lossy(&answer.body);
        Ok(if !answer.status.is_success() {
            Err(format!("{} {}", answer.status.as_u16(), reason(&text)))
        } else if answer.headers.contains_key(FUNCTION_ERROR) {
            Err(reason(&text))
        } else {
            Ok(())
        })
    }

    /// The text of a secret's current version.
    ///
    /// # Errors
    /// If there is none.
    pub async fn secret(&mut self, id: &str) -> Result<String> {
        let request = json!({"SecretId": id});
        let answer = self.json("secretsmanager", "GetSecretValue", &request);
        let value: Value = serde_json::from_slice(&answer.await?.body).unwrap_or_default();
        let text = value.get("SecretString").and_then(Value::as_str);
        text.map(str::to_owned)
            .ok_or_else(|| failed(format!("the secret {id} is not text")))
    }

    async fn sqs(&mut self, action: &str, request: &Value) -> Result<Answer> {
        self.json("AmazonSQS", action, request).await
    }

    async fn json(&mut self, service: &str, action: &str, request: &Value) -> Result<Answer> {
        let target = format!("{service}.{action}");
        let headers = [
            (CONTENT_TYPE, "application/x-amz-json-1.0"),
            (TARGET, target.as_str()),
        ];
        let answer = self.post("/", &headers, request.to_string()).await?;
        if answer.status.is_success() {
            return Ok(answer);
        }
        let text = String::from_utf8_lossy(&answer.body);
        Err(failed(format!(
            "{action} was refused with {}: {}",
            answer.status.as_u16(),
            reason(&text)
        )))
    }

    async fn post(
        &mut self,
        path: &str,
        headers: &[(HeaderName, &str)],
        body: String,
    ) -> Result<Answer> {
        let mut request = Request::post(path).header(HOST, self.endpoint.authority());
        for (name, value) in headers {
            request = request.header(name, *value);
        }
        let request = request
            .body(Full::new(Bytes::from(body)))
            .map_err(|error| failed(format!("{path}: {error}")))?;
        self.connection.send(request).await
    }
}

/// The reason in an error's body: of a function, of Lambda or of a service.
fn reason(body: &str) -> String {
    let object: Value = serde_json::from_str(body).unwrap_or_default();
    let field = |name: &str| object.get(name).and_then(Value::as_str);
    let kind = ["errorType", "__type", "Type"].into_iter().find_map(field);
    let message = ["errorMessage", "message", "Message"]
        .into_iter()
        .find_map(field);
    let told: Vec<&str> = kind.into_iter().chain(message).collect();
    match told.as_slice() {
        [] => one_line(body, REASON),
        told => one_line(&told.join(": "), REASON),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reason_is_found_in_every_kind_of_error() {
        for (body, told) in [
            (
                r#"{"errorType":"Runtime.ExitError","errorMessage":"exit status: 1"}"#,
                "Runtime.ExitError: exit status: 1",
            ),
            (
                r#"{"__type":"com.amazonaws.sqs#QueueDoesNotExist","message":"No such queue."}"#,
                "com.amazonaws.sqs#QueueDoesNotExist: No such queue.",
            ),
            (
                r#"{"Type":"User","Message":"Function not found"}"#,
                "User: Function not found",
            ),
            ("not\njson", "not json"),
        ] {
            assert_eq!(reason(body), told);
        }
    }
}
