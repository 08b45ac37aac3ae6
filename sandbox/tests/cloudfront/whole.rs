//! A distribution in a whole sandbox, with a real function behind it.

use std::collections::BTreeMap;

use sandbox::{Options, Sandbox};
use serde_json::json;

use crate::harness::{TEMPLATE, send};

#[tokio::test]
async fn a_sandbox_serves_its_distribution_and_the_next_version_of_it() {
    let folder = tempfile::tempdir().unwrap();
    let template = folder.path().join("template.yaml");
    std::fs::write(&template, TEMPLATE).unwrap();
    let mut options = Options::new(&template);
    let binary = env!("CARGO_BIN_EXE_sandbox-fixture").into();
    options.binaries.insert("webhook".to_owned(), binary);
    let binaries = options.binaries.clone();
    let sandbox = Sandbox::start(options).await.unwrap();

    // On AWS this output is a bare name; here it can be used as it is.
    let url = sandbox.output("CloudFrontDomainName").unwrap();
    let address = url.strip_prefix("http://").unwrap().parse().unwrap();
    let body = json!({"answer": {"statusCode": 200, "body": "from the function"}}).to_string();
    let answer = send(address, "POST /webhook", "", body.as_bytes()).await;
    assert_eq!(
        (answer.status, answer.body.as_str()),
        (200, "from the function")
    );
    let trail = sandbox.trail(answer.header("x-amz-cf-id").unwrap()).await;
    let names: Vec<_> = trail.hops.iter().map(|hop| hop.name.as_str()).collect();
    assert_eq!(
        names,
        ["PaymentDistribution", "PaymentApi", "PaymentWebhookHandler"]
    );
    let same = sandbox
        .trail(answer.header("x-amzn-requestid").unwrap())
        .await;
    assert_eq!(same.id, trail.id);

    let changed = TEMPLATE.replace("return event.request;", "return {statusCode: 202};");
    std::fs::write(&template, changed).unwrap();
    sandbox.reload(&BTreeMap::new(), &binaries).await.unwrap();
    assert_eq!(sandbox.output("CloudFrontDomainName"), Some(url));
    let answer = send(address, "POST /webhook", "", body.as_bytes()).await;
    assert_eq!(answer.status, 202);
    sandbox.shutdown().await;
}
