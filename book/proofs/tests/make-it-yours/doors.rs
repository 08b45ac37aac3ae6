//! A door for each sender: `two-doors.yaml` in the sandbox, with the program of step 02.

use std::time::SystemTime;

use book_proofs::root;
use insta::assert_snapshot;
use sandbox::Sandbox;
use serde_json::Value;

use crate::secret::Secret;
use hmac::Mac;

const STRIPE_SECRET: &str = "whsec_of_stripe";
const PARTNER_SECRET: &str = "of-the-partner";
const BODY: &str = r#"{"id":"evt_1"}"#;

async fn start() -> Sandbox {
    let template = root().join("book/proofs/tests/make-it-yours/two-doors.yaml");
    let mut options = book_proofs::options(template, "steps/02-signature-checks");
    for (name, value) in [
        ("StripeEndpointSecret", STRIPE_SECRET),
        ("PartnerSecret", PARTNER_SECRET),
    ] {
        options.parameters.insert(name.to_owned(), value.to_owned());
    }
    let sandbox = Sandbox::start(options).await;
    sandbox.unwrap_or_else(|error| panic!("{error}"))
}

fn hex_hmac(secret: &str, text: &str) -> String {
    let mut hmac = Secret::parse_list(secret).unwrap()[0].hmac();
    hmac.update(text.as_bytes());
    hex::encode(hmac.finalize().into_bytes())
}

/// The header that each sender would send.
fn by_stripe() -> (&'static str, String) {
    let now = SystemTime::UNIX_EPOCH.elapsed().unwrap().as_secs();
    let digest = hex_hmac(STRIPE_SECRET, &format!("{now}.{BODY}"));
    ("Stripe-Signature", format!("t={now},v1={digest}"))
}

fn by_partner() -> (&'static str, String) {
    ("X-Signature", hex_hmac(PARTNER_SECRET, BODY))
}

/// Status of the answer, and the function that was asked with its event.
async fn ask(
    sandbox: &Sandbox,
    path: &str,
    header: Option<(&str, String)>,
) -> (u16, Option<(String, Value)>) {
    let url = sandbox.output("RestApiInvokeUrl").unwrap() + path;
    let response = if path.starts_with("/health") {
        let request = ureq::get(&url).config().http_status_as_error(false);
        request.build().call().unwrap()
    } else {
        let request = ureq::post(&url).config().http_status_as_error(false);
        let mut request = request.build().content_type("application/json");
        if let Some((name, value)) = header {
            request = request.header(name, value);
        }
        request.send(BODY).unwrap()
    };
    let id = response.headers()["x-amzn-requestid"].to_str().unwrap();
    let trail = sandbox.trail(id).await.redacted();
    let hops = trail["hops"].as_array().unwrap();
    let lambda = hops.iter().find(|hop| hop["service"] == "lambda");
    let asked = lambda.map(|hop| {
        let name = hop["name"].as_str().unwrap().to_owned();
        (name, hop["in"].clone())
    });
    (response.status().as_u16(), asked)
}

#[tokio::test(flavor = "multi_thread")]
async fn each_door_takes_one_sender_and_no_other() {
    let sandbox = start().await;
    let mut lines = Vec::new();
    for (path, sender, header) in [
        ("/webhook", "Stripe", Some(by_stripe())),
        ("/webhook", "the partner", Some(by_partner())),
        ("/webhook", "a stranger", None),
        ("/partner", "Stripe", Some(by_stripe())),
        ("/partner", "the partner", Some(by_partner())),
        ("/partner", "a stranger", None),
    ] {
        let (status, asked) = ask(&sandbox, path, header).await;
        let (function, _) = asked.unwrap();
        lines.push(format!("{path} {sender:11} -> {status} by {function}"));
    }
    assert_snapshot!(lines.join("\n"), @"
    /webhook Stripe      -> 200 by PaymentWebhookHandler
    /webhook the partner -> 401 by PaymentWebhookHandler
    /webhook a stranger  -> 401 by PaymentWebhookHandler
    /partner Stripe      -> 401 by PartnerWebhookHandler
    /partner the partner -> 200 by PartnerWebhookHandler
    /partner a stranger  -> 401 by PartnerWebhookHandler
    ");
    sandbox.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_route_that_the_program_does_not_know_is_closed() {
    let sandbox = start().await;
    let (status, asked) = ask(&sandbox, "/health", None).await;
    assert_eq!(status, 401);
    assert_eq!(asked.unwrap().1["resource"], "/health");
    sandbox.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slash_at_the_end_is_another_path_and_the_same_resource() {
    let sandbox = start().await;
    let (status, asked) = ask(&sandbox, "/webhook/", Some(by_stripe())).await;
    let (function, event) = asked.unwrap();
    assert_eq!((status, function.as_str()), (200, "PaymentWebhookHandler"));
    assert_eq!(event["path"], "/webhook/");
    assert_eq!(event["resource"], "/webhook");
    sandbox.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_path_without_a_route_never_reaches_a_function() {
    let sandbox = start().await;
    let (status, asked) = ask(&sandbox, "/partners", Some(by_partner())).await;
    assert_eq!(status, 403);
    assert!(asked.is_none());
    sandbox.shutdown().await;
}
