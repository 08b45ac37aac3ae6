//! What the parameters of the allow-list switch, and what they refuse.

use insta::assert_snapshot;
use sandbox::Sandbox;

use crate::edited::of_the_step;
use crate::stack::{ALLOWED, STRANGER, Stack, options, refusal};

/// Why the step's template does not start with this list.
async fn refused(cidrs: &str) -> String {
    refusal(&of_the_step(), &[("AllowedWebhookCidrs", cidrs)]).await
}

#[tokio::test(flavor = "multi_thread")]
async fn with_the_list_off_there_is_a_distribution_and_nothing_else() {
    let off = Stack::of(&of_the_step(), &[("EnableWebhookIpAllowList", "false")]).await;
    let on = Stack::of(&of_the_step(), &[]).await;
    let parts = |stack: &Stack| {
        let stack = stack.sandbox.stack();
        let [distribution] = &stack.distributions[..] else {
            panic!("{:?}", stack.distributions);
        };
        format!(
            "web ACLs {}, sets {}, secrets {}, origin headers {}, Function {}",
            stack.web_acls.len(),
            stack.ip_sets.len(),
            stack.secrets.len(),
            distribution.origins[0].headers.len(),
            distribution.behaviors[0].viewer_request.is_some(),
        )
    };
    assert_snapshot!(format!("off: {}\non:  {}", parts(&off), parts(&on)), @"
    off: web ACLs 0, sets 0, secrets 0, origin headers 0, Function false
    on:  web ACLs 1, sets 2, secrets 1, origin headers 1, Function true
    ");
    off.sandbox.shutdown().await;
    on.sandbox.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_that_is_switched_on_and_not_filled_admits_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let mut options = options(&of_the_step(), &folder);
    options.parameters.remove("AllowedWebhookCidrs");
    options.parameters.remove("AllowedWebhookIpv6Cidrs");
    let sandbox = Sandbox::start(options).await.unwrap();
    let sets = sandbox
        .stack()
        .ip_sets
        .iter()
        .map(|set| format!("{:?}", set.addresses))
        .collect::<String>();
    assert_eq!(sets, "[192.0.2.0/24][2001:db8::/32]");
    sandbox.shutdown().await;
}

#[tokio::test]
async fn an_empty_list_is_refused_before_anything_is_made() {
    assert_snapshot!(refused("").await, @"
    rule AllowListNamesSomebody: AllowedWebhookCidrs is empty, so that nobody could call /webhook; name the networks that may
      help: change the parameters of this run so that the rule holds
    ");
}

#[tokio::test]
async fn an_address_needs_the_length_of_its_network() {
    assert_snapshot!(refused("203.0.113.7").await, @"
    resource AllowedIpv4: Addresses must be an IPv4 block such as 192.0.2.0/24, found `203.0.113.7`
      help: write /32 after one address
    ");
}

#[tokio::test]
async fn the_ipv4_list_takes_no_ipv6_network() {
    assert_snapshot!(refused("2001:db8:1::/48").await, @"
    resource AllowedIpv4: Addresses must be an IPv4 block such as 192.0.2.0/24, found `2001:db8:1::/48`
      help: IPv4 and IPv6 need an IP set each
    ");
}

#[tokio::test]
async fn everybody_is_not_a_network() {
    assert_snapshot!(refused("0.0.0.0/0").await, @"
    resource AllowedIpv4: Addresses must be an IPv4 block such as 192.0.2.0/24, found `0.0.0.0/0`
      help: an IP set takes no /0; use 0.0.0.0/1 and 128.0.0.0/1, or leave the test of addresses out
    ");
}

#[tokio::test(flavor = "multi_thread")]
async fn with_the_list_off_signatures_alone_decide() {
    let stack = Stack::of(&of_the_step(), &[("EnableWebhookIpAllowList", "false")]).await;
    let mut statuses = Vec::new();
    for from in [ALLOWED, STRANGER] {
        for headers in [&[][..], &[("Stripe-Signature", "t=1,v1=0")][..]] {
            statuses.push(stack.edge(from, headers).await.status);
            statuses.push(stack.regional(from, headers).await.status);
        }
    }
    // Signed by both ways, then with a signature that counts and does not fit.
    assert_eq!(statuses, [200, 200, 401, 401].repeat(2));
    stack.sandbox.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_listed_address_is_no_signature_and_a_signature_no_listed_address() {
    let stack = Stack::of(&of_the_step(), &[]).await;
    let forged: &[(&str, &str)] = &[("Stripe-Signature", "t=1,v1=0")];
    let listed = stack.edge(ALLOWED, forged).await;
    let signed = stack.edge(STRANGER, &[]).await;
    assert_eq!(listed.verdict(), "401 ALLOW by AllowListedViewer");
    assert_eq!(signed.verdict(), "403 BLOCK by BlockWebhook");
    stack.sandbox.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_open_api_version_there_would_be_a_second_stage_on_aws() {
    let line = "      OpenApiVersion: 3.0.1\n";
    let reasons = |stack: &Stack| {
        let stack = stack.sandbox.stack();
        let stages = stack
            .inert
            .iter()
            .filter(|inert| inert.resource_type == "AWS::ApiGateway::Stage");
        stages.map(|inert| inert.reason).collect::<String>()
    };
    let with = Stack::of(&of_the_step(), &[]).await;
    let without = Stack::of(&of_the_step().replace(line, ""), &[]).await;
    assert_eq!(reasons(&with), "");
    assert_snapshot!(reasons(&without), @"without OpenApiVersion SAM deploys a second stage named Stage on AWS, open to all, which the sandbox does not serve; set OpenApiVersion: 3.0.1");
    with.sandbox.shutdown().await;
    without.sandbox.shutdown().await;
}
