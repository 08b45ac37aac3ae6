//! The Lambda function `PaymentWebhookHandler`.

use lambda_runtime::{Error, run, service_fn};
use step_02_signature_checks::clock;
use step_02_signature_checks::config::Config;
use step_02_signature_checks::webhook::{Deps, handle};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    lambda_runtime::tracing::init_default_subscriber();

    let config =
        Config::from_env().inspect_err(|error| tracing::error!("cannot start: {error}"))?;
    config.log_what_is_refused();
    let deps = Deps {
        verifier: config.verifier,
        clock: clock::system,
    };

    run(service_fn(|event| handle(event, &deps))).await
}
