//! Exercise: the wall shows some types of events only.

use hmac::{Hmac, KeyInit, Mac};
use sandbox::Sandbox;
use sha2::Sha256;

const STEP: &str = "steps/04-websocket-broadcast";
const TOPIC: &str = "            Topic: !Ref PaymentEventsTopic\n";

/// The step's template, with the exercise's lines below the topic of the subscription.
fn template(filtered: bool) -> String {
    let path = book_proofs::root().join(STEP).join("template.yaml");
    let template = std::fs::read_to_string(path).unwrap();
    assert_eq!(template.matches(TOPIC).count(), 1);
    if !filtered {
        return template;
    }
    let policy: Vec<String> = include_str!("filter.yaml")
        .lines()
        .map(|line| format!("            {line}\n"))
        .collect();
    template.replace(TOPIC, &format!("{TOPIC}{}", policy.concat()))
}

/// Whether the broadcaster is invoked for an event of this type.
async fn is_broadcast(sandbox: &Sandbox, event_type: &str) -> bool {
    let body = format!("{{\"id\":\"evt_1\",\"type\":\"{event_type}\"}}");
    let mut mac = Hmac::<Sha256>::new_from_slice(b"signing_proofs_only").unwrap();
    mac.update(body.as_bytes());
    let signature = hex::encode(mac.finalize().into_bytes());
    let url = sandbox.output("RestApiInvokeUrl").unwrap() + "/webhook";
    let request = ureq::post(url).header("X-Signature", signature);
    let response = request.send(body).unwrap();
    let id = response.headers()["x-amzn-requestid"].to_str().unwrap();
    let trail = sandbox.trail(id).await;
    trail
        .hops
        .iter()
        .any(|hop| hop.name == "PaymentBroadcaster")
}

#[tokio::test(flavor = "multi_thread")]
async fn the_broadcaster_hears_of_the_types_in_the_filter_alone() {
    for (filtered, expected) in [(true, [true, true, false, false]), (false, [true; 4])] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("template.yaml");
        std::fs::write(&path, template(filtered)).unwrap();
        let mut options = book_proofs::options(path, STEP);
        for (name, value) in [
            ("StripeEndpointSecret", "none"),
            ("SigningSecret", "signing_proofs_only"),
        ] {
            options.parameters.insert(name.to_owned(), value.to_owned());
        }
        let sandbox = Sandbox::start(options).await.unwrap();
        let mut heard = Vec::new();
        for event_type in [
            "payment_intent.succeeded",
            "charge.refunded",
            "customer.created",
            "odd/type",
        ] {
            heard.push(is_broadcast(&sandbox, event_type).await);
        }
        sandbox.shutdown().await;
        assert_eq!(heard, expected);
    }
}
