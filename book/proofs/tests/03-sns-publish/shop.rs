//! A provider that sends again, a topic that may fail, and a signed event between them.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::env::VarError;

use aws_lambda_events::apigw::{ApiGatewayProxyRequest, ApiGatewayProxyResponse};
use hmac::{Hmac, KeyInit, Mac};
use lambda_runtime::{Context, Error, LambdaEvent};
use serde_json::{Value, json};
use sha2::Sha256;

use step_03_sns_publish::config::Config;
use step_03_sns_publish::publish::{Message, PublishError, PublishEvent};
use step_03_sns_publish::signature::Verifier;
use step_03_sns_publish::webhook::Deps;

pub const SECRET: &str = "signing_proofs_only";
pub const EVENT: &str = r#"{"id":"evt_1","type":"payment.test"}"#;

/// How often the provider sends before it is done with the event.
const SENDS: usize = 4;

pub type Request = LambdaEvent<ApiGatewayProxyRequest>;
pub type Answer = Result<ApiGatewayProxyResponse, Error>;

/// What becomes of a publish.
#[derive(Clone, Copy, Debug)]
pub enum Outcome {
    Taken,
    Refused,
    /// SNS has the message, but its answer does not arrive.
    TakenUnheard,
}

/// A topic in memory: the given outcomes first, then it takes everything.
#[derive(Default)]
pub struct Topic {
    outcomes: RefCell<VecDeque<Outcome>>,
    pub messages: RefCell<Vec<String>>,
}

impl Topic {
    pub fn that(outcomes: &[Outcome]) -> Self {
        Self {
            outcomes: RefCell::new(outcomes.iter().copied().collect()),
            messages: RefCell::default(),
        }
    }

    pub fn count(&self) -> usize {
        self.messages.borrow().len()
    }
}

impl PublishEvent for Topic {
    async fn publish(&self, message: &Message<'_>) -> Result<String, PublishError> {
        let outcome = self.outcomes.borrow_mut().pop_front();
        let outcome = outcome.unwrap_or(Outcome::Taken);
        if !matches!(outcome, Outcome::Refused) {
            self.messages.borrow_mut().push(message.body.to_owned());
        }
        match outcome {
            Outcome::Taken => Ok("message-1".to_owned()),
            Outcome::Refused => Err(PublishError("refused".to_owned())),
            Outcome::TakenUnheard => Err(PublishError("no answer".to_owned())),
        }
    }
}

/// Takes signatures made with [`SECRET`].
pub fn verifier() -> Verifier {
    let config = Config::from_variables(|name| match name {
        "SIGNING_SECRET" => Ok(SECRET.to_owned()),
        "STRIPE_TOLERANCE_SECONDS" => Ok("300".to_owned()),
        "TOPIC_ARN" => Ok("arn:aws:sns:us-east-1:123456789012:payments".to_owned()),
        _ => Err(VarError::NotPresent),
    });
    config.unwrap().verifier
}

pub fn deps<P>(publisher: P) -> Deps<P> {
    Deps {
        verifier: verifier(),
        publisher,
        clock: || 1_700_000_000,
    }
}

/// The hex HMAC-SHA256 of the body.
pub fn signature(body: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).unwrap();
    mac.update(body.as_bytes());
    hex::encode(mac.finalize().into_bytes())
}

/// A well signed POST of this body, as API Gateway hands it over.
pub fn request(body: &str) -> Request {
    let event = include_str!("../../../../steps/03-sns-publish/tests/events/rest-direct.json");
    let mut event: Value = serde_json::from_str(event).unwrap();
    event["body"] = json!(body);
    event["headers"]["X-Signature"] = json!(signature(body));
    event["multiValueHeaders"]["X-Signature"] = json!([signature(body)]);
    LambdaEvent::new(serde_json::from_value(event).unwrap(), Context::default())
}

/// The status that the provider sees. API Gateway makes a 502 of an error.
pub fn status(answer: &Answer) -> i64 {
    answer.as_ref().map_or(502, |answer| answer.status_code)
}

/// Sends an event until the answer is a 2xx, and returns the statuses.
pub async fn deliver(body: &str, handler: impl AsyncFn(Request) -> Answer) -> Vec<i64> {
    let mut statuses = Vec::new();
    while statuses.len() < SENDS {
        let status = status(&handler(request(body)).await);
        statuses.push(status);
        if (200..300).contains(&status) {
            break;
        }
    }
    statuses
}
