//! Solutions of the exercises, and what the step does where they begin.

use insta::assert_snapshot;

use crate::edited::{edited, of_the_step};
use crate::stack::Way::{Edge, Regional};
use crate::stack::{ALLOWED, Case, STRANGER, Stack, verdicts};

#[tokio::test(flavor = "multi_thread")]
async fn counting_tells_who_would_be_blocked() {
    let stack = Stack::with("count-first.yaml").await;
    for (from, counted) in [(STRANGER, true), (ALLOWED, false)] {
        let answer = stack.edge(from, &[]).await;
        let seen = answer.hop("waf").unwrap()["details"].get("counted");
        let rules = seen.map(ToString::to_string);
        assert_eq!(answer.status, 200);
        assert_eq!(rules.as_deref(), counted.then_some(r#"["BlockWebhook"]"#));
    }
    stack.sandbox.shutdown().await;

    let step = Stack::of(&of_the_step(), &[]).await;
    assert_eq!(step.edge(STRANGER, &[]).await.status, 403);
    step.sandbox.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_side_door_is_closed_even_to_who_is_listed() {
    let cases: &[Case] = &[
        ("listed", Edge, ALLOWED, &[]),
        ("listed", Regional, ALLOWED, &[]),
        ("stranger", Regional, STRANGER, &[]),
    ];
    let solved = Stack::with("edge-only.yaml").await;
    let step = Stack::of(&of_the_step(), &[]).await;
    let found = [verdicts(&step, cases).await, verdicts(&solved, cases).await];
    assert_snapshot!(found.join("\n\n"), @"
    edge     listed                     -> 200 ALLOW by AllowListedViewer
    regional listed                     -> 200 ALLOW by AllowListedCaller
    regional stranger                   -> 403 BLOCK by BlockWebhook

    edge     listed                     -> 200 ALLOW by AllowListedViewer
    regional listed                     -> 403 BLOCK by BlockWebhook
    regional stranger                   -> 403 BLOCK by BlockWebhook
    ");
    solved.sandbox.shutdown().await;
    step.sandbox.shutdown().await;
}

/// How many of eleven requests of one listed viewer pass, and the first of another.
async fn passed(template: &str) -> (usize, u16) {
    let stack = Stack::of(template, &[]).await;
    let mut statuses = Vec::new();
    for _ in 0..11 {
        statuses.push(stack.edge(ALLOWED, &[]).await.status);
    }
    assert!(statuses.iter().all(|status| [200, 429].contains(status)));
    let another = stack.edge("203.0.113.8", &[]).await.status;
    stack.sandbox.shutdown().await;
    let passed = statuses.iter().filter(|status| **status == 200).count();
    (passed, another)
}

#[tokio::test(flavor = "multi_thread")]
async fn each_viewer_has_a_rate_of_its_own() {
    let solution = edited("limit-each-viewer.yaml");
    assert_eq!(passed(&of_the_step()).await, (11, 200));
    assert_eq!(passed(&solution).await, (10, 200));

    // By the source address all viewers of one place of CloudFront are one.
    let (before, after) = solution.split_once("FORWARDED_IP\n").unwrap();
    let (_, after) = after.split_once("MATCH\n").unwrap();
    assert_eq!(passed(&format!("{before}IP\n{after}")).await, (10, 429));

    // After the rules that allow, it is never asked.
    let last = solution.replacen(
        "Priority: 0\n          Action",
        "Priority: 9\n          Action",
        1,
    );
    assert_eq!(passed(&last).await, (11, 200));
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_secret_is_replaced_both_are_taken() {
    let solved = Stack::with("rotate.yaml").await;
    let secrets = solved.sandbox.stack().secrets.clone();
    let sent = solved.sandbox.stack().distributions[0].origins[0].headers[0]
        .value
        .clone();
    let named = |id: &str| {
        let found = secrets.iter().find(|secret| secret.logical_id == id);
        found.unwrap().value.clone()
    };
    let (old, next) = (named("OriginSecret"), named("NextOriginSecret"));
    assert!(old != next && sent == next);
    // As an edge sends that has, or has not yet, heard of the new secret.
    for (secret, status) in [(&*old, 200), (&*next, 200), ("guess", 403)] {
        let headers = [("X-Origin-Verify", secret), ("X-Viewer-Ip", ALLOWED)];
        let answer = solved.regional("130.176.100.154", &headers).await;
        assert_eq!(answer.status, status, "{}", answer.verdict());
    }
    assert_eq!(solved.edge(ALLOWED, &[]).await.status, 200);
    solved.sandbox.shutdown().await;

    // Replaced in one go, the old one is a stranger's guess at once.
    let template = edited("rotate.yaml");
    let at_once = template.replace("${OriginSecret}", "${NextOriginSecret}");
    let at_once = Stack::of(&at_once, &[]).await;
    let headers = [("X-Origin-Verify", &*old), ("X-Viewer-Ip", ALLOWED)];
    assert_eq!(
        at_once.regional("130.176.100.154", &headers).await.status,
        403
    );
    at_once.sandbox.shutdown().await;
}
