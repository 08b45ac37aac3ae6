//! A line for debugging that writes down what nobody may read.

use std::env::VarError;

use aws_lambda_events::apigw::ApiGatewayProxyRequest;
use lambda_runtime::tracing::subscriber::filter::LevelFilter;
use lambda_runtime::{Context, LambdaEvent};
use payments::config::Config;
use payments::publish::{Message, PublishError, PublishEvent};
use payments::rotation::RotatingVerifier;
use payments::webhook::{Deps, handle};

use crate::lines::{logged, logged_while};
use crate::request::{SECRET, hidden, request};

/// One line, to see what comes in.
fn log_what_came(event: &LambdaEvent<ApiGatewayProxyRequest>) {
    tracing::debug!(target: "payments::webhook", ?event, "received");
}

#[test]
fn who_logs_the_event_logs_the_signature_the_origins_secret_and_the_card() {
    let event = LambdaEvent::new(request(), Context::default());
    let text = logged(LevelFilter::DEBUG, || log_what_came(&event));
    for hidden in hidden() {
        assert!(text.contains(&hidden), "{hidden} is not in: {text}");
    }
}

/// Why nobody notices: at the usual level there is no such line.
#[test]
fn and_nobody_sees_it_until_the_level_is_debug() {
    let event = LambdaEvent::new(request(), Context::default());
    assert_eq!(logged(LevelFilter::INFO, || log_what_came(&event)), "");
}

struct Topic;

impl PublishEvent for Topic {
    async fn publish(&self, _: &Message<'_>) -> Result<String, PublishError> {
        Ok("message-1".to_owned())
    }
}

#[tokio::test]
async fn the_service_logs_none_of_it_at_any_level() {
    let config = Config::from_variables(|name| match name {
        "STRIPE_ENDPOINT_SECRET" => Ok("none".to_owned()),
        "STRIPE_TOLERANCE_SECONDS" => Ok("300".to_owned()),
        "SIGNING_SECRET" => Ok(SECRET.to_owned()),
        "TOPIC_ARN" => Ok("arn:aws:sns:us-east-1:123456789012:payments".to_owned()),
        _ => Err(VarError::NotPresent),
    });
    let deps: Deps<Topic> = Deps {
        verifier: RotatingVerifier::fixed(config.unwrap().verifier),
        publisher: Topic,
        clock: || 1_700_000_000,
        metrics: |line| tracing::info!(target: "payments::metrics", line),
    };
    let event = LambdaEvent::new(request(), Context::default());
    let (answer, text) = logged_while(LevelFilter::TRACE, handle(event, &deps)).await;
    assert_eq!(answer.unwrap().status_code, 200);
    assert!(
        text.contains("evt_1") && text.contains("Accepted"),
        "{text}"
    );
    for hidden in hidden() {
        assert!(!text.contains(&hidden), "{hidden} is in: {text}");
    }
}
