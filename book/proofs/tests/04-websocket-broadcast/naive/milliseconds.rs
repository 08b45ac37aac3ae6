//! A row whose time is in milliseconds outlives everything.

use std::time::{Duration, UNIX_EPOCH};

use aws_lambda_events::apigw::ApiGatewayWebsocketProxyRequest;
use lambda_runtime::{Context, Error, LambdaEvent};
use serde_json::json;
use step_04_websocket_broadcast::connections::handle;
use step_04_websocket_broadcast::table::Connections;

use super::sandboxed::Stage;

/// Handles `$connect`.
async fn connect(
    event: LambdaEvent<ApiGatewayWebsocketProxyRequest>,
    connections: &impl Connections,
) -> Result<(), Error> {
    let context = event.payload.request_context;
    let id = context.connection_id.ok_or("no connection id")?;
    connections.add(&id, context.connected_at).await?;
    Ok(())
}

/// A client connected at this time, in milliseconds, as API Gateway tells it.
fn connected(at: i64) -> LambdaEvent<ApiGatewayWebsocketProxyRequest> {
    let event = include_str!(
        "../../../../../steps/04-websocket-broadcast/tests/events/websocket-connect.json"
    );
    let mut event: serde_json::Value = serde_json::from_str(event).unwrap();
    event["requestContext"]["connectedAt"] = json!(at);
    LambdaEvent::new(serde_json::from_value(event).unwrap(), Context::default())
}

const ID: &str = "L0SM9cOFvHcCIhw=";

/// It has been gone for three hours, and its good-bye was lost.
#[tokio::test]
async fn a_time_in_milliseconds_is_never_over_for_the_reader_the_410_or_dynamodb() {
    let stage = Stage::start().await;
    let table = stage.table();
    let time = stage.sandbox.clock().now().duration_since(UNIX_EPOCH);
    let now = i64::try_from(time.unwrap().as_secs()).unwrap();
    let three_hours_ago = || connected((now - 3 * 60 * 60) * 1000);

    connect(three_hours_ago(), &table).await.unwrap();
    let page = table.page(None, now).await.unwrap();
    assert_eq!(page.ids, [ID], "the filter lets it through");
    table.remove_gone(ID, now).await.unwrap();
    assert_eq!(stage.rows(), [ID], "it is taken for one that is opening");
    let year = 365 * 24 * 60 * 60;
    stage.sandbox.clock().advance(Duration::from_secs(year));
    let page = table.page(None, now + 365 * 24 * 60 * 60).await.unwrap();
    assert_eq!(page.ids, [ID], "DynamoDB has not removed it either");
    stage.sandbox.shutdown().await;
}

#[tokio::test]
async fn a_row_of_the_step_is_over_for_the_reader_long_before_dynamodb_removes_it() {
    let stage = Stage::start().await;
    let table = stage.table();
    let time = stage.sandbox.clock().now().duration_since(UNIX_EPOCH);
    let now = i64::try_from(time.unwrap().as_secs()).unwrap();

    handle(connected((now - 3 * 60 * 60) * 1000), &table)
        .await
        .unwrap();
    let page = table.page(None, now).await.unwrap();
    assert_eq!(page.ids, [""; 0]);
    assert_eq!(stage.rows(), [ID], "it is still there");

    stage
        .sandbox
        .clock()
        .advance(Duration::from_secs(3 * 24 * 60 * 60));
    table.page(None, now).await.unwrap();
    assert_eq!(stage.rows(), [""; 0]);
    stage.sandbox.shutdown().await;
}
