//! The stage with every switch of the template on.

use sandbox::Sandbox;

use crate::listener::{listeners, pay, received};
use crate::sandboxed::options;

#[tokio::test(flavor = "multi_thread")]
async fn with_every_switch_on_an_event_still_arrives() {
    let mut options = options();
    for (name, value) in [
        ("EnableWebhookIpAllowList", "true"),
        ("AllowedWebhookCidrs", "127.0.0.0/8"),
        ("WebhookReservedConcurrency", "5"),
        ("EnableApiAccessLogs", "true"),
        ("EnableTracing", "true"),
        ("AlarmEmail", "on-call@example.com"),
        ("LogRetentionDays", "365"),
    ] {
        options.parameters.insert(name.to_owned(), value.to_owned());
    }
    let sandbox = Sandbox::start(options).await.unwrap();
    let clients = listeners(&sandbox, 1).await;
    let body = r#"{"id":"evt_1"}"#;
    assert_eq!(pay(&sandbox, body).await.status, 200);
    assert_eq!(received(clients).await, [[body]]);
    sandbox.shutdown().await;
}
