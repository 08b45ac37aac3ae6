//! `leftovers`: what each step costs while idle, and what it leaves behind.

use workbook::leftovers::told;
use workbook::project::Target;

use crate::project;

fn plain(target: &Target, parameters: &[(&str, &str)]) -> String {
    let given: Vec<(String, String)> = parameters
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    let text = told(target, &given).unwrap();
    anstream::adapter::strip_str(&text).to_string()
}

fn step(name: &str) -> Target {
    let project = project();
    project.resolve(name, project.root()).unwrap()
}

/// A folder with this template.
fn folder(template: &str) -> (tempfile::TempDir, Target) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("template.yaml"), template).unwrap();
    let target = Target {
        name: "mine".to_owned(),
        dir: folder.path().to_owned(),
    };
    (folder, target)
}

#[test]
fn every_step_is_told_from_its_template() {
    let steps = project().steps().unwrap();
    assert!(steps.len() >= 6);
    for step in steps {
        let text = plain(&step, &[]);
        assert!(!text.contains("Not known"), "{text}");
        insta::assert_snapshot!(step.name.clone(), text);
    }
}

#[test]
fn the_allow_list_is_billed_only_when_it_is_on() {
    let on = [
        ("EnableWebhookIpAllowList", "true"),
        ("AllowedWebhookCidrs", "203.0.113.0/24"),
        ("SigningSecret", "nobody-may-read-this"),
    ];
    let text = plain(&step("05"), &on);
    assert!(!text.contains("nobody-may-read-this"), "{text}");
    insta::assert_snapshot!(text);
}

#[test]
fn log_groups_of_functions_outlive_the_steps_and_not_final() {
    assert!(plain(&step("04"), &[]).contains("/aws/lambda/"));
    assert!(!plain(&step("final"), &[]).contains("/aws/lambda/"));
}

#[test]
fn what_is_unknown_or_told_to_stay_is_named() {
    let (_folder, target) = folder(
        "Resources:\n  \
           Cluster: {Type: AWS::ECS::Cluster, DeletionPolicy: Retain}\n  \
           Bus: {Type: AWS::Events::EventBus}\n  \
           Topic: {Type: AWS::SNS::Topic}\n  \
           Table:\n    Type: AWS::DynamoDB::Table\n    DeletionPolicy: Snapshot\n    \
             Properties: {PointInTimeRecoverySpecification: {PointInTimeRecoveryEnabled: false}}\n  \
           Doubtful:\n    Type: AWS::DynamoDB::Table\n    \
             Properties: {PointInTimeRecoverySpecification: {PointInTimeRecoveryEnabled: !GetAtt Cluster.X}}\n",
    );
    insta::assert_snapshot!(plain(&target, &[]));
}

#[test]
fn a_slip_in_a_parameter_is_found() {
    let given = [("Nonsense".to_owned(), "1".to_owned())];
    let error = told(&step("05"), &given).unwrap_err().to_string();
    assert!(error.contains("no parameter Nonsense"), "{error}");
}
