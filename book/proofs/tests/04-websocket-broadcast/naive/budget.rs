//! The retries of an SDK client come out of one purse.

use std::sync::Arc;

use aws_config::Region;
use aws_sdk_apigatewaymanagement::Client;
use aws_sdk_apigatewaymanagement::primitives::Blob;
use step_04_websocket_broadcast::post::{ConnectionsApi, PostToConnection};

use super::shop::{Clients, Odd, Table, deliver, step};
use super::wire::{ENDPOINT, answering};

/// Sends to one client; the SDK tries again by itself.
async fn post(client: &Client, id: &str) -> bool {
    let post = client.post_to_connection().connection_id(id);
    post.data(Blob::new("{}")).send().await.is_ok()
}

/// Fifty clients fail for good. The last one fails once and would take the second attempt.
#[tokio::test]
async fn bad_clients_use_up_the_retries_of_a_good_one_but_not_in_the_step() {
    let (sdk_config, calls) = answering(|uri, before| {
        let well = uri.ends_with("good") && before > 0;
        (if well { 200 } else { 500 }, None)
    });
    // A region of its own, because budgets are shared by region.
    let region = Region::new("eu-west-1");
    let sdk_config = sdk_config.into_builder().endpoint_url(ENDPOINT);
    let sdk_config = sdk_config.region(region).build();

    let client = Client::new(&sdk_config);
    for number in 0..50 {
        assert!(!post(&client, &format!("bad{number}")).await);
    }
    assert!(!post(&client, "good").await);
    assert_eq!((calls.to("bad0"), calls.to("good")), (3, 1));

    // The step's client makes one attempt; the broadcaster counts them for each client.
    let api = Arc::new(ConnectionsApi::new(&sdk_config));
    assert!(api.post("bad100", "{}").await.is_err());
    assert_eq!(calls.to("bad100"), 1);
    let ids = Table::crowd(60).rows();
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    let step = step(Table::crowd(60), Clients::with(Odd::Busy, &ids));
    assert_eq!(deliver(&step).await.sent, 60);
}
