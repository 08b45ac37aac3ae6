//! The Lambda function `PaymentBroadcaster`.

use lambda_runtime::{Error, run, service_fn};
use step_05_waf_cloudfront::broadcast::Broadcaster;
use step_05_waf_cloudfront::broadcaster::handle;
use step_05_waf_cloudfront::config::BroadcasterConfig;
use step_05_waf_cloudfront::failures::FailureQueue;
use step_05_waf_cloudfront::post::ConnectionsApi;
use step_05_waf_cloudfront::table::ConnectionsTable;
use step_05_waf_cloudfront::{aws, clock};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    lambda_runtime::tracing::init_default_subscriber();

    let config = BroadcasterConfig::from_env()
        .inspect_err(|error| tracing::error!("cannot start: {error}"))?;
    let sdk_config = aws::sdk_config().await;
    let broadcaster = Broadcaster {
        connections: ConnectionsTable::new(&sdk_config, config.table_name),
        clients: ConnectionsApi::new(&sdk_config),
        failures: FailureQueue::new(&sdk_config, config.failure_queue_url),
        clock: clock::system,
    };

    run(service_fn(|event| handle(event, &broadcaster))).await
}
