//! How a rule knows /webhook.

use insta::assert_snapshot;
use sandbox::clock::Clock;
use sandbox::console;
use sandbox::template;
use sandbox::trail::Recorder;
use sandbox::waf::{Decision, Request, Waf};

use crate::edited::{edited, of_the_step};
use crate::stack::{STRANGER, Stack, options};

/// Spellings that API Gateway takes for `/webhook`.
const SPELLINGS: [&str; 4] = ["/webhook", "/webhook/", "/%77ebhook", "//webhook"];

/// What a stranger gets who writes the path in these ways, straight to the API.
async fn tried(template: &str, paths: &[&str]) -> String {
    let stack = Stack::of(template, &[]).await;
    let base = stack.sandbox.output("RestApiInvokeUrl").unwrap();
    let mut lines = Vec::new();
    for path in paths {
        let answer = stack.post(&(base.clone() + path), STRANGER, &[]).await;
        lines.push(format!("{path:12} -> {}", answer.verdict()));
    }
    stack.sandbox.shutdown().await;
    lines.join("\n")
}

/// The step's template, with the path compared in another way.
fn comparing(constraint: &str, search: &str) -> String {
    let step = of_the_step();
    let start = step.find("PositionalConstraint: CONTAINS").unwrap();
    let end = start + step[start..].find("\n\n").unwrap();
    let mut template = step.clone();
    let new = format!(
        "PositionalConstraint: {constraint}\n              SearchString: {search}\n              \
         TextTransformations:\n                - Priority: 0\n                  Type: NONE"
    );
    template.replace_range(start..end, &new);
    template
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rule_for_the_exact_path_is_passed_by_another_spelling() {
    assert_snapshot!(tried(&edited("source-address.yaml"), &SPELLINGS).await, @"
    /webhook     -> 403 BLOCK by BlockStrangers
    /webhook/    -> 200 ALLOW by Default_Action
    /%77ebhook   -> 403 ALLOW by Default_Action
    //webhook    -> 200 ALLOW by Default_Action
    ");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rule_for_the_exact_path_keeps_its_hole_when_it_decodes_first() {
    let step = of_the_step();
    let contains = "CONTAINS\n              SearchString: /webhook";
    let exactly = "EXACTLY\n              SearchString: !Sub /${StageName}/webhook";
    let template = step.replace(contains, exactly);
    assert_ne!(template, step);
    assert_snapshot!(tried(&template, &SPELLINGS).await, @"
    /webhook     -> 403 BLOCK by BlockWebhook
    /webhook/    -> 200 ALLOW by Default_Action
    /%77ebhook   -> 403 BLOCK by BlockWebhook
    //webhook    -> 403 BLOCK by BlockWebhook
    ");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rule_for_the_beginning_is_passed_by_a_second_slash() {
    let template = comparing("STARTS_WITH", "!Sub /${StageName}/webhook");
    assert_snapshot!(tried(&template, &SPELLINGS).await, @"
    /webhook     -> 403 BLOCK by BlockWebhook
    /webhook/    -> 403 BLOCK by BlockWebhook
    /%77ebhook   -> 403 ALLOW by Default_Action
    //webhook    -> 200 ALLOW by Default_Action
    ");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_rule_of_the_step_knows_every_spelling() {
    assert_snapshot!(tried(&of_the_step(), &SPELLINGS).await, @"
    /webhook     -> 403 BLOCK by BlockWebhook
    /webhook/    -> 403 BLOCK by BlockWebhook
    /%77ebhook   -> 403 BLOCK by BlockWebhook
    //webhook    -> 403 BLOCK by BlockWebhook
    ");
}

/// A stranger's request to a stage that a domain of its own maps to another path, which
/// the sandbox has no listener for: the web ACL is asked alone.
fn judged(template: &str, paths: &[&str]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let options = options(template, &folder);
    let stack = template::load(&options.template, &options.parameters);
    let stack = stack.unwrap_or_else(|error| panic!("{error}"));
    let waf = Waf::new(Clock::new());
    waf.load(&stack);
    let acl = waf.acl(&stack.web_acls[0].arn).unwrap();
    let recorder = Recorder::new(Clock::new(), console::silent());
    let lines = paths.iter().map(|path| {
        let request = Request {
            method: "POST",
            path,
            query: None,
            headers: &[],
            body: b"",
            source_ip: STRANGER.parse().unwrap(),
        };
        let verdict = acl.judge(&request, &recorder.begin(*path));
        let word = match verdict.decision {
            Decision::Allow => "ALLOW",
            Decision::Block(_) => "BLOCK",
        };
        format!("{path:22} -> {word} by {}", verdict.rule)
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn a_domain_of_your_own_has_no_stage_in_the_path() {
    let paths = ["/prod/webhook", "/webhook", "/payments/webhook"];
    let stage_first = comparing("STARTS_WITH", "!Sub /${StageName}/webhook");
    let found = format!(
        "{}\n\n{}",
        judged(&stage_first, &paths),
        judged(&of_the_step(), &paths)
    );
    assert_snapshot!(found, @"
    /prod/webhook          -> BLOCK by BlockWebhook
    /webhook               -> ALLOW by Default_Action
    /payments/webhook      -> ALLOW by Default_Action

    /prod/webhook          -> BLOCK by BlockWebhook
    /webhook               -> BLOCK by BlockWebhook
    /payments/webhook      -> BLOCK by BlockWebhook
    ");
}

#[test]
fn what_only_looks_like_it_is_blocked_too() {
    let paths = ["/prod/webhooks", "/prod/admin/webhook/log", "/prod/orders"];
    assert_snapshot!(judged(&of_the_step(), &paths), @"
    /prod/webhooks         -> BLOCK by BlockWebhook
    /prod/admin/webhook/log -> BLOCK by BlockWebhook
    /prod/orders           -> ALLOW by Default_Action
    ");
}
