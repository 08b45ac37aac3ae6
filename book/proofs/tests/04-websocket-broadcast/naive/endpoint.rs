//! Where the SDK sends to, with and without an address.

use step_04_websocket_broadcast::post::{ConnectionsApi, PostToConnection};

use super::wire::{ENDPOINT, answering};

#[tokio::test]
async fn without_an_address_the_sdk_calls_one_that_belongs_to_no_api() {
    let (sdk_config, calls) = answering(|_, _| (200, None));
    let own = sdk_config.to_builder().endpoint_url(ENDPOINT).build();
    for sdk_config in [sdk_config, own] {
        let api = ConnectionsApi::new(&sdk_config);
        api.post("L0SM9cOFvHcCIhw=", "{}").await.unwrap();
    }
    assert_eq!(
        calls.all(),
        [
            "https://execute-api.us-east-1.amazonaws.com/@connections/L0SM9cOFvHcCIhw%3D",
            "https://w9x8y7z6v5.execute-api.us-east-1.amazonaws.com/prod/@connections/L0SM9cOFvHcCIhw%3D",
        ]
    );
}
