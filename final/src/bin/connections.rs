//! The Lambda function `PaymentConnections`.

use std::process::ExitCode;

use lambda_runtime::{Error, run, service_fn};
use payments::config::ConnectionsConfig;
use payments::connections::handle;
use payments::table::ConnectionsTable;
use payments::{aws, metrics, telemetry};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    telemetry::init();
    telemetry::exit_code(start().await)
}

async fn start() -> Result<(), Error> {
    let config = ConnectionsConfig::from_env()?;
    let table = ConnectionsTable::new(&aws::sdk_config().await, config.table_name);

    run(service_fn(|event| handle(event, &table, metrics::print))).await
}
