//! A 410 is told by its status; its name may be missing.

use aws_sdk_apigatewaymanagement::Client;
use aws_sdk_apigatewaymanagement::error::SdkError;
use aws_sdk_apigatewaymanagement::operation::post_to_connection::PostToConnectionError;
use aws_sdk_apigatewaymanagement::primitives::Blob;
use step_04_websocket_broadcast::post::{ConnectionsApi, PostError, PostToConnection};

use super::wire::{ENDPOINT, answering};

/// Whether the client is gone.
fn is_gone(error: &SdkError<PostToConnectionError>) -> bool {
    let modeled = error.as_service_error();
    modeled.is_some_and(PostToConnectionError::is_gone_exception)
}

#[tokio::test]
async fn the_error_of_the_sdk_knows_a_410_only_by_its_header() {
    for (error_type, known) in [(Some("GoneException"), true), (None, false)] {
        let (sdk_config, _) = answering(move |_, _| (410, error_type));
        let sdk_config = sdk_config.into_builder().endpoint_url(ENDPOINT).build();

        let post = Client::new(&sdk_config).post_to_connection();
        let post = post.connection_id("L0SM9cOFvHcCIhw=").data(Blob::new("{}"));
        let error = post.send().await.unwrap_err();
        assert_eq!(is_gone(&error), known, "{error_type:?}");

        let step = ConnectionsApi::new(&sdk_config)
            .post("L0SM9cOFvHcCIhw=", "{}")
            .await;
        assert!(matches!(step, Err(PostError::Gone)), "{error_type:?}");
    }
}
