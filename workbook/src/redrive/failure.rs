//! What a message of a failure queue says.

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::output::{counted, one_line};

/// Longest reason that is shown, in characters.
const REASON: usize = 120;

/// A failed event: what to invoke the function with, and what to tell of it.
#[derive(Debug, PartialEq, Eq)]
pub struct Failure {
    /// The payload of the invocation.
    pub payload: String,
    /// Why it failed, if that is said.
    pub reason: Option<String>,
    /// How many clients did not get it, if that is said.
    pub clients: Option<usize>,
}

/// A record of Lambda's failure destination, as far as it matters here. What the
/// function was invoked with is inside.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Record<'a> {
    request_context: RequestContext,
    #[serde(borrow)]
    request_payload: &'a RawValue,
    #[serde(default)]
    response_payload: Value,
}

#[derive(Deserialize)]
struct RequestContext {
    condition: String,
}

impl Failure {
    /// Reads the body of a message: a record of Lambda's failure destination,
    /// or what the function itself wrote, which it understands.
    #[must_use]
    pub fn read(body: &str) -> Self {
        if let Ok(record) = serde_json::from_str::<Record>(body) {
            let error = record.response_payload.get("errorMessage");
            let mut reason = record.request_context.condition;
            if let Some(error) = error.and_then(Value::as_str) {
                reason = format!("{reason}: {error}");
            }
            return Self {
                reason: Some(one_line(&reason, REASON)),
                ..Self::of_function(record.request_payload.get())
            };
        }
        Self::of_function(body)
    }

    fn of_function(payload: &str) -> Self {
        let object: Value = serde_json::from_str(payload).unwrap_or_default();
        let reason = object.get("reason").and_then(Value::as_str);
        let clients = object.get("connections").and_then(Value::as_array);
        Self {
            payload: payload.to_owned(),
            reason: reason.map(|reason| one_line(reason, REASON)),
            clients: clients.map(Vec::len),
        }
    }

    /// The same in a few words.
    #[must_use]
    pub fn words(&self) -> String {
        let reason = self.reason.as_deref().unwrap_or("no reason given");
        match self.clients {
            Some(clients) => format!("{reason}, {}", counted(clients, "client")),
            None => reason.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_function_wrote_goes_back_as_it_is() {
        let body = r#"{"reason":"unreached", "connections":["a=","b="], "message":"{}"}"#;
        let failure = Failure::read(body);
        assert_eq!(failure.payload, body);
        assert_eq!(failure.words(), "unreached, 2 clients");
        let other = Failure::read("not json");
        assert_eq!(
            (other.payload.as_str(), other.words().as_str()),
            ("not json", "no reason given")
        );
    }

    #[test]
    fn of_lambdas_own_record_the_event_inside_goes_back() {
        let body = r#"{"version":"1.0","requestContext":{"requestId":"1","condition":"RetriesExhausted"},
            "requestPayload":{"Records": [1.50]},"responseContext":{"statusCode":200},
            "responsePayload":{"errorMessage":"exit status: 1"}}"#;
        let failure = Failure::read(body);
        assert_eq!(failure.payload, r#"{"Records": [1.50]}"#);
        assert_eq!(failure.words(), "RetriesExhausted: exit status: 1");
    }
}
