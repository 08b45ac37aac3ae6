//! The stage from the edge on: who gets to the webhook, and by which way.

use insta::{assert_json_snapshot, assert_snapshot};
use sandbox::{Sandbox, VIEWER_HEADER};

use crate::listener::{listeners, pay, received};
use crate::sandboxed::{Answer, options, post_to, start};
use crate::sign::{self, SIGNING_SECRET};

const BODY: &str = r#"{"id":"evt_1","type":"payment.test"}"#;

/// On the list, not on the list, and the same for IPv6.
const ALLOWED: &str = "203.0.113.7";
const STRANGER: &str = "198.51.100.9";
const ALLOWED_V6: &str = "2001:db8:1::7";
const STRANGER_V6: &str = "2001:db8:2::9";

/// The stack with its allow-list on.
async fn start_guarded() -> Sandbox {
    let mut options = options();
    let parameters = [
        ("EnableWebhookIpAllowList", "true"),
        ("AllowedWebhookCidrs", "203.0.113.0/24,192.0.2.1/32"),
        ("AllowedWebhookIpv6Cidrs", "2001:db8:1::/48"),
    ];
    for (name, value) in parameters {
        options.parameters.insert(name.to_owned(), value.to_owned());
    }
    Sandbox::start(options).await.unwrap()
}

fn edge(sandbox: &Sandbox) -> String {
    sandbox.output("CloudFrontDomainName").unwrap()
}

fn regional(sandbox: &Sandbox) -> String {
    sandbox.output("RestApiInvokeUrl").unwrap()
}

/// Sends a signed event to `url`, from the address `from`.
async fn send(sandbox: &Sandbox, url: &str, from: &str, further: &[(&str, &str)]) -> Answer {
    let signature = sign::generic(SIGNING_SECRET, BODY.as_bytes());
    let mut headers = vec![(VIEWER_HEADER, from), ("X-Signature", &signature)];
    headers.extend(further);
    post_to(sandbox, url, &headers, BODY.as_bytes()).await
}

/// The web ACL's verdict, and the rule it is by.
fn verdict(answer: &Answer) -> String {
    let hops = answer.trail["hops"].as_array().unwrap();
    let verdict = hops.iter().find(|hop| hop["service"] == "waf");
    let verdict = verdict.map_or("not asked".to_owned(), |hop| {
        let word = |pointer| hop.pointer(pointer).unwrap().as_str().unwrap();
        format!("{} by {}", word("/outcome"), word("/details/rule"))
    });
    format!("{} {verdict}", answer.status)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_listed_viewer_passes_and_every_hop_is_on_the_trail() {
    let sandbox = start_guarded().await;
    let clients = listeners(&sandbox, 1).await;

    let url = edge(&sandbox) + "/webhook";
    let answer = send(&sandbox, &url, ALLOWED, &[]).await;

    assert_eq!(answer.status, 200);
    assert_eq!(received(clients).await, [[BODY]]);
    assert_json_snapshot!(answer.trail);
    sandbox.shutdown().await;
}

/// facts/aws.md 6.2 and 6.3 B: the address that counts is the one that our own
/// Function saw, whatever the viewer writes into headers.
#[tokio::test(flavor = "multi_thread")]
async fn fact_6_3_through_the_edge_the_viewers_own_address_counts() {
    let sandbox = start_guarded().await;
    let url = edge(&sandbox) + "/webhook";

    let forged_chain = [("X-Forwarded-For", ALLOWED)];
    let forged_viewer = [("X-Viewer-Ip", ALLOWED)];
    let forged_secret = [("X-Origin-Verify", "guess"), ("X-Viewer-Ip", ALLOWED)];
    let mut verdicts = Vec::new();
    for (case, from, headers) in [
        ("listed", ALLOWED, &[][..]),
        ("listed, IPv6", ALLOWED_V6, &[]),
        ("stranger", STRANGER, &[]),
        ("stranger, IPv6", STRANGER_V6, &[]),
        ("forged X-Forwarded-For", STRANGER, &forged_chain),
        ("forged x-viewer-ip", STRANGER, &forged_viewer),
        ("forged x-origin-verify", STRANGER, &forged_secret),
        (
            "listed, forging a stranger",
            ALLOWED,
            &[("X-Viewer-Ip", STRANGER)],
        ),
    ] {
        let answer = send(&sandbox, &url, from, headers).await;
        verdicts.push(format!("{case:26} -> {}", verdict(&answer)));
    }

    assert_snapshot!(verdicts.join("\n"), @"
    listed                     -> 200 ALLOW by AllowListedViewer
    listed, IPv6               -> 200 ALLOW by AllowListedViewer
    stranger                   -> 403 BLOCK by BlockWebhook
    stranger, IPv6             -> 403 BLOCK by BlockWebhook
    forged X-Forwarded-For     -> 403 BLOCK by BlockWebhook
    forged x-viewer-ip         -> 403 BLOCK by BlockWebhook
    forged x-origin-verify     -> 403 BLOCK by BlockWebhook
    listed, forging a stranger -> 200 ALLOW by AllowListedViewer
    ");
    sandbox.shutdown().await;
}

/// facts/aws.md 6.3 and 6.4: whoever goes round the edge has no secret, and is
/// judged by the address at the other end of the connection.
#[tokio::test(flavor = "multi_thread")]
async fn fact_6_4_round_the_edge_the_callers_own_address_counts() {
    let sandbox = start_guarded().await;
    let url = regional(&sandbox) + "/webhook";

    let forged_chain = [("X-Forwarded-For", ALLOWED)];
    let forged_viewer = [("X-Viewer-Ip", ALLOWED), ("X-Origin-Verify", "guess")];
    let mut verdicts = Vec::new();
    for (case, from, headers) in [
        ("listed", ALLOWED, &[][..]),
        ("stranger", STRANGER, &[]),
        ("forged X-Forwarded-For", STRANGER, &forged_chain),
        ("forged x-viewer-ip", STRANGER, &forged_viewer),
        // An address of CloudFront, as any other customer's distribution has.
        ("another distribution", "130.176.100.154", &forged_viewer),
    ] {
        let answer = send(&sandbox, &url, from, headers).await;
        verdicts.push(format!("{case:26} -> {}", verdict(&answer)));
    }

    assert_snapshot!(verdicts.join("\n"), @"
    listed                     -> 200 ALLOW by AllowListedCaller
    stranger                   -> 403 BLOCK by BlockWebhook
    forged X-Forwarded-For     -> 403 BLOCK by BlockWebhook
    forged x-viewer-ip         -> 403 BLOCK by BlockWebhook
    another distribution       -> 403 BLOCK by BlockWebhook
    ");
    sandbox.shutdown().await;
}

/// facts/aws.md 6.5: API Gateway takes `/webhook/` for `/webhook`, so a rule for
/// the exact path would be no rule.
#[tokio::test(flavor = "multi_thread")]
async fn fact_6_5_other_spellings_of_the_path_are_no_way_round() {
    let sandbox = start_guarded().await;

    let mut verdicts = Vec::new();
    for path in ["/webhook/", "//webhook", "/%77ebhook", "/./webhook"] {
        for (entry, base) in [("edge", edge(&sandbox)), ("regional", regional(&sandbox))] {
            let answer = send(&sandbox, &(base + path), STRANGER, &[]).await;
            verdicts.push(format!("{entry:8} {path:11} -> {}", verdict(&answer)));
        }
    }

    assert_snapshot!(verdicts.join("\n"), @"
    edge     /webhook/   -> 403 BLOCK by BlockWebhook
    regional /webhook/   -> 403 BLOCK by BlockWebhook
    edge     //webhook   -> 403 BLOCK by BlockWebhook
    regional //webhook   -> 403 BLOCK by BlockWebhook
    edge     /%77ebhook  -> 403 BLOCK by BlockWebhook
    regional /%77ebhook  -> 403 BLOCK by BlockWebhook
    edge     /./webhook  -> 403 BLOCK by BlockWebhook
    regional /./webhook  -> 403 BLOCK by BlockWebhook
    ");
    sandbox.shutdown().await;
}

/// facts/aws.md 6.5: a web ACL cannot be put on a WebSocket API, and this one
/// does not concern those who listen.
#[tokio::test(flavor = "multi_thread")]
async fn fact_6_5_who_listens_is_not_concerned() {
    let sandbox = start_guarded().await;
    let clients = listeners(&sandbox, 2).await;

    // Straight from this machine, which is not on the list, then from the list.
    let refused = pay(&sandbox, BODY).await;
    let url = regional(&sandbox) + "/webhook";
    let taken = send(&sandbox, &url, ALLOWED, &[]).await;

    assert_eq!((refused.status, taken.status), (403, 200));
    assert_eq!(received(clients).await, [[BODY], [BODY]]);
    sandbox.shutdown().await;
}

/// The default: nobody is asked for an address, and everybody for a signature.
#[tokio::test(flavor = "multi_thread")]
async fn without_the_list_everyone_who_signs_passes() {
    let sandbox = start().await;

    let mut verdicts = Vec::new();
    for (entry, base) in [("edge", edge(&sandbox)), ("regional", regional(&sandbox))] {
        let url = base + "/webhook";
        let signed = send(&sandbox, &url, STRANGER, &[]).await;
        let unsigned = post_to(&sandbox, &url, &[], BODY.as_bytes()).await;
        verdicts.push(format!("{entry:8} signed   -> {}", verdict(&signed)));
        verdicts.push(format!("{entry:8} unsigned -> {}", verdict(&unsigned)));
    }

    assert_snapshot!(verdicts.join("\n"), @"
    edge     signed   -> 200 not asked
    edge     unsigned -> 401 not asked
    regional signed   -> 200 not asked
    regional unsigned -> 401 not asked
    ");
    sandbox.shutdown().await;
}

/// An allow-list that names nobody is a mistake, told before anything starts.
#[tokio::test]
async fn an_empty_list_is_refused() {
    let mut options = options();
    for (name, value) in [
        ("EnableWebhookIpAllowList", "true"),
        ("AllowedWebhookCidrs", ""),
    ] {
        options.parameters.insert(name.to_owned(), value.to_owned());
    }
    let refused = Sandbox::start(options).await.err().unwrap();
    assert!(
        refused.to_string().contains("AllowedWebhookCidrs is empty"),
        "{refused}"
    );
}
