//! The Lambda function `PaymentWebhookHandler`.

use lambda_runtime::{Error, run, service_fn};
use step_05_waf_cloudfront::config::Config;
use step_05_waf_cloudfront::publish::SnsTopic;
use step_05_waf_cloudfront::webhook::{Deps, handle};
use step_05_waf_cloudfront::{aws, clock};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    lambda_runtime::tracing::init_default_subscriber();

    let config =
        Config::from_env().inspect_err(|error| tracing::error!("cannot start: {error}"))?;
    config.log_what_is_refused();
    let deps = Deps {
        verifier: config.verifier,
        publisher: SnsTopic::new(&aws::sdk_config().await, config.topic_arn),
        clock: clock::system,
    };

    run(service_fn(|event| handle(event, &deps))).await
}
