//! Which address a web ACL goes by, and who decides what it is.

use insta::assert_snapshot;

use crate::edited::{edited, of_the_step};
use crate::stack::Way::{Edge, Regional};
use crate::stack::{ALLOWED, Case, STRANGER, Stack, verdicts};

/// In the network of the stack's IPv6 list.
const ALLOWED_V6: &str = "2001:db8:1::7";
/// Where the sandbox's CloudFront calls from.
const CLOUDFRONT: &str = "130.176.0.0/16";

/// Everybody who matters, by both ways in.
const CASES: &[Case] = &[
    ("listed", Edge, ALLOWED, &[]),
    ("stranger", Edge, STRANGER, &[]),
    ("stranger, forged chain", Edge, STRANGER, FORGED_CHAIN),
    ("stranger, forged viewer", Edge, STRANGER, FORGED_VIEWER),
    ("listed", Regional, ALLOWED, &[]),
    ("stranger", Regional, STRANGER, &[]),
    ("stranger, forged chain", Regional, STRANGER, FORGED_CHAIN),
    ("stranger, forged viewer", Regional, STRANGER, FORGED_VIEWER),
];
const FORGED_CHAIN: &[(&str, &str)] = &[("X-Forwarded-For", ALLOWED)];
const FORGED_VIEWER: &[(&str, &str)] = &[("X-Viewer-Ip", ALLOWED), ("X-Origin-Verify", "guess")];

#[tokio::test(flavor = "multi_thread")]
async fn a_list_of_source_addresses_blocks_everyone_behind_cloudfront() {
    let stack = Stack::with("source-address.yaml").await;
    assert_snapshot!(verdicts(&stack, CASES).await, @"
    edge     listed                     -> 403 BLOCK by BlockStrangers
    edge     stranger                   -> 403 BLOCK by BlockStrangers
    edge     stranger, forged chain     -> 403 BLOCK by BlockStrangers
    edge     stranger, forged viewer    -> 403 BLOCK by BlockStrangers
    regional listed                     -> 200 ALLOW by Default_Action
    regional stranger                   -> 403 BLOCK by BlockStrangers
    regional stranger, forged chain     -> 403 BLOCK by BlockStrangers
    regional stranger, forged viewer    -> 403 BLOCK by BlockStrangers
    ");
    stack.sandbox.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn with_cloudfront_on_the_list_everyone_passes() {
    let template = edited("source-address.yaml");
    let stack = Stack::of(&template, &[("AllowedWebhookCidrs", CLOUDFRONT)]).await;
    assert_snapshot!(verdicts(&stack, &CASES[..4]).await, @"
    edge     listed                     -> 200 ALLOW by Default_Action
    edge     stranger                   -> 200 ALLOW by Default_Action
    edge     stranger, forged chain     -> 200 ALLOW by Default_Action
    edge     stranger, forged viewer    -> 200 ALLOW by Default_Action
    ");
    stack.sandbox.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_address_of_the_chain_is_what_the_sender_says() {
    let stack = Stack::with("chain.yaml").await;
    assert_snapshot!(verdicts(&stack, CASES).await, @"
    edge     listed                     -> 200 ALLOW by AllowListedChain
    edge     stranger                   -> 403 BLOCK by BlockWebhook
    edge     stranger, forged chain     -> 200 ALLOW by AllowListedChain
    edge     stranger, forged viewer    -> 403 BLOCK by BlockWebhook
    regional listed                     -> 200 ALLOW by AllowListedChain
    regional stranger                   -> 403 BLOCK by BlockWebhook
    regional stranger, forged chain     -> 200 ALLOW by AllowListedChain
    regional stranger, forged viewer    -> 403 BLOCK by BlockWebhook
    ");
    stack.sandbox.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_address_of_the_chain_is_cloudfront() {
    let template = edited("chain.yaml").replace("Position: FIRST", "Position: LAST");
    let stack = Stack::of(&template, &[]).await;
    assert_snapshot!(verdicts(&stack, CASES).await, @"
    edge     listed                     -> 403 BLOCK by BlockWebhook
    edge     stranger                   -> 403 BLOCK by BlockWebhook
    edge     stranger, forged chain     -> 403 BLOCK by BlockWebhook
    edge     stranger, forged viewer    -> 403 BLOCK by BlockWebhook
    regional listed                     -> 200 ALLOW by AllowListedChain
    regional stranger                   -> 403 BLOCK by BlockWebhook
    regional stranger, forged chain     -> 403 BLOCK by BlockWebhook
    regional stranger, forged viewer    -> 403 BLOCK by BlockWebhook
    ");
    stack.sandbox.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn any_address_of_the_chain_may_be_what_the_sender_says() {
    let template = edited("chain.yaml").replace("Position: FIRST", "Position: ANY");
    let stack = Stack::of(&template, &[]).await;
    assert_snapshot!(verdicts(&stack, CASES).await, @"
    edge     listed                     -> 200 ALLOW by AllowListedChain
    edge     stranger                   -> 403 BLOCK by BlockWebhook
    edge     stranger, forged chain     -> 200 ALLOW by AllowListedChain
    edge     stranger, forged viewer    -> 403 BLOCK by BlockWebhook
    regional listed                     -> 200 ALLOW by AllowListedChain
    regional stranger                   -> 403 BLOCK by BlockWebhook
    regional stranger, forged chain     -> 200 ALLOW by AllowListedChain
    regional stranger, forged viewer    -> 403 BLOCK by BlockWebhook
    ");
    stack.sandbox.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_does_not_make_the_chain_true() {
    let stack = Stack::with("secret-and-chain.yaml").await;
    assert_snapshot!(verdicts(&stack, CASES).await, @"
    edge     listed                     -> 200 ALLOW by AllowListedChain
    edge     stranger                   -> 403 BLOCK by BlockWebhook
    edge     stranger, forged chain     -> 200 ALLOW by AllowListedChain
    edge     stranger, forged viewer    -> 403 BLOCK by BlockWebhook
    regional listed                     -> 403 BLOCK by BlockWebhook
    regional stranger                   -> 403 BLOCK by BlockWebhook
    regional stranger, forged chain     -> 403 BLOCK by BlockWebhook
    regional stranger, forged viewer    -> 403 BLOCK by BlockWebhook
    ");
    stack.sandbox.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_secret_anyone_may_say_who_the_viewer_is() {
    let stack = Stack::with("viewer-without-secret.yaml").await;
    assert_snapshot!(verdicts(&stack, CASES).await, @"
    edge     listed                     -> 200 ALLOW by AllowListedViewer
    edge     stranger                   -> 403 BLOCK by BlockWebhook
    edge     stranger, forged chain     -> 403 BLOCK by BlockWebhook
    edge     stranger, forged viewer    -> 403 BLOCK by BlockWebhook
    regional listed                     -> 403 BLOCK by BlockWebhook
    regional stranger                   -> 403 BLOCK by BlockWebhook
    regional stranger, forged chain     -> 403 BLOCK by BlockWebhook
    regional stranger, forged viewer    -> 200 ALLOW by AllowListedViewer
    ");
    stack.sandbox.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_function_that_leaves_a_header_alone_leaves_a_forged_one_alone() {
    let stack = Stack::with("polite-function.yaml").await;
    assert_snapshot!(verdicts(&stack, CASES).await, @"
    edge     listed                     -> 200 ALLOW by AllowListedViewer
    edge     stranger                   -> 403 BLOCK by BlockWebhook
    edge     stranger, forged chain     -> 403 BLOCK by BlockWebhook
    edge     stranger, forged viewer    -> 200 ALLOW by AllowListedViewer
    regional listed                     -> 200 ALLOW by AllowListedCaller
    regional stranger                   -> 403 BLOCK by BlockWebhook
    regional stranger, forged chain     -> 403 BLOCK by BlockWebhook
    regional stranger, forged viewer    -> 403 BLOCK by BlockWebhook
    ");
    stack.sandbox.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_rules_of_the_step_let_in_who_is_listed_and_nobody_else() {
    let stack = Stack::of(&of_the_step(), &[]).await;
    assert_snapshot!(verdicts(&stack, CASES).await, @"
    edge     listed                     -> 200 ALLOW by AllowListedViewer
    edge     stranger                   -> 403 BLOCK by BlockWebhook
    edge     stranger, forged chain     -> 403 BLOCK by BlockWebhook
    edge     stranger, forged viewer    -> 403 BLOCK by BlockWebhook
    regional listed                     -> 200 ALLOW by AllowListedCaller
    regional stranger                   -> 403 BLOCK by BlockWebhook
    regional stranger, forged chain     -> 403 BLOCK by BlockWebhook
    regional stranger, forged viewer    -> 403 BLOCK by BlockWebhook
    ");
    stack.sandbox.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_set_of_ipv4_networks_never_holds_a_viewer_on_ipv6() {
    let case: &[Case] = &[("listed, IPv6", Edge, ALLOWED_V6, &[])];
    let one_set = Stack::with("viewer-without-secret.yaml").await;
    let both = Stack::of(&of_the_step(), &[]).await;
    let found = [verdicts(&one_set, case).await, verdicts(&both, case).await];
    assert_snapshot!(found.join("\n"), @"
    edge     listed, IPv6               -> 403 BLOCK by BlockWebhook
    edge     listed, IPv6               -> 200 ALLOW by AllowListedViewer
    ");
    one_set.sandbox.shutdown().await;
    both.sandbox.shutdown().await;
}

/// Without "no secret", the second rule would judge viewers by CloudFront's address too.
#[tokio::test(flavor = "multi_thread")]
async fn only_who_comes_round_the_edge_is_judged_by_the_source_address() {
    let step = of_the_step();
    let (before, after) = step.split_once("- NotStatement:").unwrap();
    let secret = "SearchString: !Sub \"{{resolve:secretsmanager:${OriginSecret}:SecretString}}\"";
    let after = after.replacen(secret, "SearchString: what-nobody-sends", 1);
    let without = format!("{before}- NotStatement:{after}");

    let list = [("AllowedWebhookCidrs", CLOUDFRONT)];
    let stranger: &[Case] = &[("stranger", Edge, STRANGER, &[])];
    let without = Stack::of(&without, &list).await;
    let step = Stack::of(&step, &list).await;
    let found = [
        verdicts(&without, stranger).await,
        verdicts(&step, stranger).await,
    ];
    assert_snapshot!(found.join("\n"), @"
    edge     stranger                   -> 200 ALLOW by AllowListedCaller
    edge     stranger                   -> 403 BLOCK by BlockWebhook
    ");
    without.sandbox.shutdown().await;
    step.sandbox.shutdown().await;
}
