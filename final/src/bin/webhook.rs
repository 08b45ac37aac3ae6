//! The Lambda function `PaymentWebhookHandler`.

use std::process::ExitCode;

use lambda_runtime::{Error, run, service_fn};
use payments::config::Config;
use payments::publish::SnsTopic;
use payments::webhook::{Deps, handle};
use payments::{aws, clock, metrics, telemetry};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    telemetry::init();
    telemetry::exit_code(start().await)
}

async fn start() -> Result<(), Error> {
    let config = Config::from_env()?;
    config.log_what_is_refused();
    let deps = Deps {
        verifier: config.verifier,
        publisher: SnsTopic::new(&aws::sdk_config().await, config.topic_arn),
        clock: clock::system,
        metrics: metrics::print,
    };

    run(service_fn(|event| handle(event, &deps))).await
}
