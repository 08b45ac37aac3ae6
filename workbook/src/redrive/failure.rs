//! What a message of a failure queue tells: whatever it is, the function can be
//! invoked with it.

use serde::Deserialize;
use serde_json::Value;

use crate::output::{counted, one_line};

/// Longest reason that is shown, in characters.
const REASON: usize = 120;

/// What the steps' templates lead into the queue, as far as people want to know.
#[derive(Deserialize)]
#[serde(untagged)]
enum Failure {
    /// The broadcaster did not reach everyone.
    Leftover {
        reason: String,
        unreached: Vec<String>,
        from: Option<String>,
        #[serde(default)]
        event: Value,
    },
    /// The function returned an error, or none at all, and Lambda gave up.
    GivenUp {
        #[serde(rename = "requestContext")]
        context: Context,
        #[serde(default, rename = "responsePayload")]
        answer: Value,
    },
    /// SNS could not invoke the function and gave up.
    DeadLetter {
        #[serde(rename = "TopicArn")]
        _topic: String,
    },
}

#[derive(Deserialize)]
struct Context {
    condition: String,
}

/// Why an event failed, and who has yet to get it, in a few words.
#[must_use]
pub fn words(body: &str) -> String {
    let told = match serde_json::from_str(body) {
        Ok(Failure::Leftover {
            reason,
            unreached,
            from,
            ..
        }) => {
            let clients = match (unreached.len(), from) {
                (0, None) => "everyone".to_owned(),
                (0, Some(_)) => "everyone from some row on".to_owned(),
                (some, None) => counted(some, "client"),
                (some, Some(_)) => {
                    format!("{} and everyone from some row on", counted(some, "client"))
                }
            };
            format!("for {clients}: {reason}")
        }
        Ok(Failure::GivenUp { context, answer }) => {
            let error = answer.get("errorMessage").and_then(Value::as_str);
            let error = error.map(|error| format!(": {error}")).unwrap_or_default();
            format!("Lambda gave up, {}{error}", context.condition)
        }
        Ok(Failure::DeadLetter { .. }) => "SNS gave up".to_owned(),
        Err(_) => "no reason given".to_owned(),
    };
    one_line(&told, REASON)
}

/// Whether a new message is what was left of this one when it was sent again.
#[must_use]
pub fn came_back(sent: &str, new: &str) -> bool {
    let Ok(Failure::Leftover { event: new, .. }) = serde_json::from_str(new) else {
        return false;
    };
    match serde_json::from_str(sent) {
        Ok(Failure::Leftover { event, .. }) => event == new,
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_back_is_told_from_what_fails_meanwhile() {
        let leftover =
            |event: u8| format!(r#"{{"reason":"r","event":{event},"unreached":[],"from":null}}"#);
        let given_up = r#"{"requestContext":{"condition":"RetriesExhausted"}}"#;
        assert!(came_back(&leftover(1), &leftover(1)));
        assert!(came_back(given_up, &leftover(1)));
        assert!(!came_back(&leftover(1), &leftover(2)));
        assert!(!came_back(&leftover(1), given_up));
    }

    #[test]
    fn everything_that_lies_in_a_failure_queue_is_told_in_a_few_words() {
        for (body, told) in [
            (
                r#"{"reason":"2 clients failed","event":{"payload":"{}","event_type":"a"},"unreached":["a=","b="],"from":null}"#,
                "for 2 clients: 2 clients failed",
            ),
            (
                r#"{"reason":"throttled","event":{},"unreached":["a="],"from":"k"}"#,
                "for 1 client and everyone from some row on: throttled",
            ),
            (
                r#"{"reason":"throttled","event":{},"unreached":[],"from":"k"}"#,
                "for everyone from some row on: throttled",
            ),
            (
                r#"{"reason":"too\nlarge","event":{},"unreached":[],"from":null}"#,
                "for everyone: too large",
            ),
            (
                r#"{"version":"1.0","requestContext":{"requestId":"1","condition":"RetriesExhausted"},"requestPayload":{"Records":[]},"responsePayload":{"errorMessage":"exit status: 1"}}"#,
                "Lambda gave up, RetriesExhausted: exit status: 1",
            ),
            (
                r#"{"requestContext":{"condition":"EventAgeExceeded"},"requestPayload":{}}"#,
                "Lambda gave up, EventAgeExceeded",
            ),
            (
                r#"{"Type":"Notification","TopicArn":"arn:x","Message":"{}"}"#,
                "SNS gave up",
            ),
            ("not json", "no reason given"),
        ] {
            assert_eq!(words(body), told);
        }
    }
}
