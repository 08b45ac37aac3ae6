//! The Lambda function `PaymentWebhookHandler`.

use std::process::ExitCode;

use lambda_runtime::{Error, run, service_fn};
use payments::config::Config;
use payments::publish::SnsTopic;
use payments::rotation::RotatingVerifier;
use payments::store::SecretsManager;
use payments::webhook::{Deps, handle};
use payments::{aws, clock, metrics, telemetry};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    telemetry::init();
    telemetry::exit_code(start().await)
}

async fn start() -> Result<(), Error> {
    let config = Config::from_env()?;
    let sdk_config = aws::sdk_config().await;
    let verifier = match config.secrets_arn {
        Some(arn) => {
            let store = SecretsManager::new(&sdk_config, arn);
            RotatingVerifier::start(store, config.verifier, clock::system()).await?
        }
        None => RotatingVerifier::fixed(config.verifier),
    };
    verifier.log_what_is_refused();
    let deps = Deps {
        verifier,
        publisher: SnsTopic::new(&sdk_config, config.topic_arn),
        clock: clock::system,
        metrics: metrics::print,
    };

    run(service_fn(|event| handle(event, &deps))).await
}
