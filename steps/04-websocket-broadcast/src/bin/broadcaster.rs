//! The Lambda function `PaymentBroadcaster`.

use lambda_runtime::{Error, run, service_fn};
use step_04_websocket_broadcast::broadcast::Broadcaster;
use step_04_websocket_broadcast::broadcaster::handle;
use step_04_websocket_broadcast::config::BroadcasterConfig;
use step_04_websocket_broadcast::failures::FailureQueue;
use step_04_websocket_broadcast::post::ConnectionsApi;
use step_04_websocket_broadcast::table::ConnectionsTable;
use step_04_websocket_broadcast::{aws, clock};

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
