//! The routes of the WebSocket API: who comes, who goes, who is still there.

use aws_lambda_events::apigw::{ApiGatewayProxyResponse, ApiGatewayWebsocketProxyRequest};
use lambda_runtime::{Error, LambdaEvent};

use crate::table::Connections;

/// Handles what happens on a connection.
///
/// # Errors
///
/// If the event has no connection id, which API Gateway never leaves out.
pub async fn handle(
    event: LambdaEvent<ApiGatewayWebsocketProxyRequest>,
    connections: &impl Connections,
) -> Result<ApiGatewayProxyResponse, Error> {
    let context = event.payload.request_context;
    let id = context
        .connection_id
        .ok_or("the event has no connection id")?;

    let status = match context.route_key.as_deref() {
        Some("$connect") => {
            let connected_at = context.connected_at / 1000;
            connect(&id, connected_at, connections).await
        }
        Some("$disconnect") => disconnect(&id, connections).await,
        // A ping. That it came is all that counts: API Gateway closes a
        // connection that was silent for ten minutes.
        _ => 200,
    };

    let mut response = ApiGatewayProxyResponse::default();
    response.status_code = status;
    Ok(response)
}

/// Whoever is not in the table would wait in vain. So if the row cannot be
/// written the connection is refused, and the client tries again.
async fn connect(id: &str, connected_at: i64, connections: &impl Connections) -> i64 {
    match connections.add(id, connected_at).await {
        Ok(()) => {
            tracing::info!(id, "connected");
            200
        }
        Err(error) => {
            tracing::error!(id, "connection refused: {error}");
            500
        }
    }
}

/// Nobody listens to this answer, and API Gateway may never ask: the broadcaster
/// removes those it finds gone, and DynamoDB what has expired.
async fn disconnect(id: &str, connections: &impl Connections) -> i64 {
    match connections.remove(id).await {
        Ok(()) => tracing::info!(id, "disconnected"),
        Err(error) => tracing::warn!(id, "the row of a closed connection stays: {error}"),
    }
    200
}
