//! The listener for the person at the keyboard, and the services as functions
//! reach them: a whole sandbox with a real process.

use sandbox::Sandbox;
use serde_json::{Value, json};

use crate::support::{Answer, CONNECTIONS, post, sandbox, sandbox_with, template};

const QUEUE: &str = "  Failures: {Type: AWS::SQS::Queue}\n";
const JSON: &str = "Content-Type: application/x-amz-json-1.0\r\n";

async fn call(sandbox: &Sandbox, target: &str, input: Value) -> Answer {
    let headers = format!("{JSON}X-Amz-Target: {target}\r\n");
    let url = sandbox.services_url().unwrap();
    post(&url, &headers, &input.to_string()).await
}

async fn reload(sandbox: &Sandbox) {
    let binary = env!("CARGO_BIN_EXE_sandbox-fixture").into();
    let binaries = [("sandbox-fixture".to_owned(), binary)].into();
    let reloaded = sandbox.reload(&Default::default(), &binaries).await;
    reloaded.unwrap();
}

async fn invoke(sandbox: &Sandbox, function: &str, headers: &str, event: &Value) -> Answer {
    let url = sandbox.services_url().unwrap();
    let url = format!("{url}/2015-03-31/functions/{function}/invocations");
    post(&url, headers, &event.to_string()).await
}

/// An event that makes the test function call a service.
fn calling(endpoint: &str, target: &str, input: &Value) -> Value {
    let with = json!({"endpoint": endpoint, "target": target, "body": input.to_string()});
    json!({"call": with})
}

/// What the service answered to the function: status and body.
fn answered(answer: &Answer) -> (String, Value) {
    let inner: Value = serde_json::from_str(answer.json()["body"].as_str().unwrap()).unwrap();
    let body = serde_json::from_str(inner["body"].as_str().unwrap()).unwrap();
    (inner["status"].as_str().unwrap().to_owned(), body)
}

#[tokio::test]
async fn each_call_from_the_keyboard_has_a_trail_of_its_own() {
    let (sandbox, _folder) = sandbox(&format!("{CONNECTIONS}{QUEUE}"), "").await;
    let table = sandbox.stack().tables[0].name.clone();
    let put = json!({"TableName": table, "Item": {"connectionId": {"S": "abc="}}});
    let answer = call(&sandbox, "DynamoDB_20120810.PutItem", put).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_eq!(
        sandbox.items("ConnectionsTable"),
        [json!({"connectionId": {"S": "abc="}})]
    );
    let id = answer.headers["x-amzn-requestid"].to_str().unwrap();
    let hops = sandbox.trail(id).await.hops;
    assert_eq!((hops.len(), hops[0].name.as_str()), (1, "ConnectionsTable"));

    let rows = ["b", "c"].map(|id| json!({"connectionId": {"S": id}}));
    sandbox.put_items("ConnectionsTable", rows).unwrap();
    let scan = json!({"TableName": table});
    let scanned = call(&sandbox, "DynamoDB_20120810.Scan", scan).await.json();
    assert_eq!(scanned["Count"], 1, "Options::scan_page_bytes holds");
    assert!(scanned["LastEvaluatedKey"].is_object());

    let send = json!({"QueueUrl": "Failures", "MessageBody": "x"});
    assert_eq!(
        call(&sandbox, "AmazonSQS.SendMessage", send).await.status,
        200
    );
    let receive = json!({"QueueUrl": sandbox.stack().queues[0].url});
    let received = call(&sandbox, "AmazonSQS.ReceiveMessage", receive).await;
    assert_eq!(received.json()["Messages"][0]["Body"], "x");
    sandbox.shutdown().await;
}

#[tokio::test]
async fn what_is_not_there_is_told_with_what_is() {
    let (sandbox, _folder) = sandbox("  Topic: {Type: AWS::SNS::Topic}\n", "").await;
    let url = sandbox.services_url().unwrap();
    let unknown = call(&sandbox, "Kinesis_20131202.PutRecord", json!({})).await;
    assert_eq!(
        (unknown.status.as_u16(), &unknown.json()["__type"]),
        (501, &json!("NotImplemented"))
    );
    assert!(
        unknown.text.contains("Kinesis_20131202"),
        "{}",
        unknown.text
    );
    assert_eq!(post(&url, JSON, "{}").await.status, 501);
    let form = "Content-Type: application/x-www-form-urlencoded\r\n";
    let topics = post(&url, form, "Action=ListTopics&Version=2010-03-31").await;
    assert!(
        topics.text.contains(&sandbox.stack().topics[0].arn),
        "{}",
        topics.text
    );
    sandbox.shutdown().await;
}

#[tokio::test]
async fn without_a_service_there_is_no_listener_for_them_until_a_reload_brings_one() {
    let (sandbox, folder) = sandbox("", "").await;
    assert_eq!(sandbox.services_url(), None);
    let path = folder.path().join("template.yaml");
    std::fs::write(path, template(QUEUE, "")).unwrap();
    reload(&sandbox).await;
    let listed = call(&sandbox, "AmazonSQS.ListQueues", json!({})).await;
    assert_eq!(
        listed.json()["QueueUrls"],
        json!([sandbox.stack().queues[0].url])
    );
    sandbox.shutdown().await;
}

/// What a parameter names by its ARN is there for functions and for the
/// keyboard, and stays what it was made by hand.
#[tokio::test]
async fn a_secret_beside_the_stack_is_read_and_put() {
    let arn = "arn:aws:secretsmanager:us-east-1:123456789012:secret:shop/webhook-a1b2c3";
    let secrets = [(arn.to_owned(), "first".to_owned())].into();
    let (sandbox, _folder) = sandbox_with(QUEUE, "", secrets).await;
    let get = json!({"SecretId": arn});
    let target = "secretsmanager.GetSecretValue";
    let calling = calling("AWS_ENDPOINT_URL_SECRETS_MANAGER", target, &get);
    let (_, read) = answered(&invoke(&sandbox, "Handler", "", &calling).await);
    assert_eq!(
        (&read["Name"], &read["SecretString"]),
        (&json!("shop/webhook"), &json!("first"))
    );

    let put = json!({"SecretId": "shop/webhook", "SecretString": "second"});
    let answer = call(&sandbox, "secretsmanager.PutSecretValue", put).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    reload(&sandbox).await;
    assert_eq!(
        call(&sandbox, target, get).await.json()["SecretString"],
        "second"
    );
    sandbox.shutdown().await;
}

#[tokio::test]
async fn a_reload_keeps_the_generated_secrets_and_another_sandbox_has_others() {
    let secret = "  Secret:
    Type: AWS::SecretsManager::Secret
    Properties: {GenerateSecretString: {}}
";
    let (first, _folder) = sandbox(secret, "").await;
    let (second, _other) = sandbox(secret, "").await;
    let value = |sandbox: &Sandbox| sandbox.stack().secrets[0].value.clone();
    let before = value(&first);
    reload(&first).await;
    assert_eq!(value(&first), before);
    assert_ne!(value(&second), before);
    first.shutdown().await;
    second.shutdown().await;
}

/// Section 4.3: `RequestResponse` 200, `Event` 202 with an empty body, `DryRun`
/// 204; a function's error is a 200 with `X-Amz-Function-Error`.
#[tokio::test]
async fn fact_4_3_invocations() {
    let (sandbox, _folder) = sandbox(QUEUE, "").await;
    let event = json!({"answer": {"ok": true}});
    let function = sandbox.stack().functions[0].clone();
    let escaped = function.arn.replace(':', "%3A");
    for name in ["Handler", &function.name, &function.arn, &escaped] {
        let answer = invoke(&sandbox, name, "", &event).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        assert_eq!(answer.json(), json!({"ok": true}));
        assert_eq!(answer.headers["x-amz-executed-version"], "$LATEST");
        assert!(!answer.headers.contains_key("x-amz-function-error"));
        let id = answer.headers["x-amzn-requestid"].to_str().unwrap();
        assert_eq!(sandbox.trail(id).await.hops[0].name, "Handler");
    }
    let error = json!({"errorType": "E", "errorMessage": "m"});
    let failing = json!({"error": error});
    let failed = invoke(&sandbox, "Handler", "", &failing).await;
    assert_eq!((failed.status.as_u16(), failed.json()), (200, error));
    assert_eq!(failed.headers["x-amz-function-error"], "Unhandled");
    let queued = invoke(
        &sandbox,
        "Handler",
        "X-Amz-Invocation-Type: Event\r\n",
        &event,
    )
    .await;
    assert_eq!((queued.status.as_u16(), queued.text.as_str()), (202, ""));
    let dry = invoke(
        &sandbox,
        "Handler",
        "X-Amz-Invocation-Type: DryRun\r\n",
        &event,
    )
    .await;
    assert_eq!(dry.status, 204);
    let absent = invoke(&sandbox, "nobody", "", &event).await;
    assert_eq!(absent.status, 404);
    assert_eq!(
        absent.text,
        r#"{"Type":"User","Message":"Function not found: arn:aws:lambda:us-east-1:123456789012:function:nobody"}"#
    );
    assert_eq!(
        absent.headers["x-amzn-errortype"],
        "ResourceNotFoundException"
    );
    sandbox
        .faults()
        .add("function-throttle=Handler*1".parse().unwrap());
    let throttled = invoke(&sandbox, "Handler", "", &event).await;
    assert_eq!(throttled.status, 429);
    assert_eq!(
        throttled.headers["x-amzn-errortype"],
        "TooManyRequestsException"
    );
    assert_eq!(throttled.json()["message"], "Rate Exceeded.");
    sandbox.shutdown().await;
}

#[tokio::test]
async fn functions_reach_tables_queues_and_secrets_on_the_trail_of_their_event() {
    let resources = format!(
        "{CONNECTIONS}{QUEUE}  Signing: {{Type: AWS::SecretsManager::Secret, Properties: {{SecretString: abc}}}}\n"
    );
    let (sandbox, _folder) = sandbox(&resources, "TABLE_NAME: !Ref ConnectionsTable").await;
    let stack = sandbox.stack();
    let table = stack.functions[0].environment["TABLE_NAME"].clone();
    let put = json!({"TableName": table, "Item": {"connectionId": {"S": "abc="}}});
    let put = calling(
        "AWS_ENDPOINT_URL_DYNAMODB",
        "DynamoDB_20120810.PutItem",
        &put,
    );
    let answer = invoke(&sandbox, "Handler", "", &put).await;
    assert_eq!(answered(&answer), ("200".to_owned(), json!({})));
    assert_eq!(sandbox.items("ConnectionsTable").len(), 1);
    let id = answer.headers["x-amzn-requestid"].to_str().unwrap();
    let hops: Vec<_> = sandbox
        .trail(id)
        .await
        .hops
        .iter()
        .map(|hop| hop.name.clone())
        .collect();
    assert_eq!(hops, ["Handler", "ConnectionsTable"]);

    // Failures on demand are for functions: the keyboard still gets through.
    sandbox.faults().add("queue-refuse".parse().unwrap());
    let send = json!({"QueueUrl": stack.queues[0].url, "MessageBody": "x"});
    let refused = calling("AWS_ENDPOINT_URL_SQS", "AmazonSQS.SendMessage", &send);
    let (status, _) = answered(&invoke(&sandbox, "Handler", "", &refused).await);
    assert_eq!(status, "500");
    assert_eq!(
        call(&sandbox, "AmazonSQS.SendMessage", send).await.status,
        200
    );
    assert_eq!(sandbox.messages("Failures").len(), 1);

    let get = json!({"SecretId": stack.secrets[0].arn});
    let get = calling(
        "AWS_ENDPOINT_URL_SECRETS_MANAGER",
        "secretsmanager.GetSecretValue",
        &get,
    );
    let (_, secret) = answered(&invoke(&sandbox, "Handler", "", &get).await);
    assert_eq!(secret["SecretString"], "abc");
    sandbox.shutdown().await;
}
