//! The Lambda function `PaymentConnections`.

use lambda_runtime::{Error, run, service_fn};
use step_05_waf_cloudfront::aws;
use step_05_waf_cloudfront::config::ConnectionsConfig;
use step_05_waf_cloudfront::connections::handle;
use step_05_waf_cloudfront::table::ConnectionsTable;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    lambda_runtime::tracing::init_default_subscriber();

    let config = ConnectionsConfig::from_env()
        .inspect_err(|error| tracing::error!("cannot start: {error}"))?;
    let table = ConnectionsTable::new(&aws::sdk_config().await, config.table_name);

    run(service_fn(|event| handle(event, &table))).await
}
