//! A web ACL on the distribution, and one on the stage.

use insta::assert_snapshot;

use crate::edited::of_the_step;
use crate::stack::Way::{Edge, Regional};
use crate::stack::{ALLOWED, Case, STRANGER, Stack, refusal, verdicts};

const CASES: &[Case] = &[
    ("listed", Edge, ALLOWED, &[]),
    ("stranger", Edge, STRANGER, &[]),
    (
        "stranger, forged chain",
        Edge,
        STRANGER,
        &[("X-Forwarded-For", ALLOWED)],
    ),
    ("stranger", Regional, STRANGER, &[]),
];

#[tokio::test(flavor = "multi_thread")]
async fn a_web_acl_on_the_distribution_leaves_the_side_door_open() {
    let stack = Stack::with("edge-scope.yaml").await;
    assert_snapshot!(verdicts(&stack, CASES).await, @"
    edge     listed                     -> 200 ALLOW by AllowListedViewer
    edge     stranger                   -> 403 BLOCK by BlockWebhook
    edge     stranger, forged chain     -> 403 BLOCK by BlockWebhook
    regional stranger                   -> 200 not asked
    ");
    stack.sandbox.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_scope_sees_another_path_address_and_answer() {
    let on_distribution = Stack::with("edge-scope.yaml").await;
    let on_stage = Stack::of(&of_the_step(), &[]).await;
    let mut seen = Vec::new();
    for stack in [&on_distribution, &on_stage] {
        let answer = stack.edge(STRANGER, &[]).await;
        let waf = answer.hop("waf").unwrap();
        seen.push(format!(
            "{} from {} -> {}",
            waf["action"].as_str().unwrap(),
            waf["details"]["from"].as_str().unwrap(),
            answer.header("content-type").unwrap()
        ));
    }
    assert_snapshot!(seen.join("\n"), @"
    POST /webhook from 198.51.100.9 -> text/html
    POST /prod/webhook from 130.176.100.154 -> application/json
    ");
    on_distribution.sandbox.shutdown().await;
    on_stage.sandbox.shutdown().await;
}

#[tokio::test]
async fn a_web_acl_for_cloudfront_cannot_be_put_on_a_stage() {
    let template = of_the_step().replace("Scope: REGIONAL", "Scope: CLOUDFRONT");
    assert_snapshot!(refusal(&template, &[]).await, @"
    resource WebhookAllowListAssociation: WebhookAllowList has the scope CLOUDFRONT; an association is for REGIONAL ones
      help: set Scope: REGIONAL, or name the web ACL as WebACLId of the distribution
    ");
}
