//! The stage with every switch on, seen from both of its doors.

use sandbox::Sandbox;

use crate::sandboxed::options;
use crate::sign::{self, SIGNING_SECRET};

const BODY: &[u8] = br#"{"id":"evt_1","type":"payment.test"}"#;
/// Somebody of the allow-list, and somebody else.
const ALLOWED: &str = "203.0.113.7";
const STRANGER: &str = "198.51.100.9";

async fn start() -> Sandbox {
    let mut options = options();
    for (name, value) in [
        ("EnableWebhookIpAllowList", "true"),
        ("AllowedWebhookCidrs", "203.0.113.0/24"),
        ("WebhookReservedConcurrency", "5"),
        ("EnableApiAccessLogs", "true"),
        ("EnableTracing", "true"),
        ("AlarmEmail", "on-call@example.com"),
        ("LogRetentionDays", "365"),
    ] {
        options.parameters.insert(name.to_owned(), value.to_owned());
    }
    Sandbox::start(options).await.unwrap()
}

/// Sends a signed event from this address; the status of the answer.
fn send(url: &str, from: &str, header: (&str, &str)) -> u16 {
    let request = ureq::post(url).config().http_status_as_error(false).build();
    let signature = sign::generic(SIGNING_SECRET, BODY);
    let request = request
        .header("X-Signature", signature)
        .header("x-sandbox-viewer", from)
        .header(header.0, header.1);
    request.send(BODY).unwrap().status().as_u16()
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_on_the_list_passes_by_either_door_and_nobody_else() {
    let sandbox = start().await;
    let edge = sandbox.output("CloudFrontDomainName").unwrap() + "/webhook";
    let direct = sandbox.output("RestApiInvokeUrl").unwrap() + "/webhook";

    let nothing = ("Accept", "*/*");
    let forged = ("x-viewer-ip", ALLOWED);
    let forwarded = ("X-Forwarded-For", ALLOWED);
    for (url, from, header, status) in [
        (&edge, ALLOWED, nothing, 200),
        (&edge, STRANGER, nothing, 403),
        (&edge, STRANGER, forged, 403),
        (&edge, STRANGER, forwarded, 403),
        (&direct, ALLOWED, nothing, 200),
        (&direct, STRANGER, nothing, 403),
        (&direct, STRANGER, forged, 403),
        (&(direct.clone() + "/"), STRANGER, nothing, 403),
    ] {
        assert_eq!(send(url, from, header), status, "{url} {from} {header:?}");
    }
    sandbox.shutdown().await;
}
