//! The topic's subscriber: passes events on to the WebSocket clients.

use lambda_runtime::LambdaEvent;
use tokio::time::Instant;

use crate::broadcast::{BroadcastError, Broadcaster};
use crate::deadline::Deadline;
use crate::failures::KeepForLater;
use crate::job::Job;
use crate::post::PostToConnection;
use crate::table::Connections;

/// Handles an event of SNS, or what came of an earlier one.
///
/// # Errors
///
/// If an event must be delivered once more: then Lambda invokes the function
/// again, twice at most, and sends what it was asked to do to the failure queue.
pub async fn handle(
    event: LambdaEvent<Job>,
    broadcaster: &Broadcaster<impl Connections, impl PostToConnection, impl KeepForLater>,
) -> Result<(), BroadcastError> {
    let deadline = Deadline::of(&event.context, (broadcaster.clock)());
    for delivery in event.payload.deliveries() {
        let event_type = delivery.event.event_type.clone();
        let bytes = delivery.event.payload.len();
        let start = Instant::now();

        let summary = broadcaster.deliver(delivery, deadline).await?;

        tracing::info!(
            event_type,
            bytes,
            sent = summary.sent,
            gone = summary.gone,
            failed = summary.failed,
            pages = summary.pages,
            milliseconds = start.elapsed().as_millis(),
            "broadcast"
        );
    }
    Ok(())
}
