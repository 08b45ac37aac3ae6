//! The Lambda function `PaymentBroadcaster`.

use std::process::ExitCode;

use lambda_runtime::{Error, run, service_fn};
use payments::broadcast::Broadcaster;
use payments::broadcaster::handle;
use payments::config::BroadcasterConfig;
use payments::failures::FailureQueue;
use payments::post::ConnectionsApi;
use payments::table::ConnectionsTable;
use payments::{aws, clock, metrics, telemetry};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    telemetry::init();
    telemetry::exit_code(start().await)
}

async fn start() -> Result<(), Error> {
    let config = BroadcasterConfig::from_env()?;
    let sdk_config = aws::sdk_config().await;
    let broadcaster = Broadcaster {
        connections: ConnectionsTable::new(&sdk_config, config.table_name),
        clients: ConnectionsApi::new(&sdk_config),
        failures: FailureQueue::new(&sdk_config, config.failure_queue_url),
        clock: clock::system,
        metrics: metrics::print,
    };

    run(service_fn(|event| handle(event, &broadcaster))).await
}
