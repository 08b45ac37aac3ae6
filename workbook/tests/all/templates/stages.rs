//! An API has the one stage that is protected, and no other.

use super::subject::{Finding, Subject, target, text};

const RULE: &str = "second stage";

/// SAM deploys a stage named `Stage` beside the one that is written, unless an
/// `OpenApiVersion` is. It is reachable, and no web ACL or throttle is on it.
pub fn one_stage_for_each_api(subject: &Subject, findings: &mut Vec<Finding>) {
    for (id, api) in subject.written.of_type("AWS::Serverless::Api") {
        if api.get("OpenApiVersion").is_none() {
            findings.push(subject.finding(
                RULE,
                id,
                "StageName",
                "without an OpenApiVersion, SAM deploys a second stage that nothing protects",
                "write OpenApiVersion: 3.0.1",
            ));
        }
    }
    for (id, deployment) in subject.expanded.of_type("AWS::ApiGateway::Deployment") {
        if let Some(stage) = text(deployment, &["StageName"]) {
            findings.push(subject.finding(
                RULE,
                id,
                "StageName",
                format!("deploys the stage {stage} beside the one that is written"),
                "write OpenApiVersion: 3.0.1 at the API",
            ));
        }
    }
    let kinds = [
        (
            "AWS::ApiGateway::RestApi",
            "AWS::ApiGateway::Stage",
            "RestApiId",
        ),
        (
            "AWS::ApiGatewayV2::Api",
            "AWS::ApiGatewayV2::Stage",
            "ApiId",
        ),
    ];
    for (api_kind, stage_kind, reference) in kinds {
        for (api, _) in subject.expanded.of_type(api_kind) {
            let stages = subject.expanded.of_type(stage_kind);
            let mut stages =
                stages.filter(|(_, stage)| stage.get(reference).and_then(target) == Some(api));
            let first = stages.next();
            let help = "one API, one stage: remove what is not needed";
            for (second, _) in stages {
                let message = format!("is a second stage of {api}, which nothing protects");
                findings.push(subject.finding(RULE, second, "StageName", message, help));
            }
            let named = first.map(|(_, stage)| stage.get("StageName").and_then(target));
            if named != Some(Some("StageName")) {
                findings.push(subject.finding(
                    RULE,
                    api,
                    "StageName",
                    "has no stage that the parameter StageName names",
                    "write StageName: !Ref StageName",
                ));
            }
        }
    }
    associated(subject, findings);
}

/// The web ACL is on the stage there is.
fn associated(subject: &Subject, findings: &mut Vec<Finding>) {
    for (acl, _) in subject.expanded.of_type("AWS::WAFv2::WebACL") {
        let mut all = subject.expanded.of_type("AWS::WAFv2::WebACLAssociation");
        let on_stage = all.any(|(_, association)| {
            let resource = text(association, &["ResourceArn", "Fn::Sub"]);
            association.get("WebACLArn").and_then(target) == Some(acl)
                && resource.is_some_and(|arn| arn.ends_with("/restapis/${Api}/stages/${ApiStage}"))
        });
        if !on_stage {
            findings.push(subject.finding(
                RULE,
                acl,
                "Type",
                "is on no stage of the REST API, so that it protects nothing",
                "add an AWS::WAFv2::WebACLAssociation with the API's stage as ResourceArn",
            ));
        }
    }
}
