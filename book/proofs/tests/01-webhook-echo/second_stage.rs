//! A template without the line about OpenAPI.

use crate::stack::{Stack, edited};

fn without_version() -> String {
    edited("      OpenApiVersion: 3.0.1\n", "")
}

async fn warnings(template: &str) -> Vec<String> {
    let stack = Stack::start(template, None).await;
    let all = &stack.sandbox.stack().inert;
    let found = all
        .iter()
        .filter(|inert| inert.resource_type == "AWS::ApiGateway::Stage");
    let found = found.map(|inert| inert.reason.to_owned()).collect();
    stack.stop().await;
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn without_open_api_version_the_sandbox_warns_of_a_second_stage() {
    let told = warnings(&without_version()).await;
    assert_eq!(told.len(), 1);
    assert!(told[0].contains("a second stage named Stage"), "{told:?}");

    assert!(warnings(&edited("", "")).await.is_empty());
}
