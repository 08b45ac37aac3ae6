//! Exercise: a client that says hello is greeted.

use aws_lambda_events::apigw::{ApiGatewayProxyResponse, ApiGatewayWebsocketProxyRequest};
use lambda_runtime::{Context, Error, LambdaEvent};
use serde_json::{Value, json};

use step_04_websocket_broadcast::connections::handle;
use step_04_websocket_broadcast::post::PostToConnection;
use step_04_websocket_broadcast::table::Connections;

use super::hall::{Client, Hall, id};

const GREETING: &str = "{\"type\":\"hello\"}";

/// Handles the route `hello`, and all others as before.
pub async fn greet(
    event: LambdaEvent<ApiGatewayWebsocketProxyRequest>,
    connections: &impl Connections,
    clients: &impl PostToConnection,
) -> Result<ApiGatewayProxyResponse, Error> {
    let context = &event.payload.request_context;
    let (Some("hello"), Some(id)) = (context.route_key.as_deref(), &context.connection_id) else {
        return handle(event, connections).await;
    };

    let mut response = ApiGatewayProxyResponse::default();
    response.status_code = 200;
    if let Err(error) = clients.post(id, GREETING).await {
        tracing::warn!(id, "not greeted: {error}");
    }
    Ok(response)
}

/// A message of client 0 on this route.
fn message(route: &str) -> LambdaEvent<ApiGatewayWebsocketProxyRequest> {
    let event = include_str!(
        "../../../../../steps/04-websocket-broadcast/tests/events/websocket-message.json"
    );
    let mut event: Value = serde_json::from_str(event).unwrap();
    event["requestContext"]["routeKey"] = json!(route);
    event["requestContext"]["connectionId"] = json!(id(0));
    LambdaEvent::new(serde_json::from_value(event).unwrap(), Context::default())
}

#[tokio::test]
async fn who_says_hello_is_greeted_and_who_pings_is_not() {
    for (route, greetings) in [("hello", 1), ("ping", 0)] {
        let hall = Hall::new(vec![Client::Takes]);
        let answer = greet(message(route), &&hall, &&hall).await.unwrap();
        assert_eq!(answer.status_code, 200);
        assert_eq!(hall.times(0), greetings, "{route}");
    }
}

#[tokio::test]
async fn who_is_gone_before_the_greeting_is_no_failure() {
    let hall = Hall::new(vec![Client::IsGone]);
    let answer = greet(message("hello"), &&hall, &&hall).await.unwrap();
    assert_eq!(answer.status_code, 200);
}
