//! The templates: the root's is final's, and each keeps what is promised.

mod asynchronous;
mod broken;
mod calls;
mod contract;
mod exceptions;
mod permissions;
mod stages;
mod subject;

use std::collections::BTreeSet;
use std::fs;

use crate::project;
use exceptions::EXCEPTIONS;
use subject::{Finding, Subject};

/// `sam build` works at the root and in `final`; nothing but the way to the
/// crate may differ.
#[test]
fn the_root_template_is_the_one_of_final() {
    let project = project();
    let read = |path: &str| fs::read_to_string(project.root().join(path)).unwrap();
    let moved = read("final/template.yaml").replace("CodeUri: .\n", "CodeUri: final/\n");
    assert!(
        moved == read("template.yaml"),
        "copy final/template.yaml to the root"
    );
    assert_eq!(read("samconfig.toml"), read("final/samconfig.toml"));
}

/// Everything that is found in any template is an exception with its reason, and
/// every exception is needed.
#[test]
fn every_template_keeps_every_rule() {
    let mut used = BTreeSet::new();
    let mut found = Vec::new();
    for subject in Subject::all() {
        for finding in findings(&subject) {
            match exceptions::of(&subject, &finding) {
                Some(index) => _ = used.insert(index),
                None => found.push(finding.to_string()),
            }
        }
    }
    for (index, exception) in EXCEPTIONS.iter().enumerate() {
        if !used.contains(&index) {
            found.push(format!(
                "exception of `{}` ({}): nothing is found that it is for\n  help: remove it from exceptions.rs",
                exception.rule, exception.reason
            ));
        }
    }
    assert!(found.is_empty(), "\n{}", found.join("\n"));
}

/// All that is wrong with a template.
fn findings(subject: &Subject) -> Vec<Finding> {
    let mut findings = Vec::new();
    permissions::actions_without_wildcards(subject, &mut findings);
    permissions::wildcards_are_explained(subject, &mut findings);
    permissions::managed_policies_are_known(subject, &mut findings);
    permissions::invocations_have_a_source(subject, &mut findings);
    calls::actions_are_what_the_code_calls(subject, &mut findings);
    asynchronous::failures_are_kept(subject, &mut findings);
    asynchronous::logs_are_kept_for_a_time(subject, &mut findings);
    stages::one_stage_for_each_api(subject, &mut findings);
    contract::names_are_those_of_the_design(subject, &mut findings);
    findings
}
