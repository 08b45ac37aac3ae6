//! Secrets: generated, referred to, read, never shown.

use std::collections::BTreeMap;

use sandbox::clock::Clock;
use sandbox::console;
use sandbox::secrets::Secrets;
use sandbox::template::model::Stack;
use sandbox::template::{self, Seed, TemplateError};
use sandbox::trail::Recorder;
use serde_json::json;

use crate::support::{Answer, request};

const SECRET: &str = "  OriginSecret:
    Type: AWS::SecretsManager::Secret
    DeletionPolicy: Delete
    Properties:
      GenerateSecretString: {PasswordLength: 40, ExcludePunctuation: true}
  Signing:
    Type: AWS::SecretsManager::Secret
    Properties:
      Name: signing
      GenerateSecretString:
        SecretStringTemplate: '{\"user\": \"stripe\"}'
        GenerateStringKey: password
";

fn load(environment: &str, seed: Seed) -> Result<Stack, TemplateError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("template.yaml");
    std::fs::write(&path, crate::support::template(SECRET, environment)).unwrap();
    template::load_with(&path, &BTreeMap::new(), seed)
}

/// The values that an environment with one variable gets from a seed.
fn variable(expression: &str, seed: Seed) -> (String, Stack) {
    let stack = load(&format!("IT: {expression}"), seed).unwrap_or_else(|error| panic!("{error}"));
    (stack.functions[0].environment["IT"].clone(), stack)
}

const REFERENCE: &str = "!Sub '{{resolve:secretsmanager:${OriginSecret}:SecretString}}'";

#[test]
fn a_generated_secret_is_random_and_stays_with_its_seed() {
    let seed = Seed::fresh();
    let (value, stack) = variable(REFERENCE, seed);
    assert_eq!(value.len(), 40);
    assert!(value.chars().all(|c| c.is_ascii_alphanumeric()), "{value}");
    for test in [char::is_numeric, char::is_lowercase, char::is_uppercase] {
        assert!(value.contains(test), "one of each kind: {value}");
    }
    assert_eq!(stack.secrets[0].value, value);
    assert_eq!(variable(REFERENCE, seed).0, value);
    assert_ne!(variable(REFERENCE, Seed::fresh()).0, value);
    assert_ne!(stack.secrets[1].value, value);
}

#[test]
fn references_are_resolved_wherever_they_stand() {
    let seed = Seed::fresh();
    let (value, stack) = variable(REFERENCE, seed);
    let password: serde_json::Value = serde_json::from_str(&stack.secrets[1].value).unwrap();
    assert_eq!(password["user"], "stripe");
    let password = password["password"].as_str().unwrap();
    assert_eq!(password.len(), 32);
    let cases = [
        (
            "!Sub 'a {{resolve:secretsmanager:${OriginSecret}}} b'",
            format!("a {value} b"),
        ),
        (
            "!Join ['', ['{{resolve:secretsmanager:', !Ref OriginSecret, ':SecretString::}}']]",
            value.clone(),
        ),
        (
            "'{{resolve:secretsmanager:signing:SecretString:user}}'",
            "stripe".to_owned(),
        ),
        (
            "!Sub '{{resolve:secretsmanager:${Signing}:SecretString:password:AWSCURRENT}}'",
            password.to_owned(),
        ),
        (
            "!Sub '{{resolve:secretsmanager:${OriginSecret}}}-{{resolve:secretsmanager:signing:SecretString:user}}'",
            format!("{value}-stripe"),
        ),
    ];
    for (expression, wanted) in cases {
        assert_eq!(variable(expression, seed).0, wanted, "{expression}");
    }
}

#[test]
fn no_message_and_no_debug_output_holds_a_secret() {
    let seed = Seed::fresh();
    let (value, stack) = variable(REFERENCE, seed);
    assert!(!format!("{:?}", stack.secrets).contains(&value));
    let wrong = format!("IT: x}}}}\n      MemorySize: {REFERENCE}\n      Tags: {{A: {{B: c");
    let error = load(&wrong, seed).unwrap_err().to_string();
    assert!(error.contains("found a secret value"), "{error}");
    assert!(!error.contains(&value));
}

#[tokio::test]
async fn a_secret_is_read_by_name_or_arn() {
    let stack = variable(REFERENCE, Seed::fresh()).1;
    let clock = Clock::new();
    let secrets = Secrets::new(&clock);
    secrets.load(&stack);
    let recorder = Recorder::new(clock, console::silent());
    let call = |operation: &str, input| -> Answer {
        let request = request(&format!("secretsmanager.{operation}"), &input);
        secrets.handle(request, &recorder.begin("request")).into()
    };
    let secret = &stack.secrets[1];
    let partial = secret.arn.rsplit_once('-').unwrap().0;
    assert_eq!(
        partial,
        "arn:aws:secretsmanager:us-east-1:123456789012:secret:signing"
    );
    for id in [secret.name.as_str(), &secret.arn, partial] {
        let answer = call("GetSecretValue", json!({"SecretId": id}));
        assert_eq!(answer.status, 200);
        assert_eq!(answer.headers["content-type"], "application/x-amz-json-1.1");
        let output = answer.json();
        assert_eq!(output["SecretString"], secret.value);
        assert_eq!(output["VersionStages"], json!(["AWSCURRENT"]));
        assert_eq!(output["Name"], "signing");
    }
    let trail = recorder.find("request").unwrap();
    assert_eq!(trail.hops[0].name, "Signing");
    assert!(!serde_json::to_string(&trail).unwrap().contains("password"));
    let described = call("DescribeSecret", json!({"SecretId": "signing"})).json();
    assert_eq!(described["ARN"], secret.arn);
    assert_eq!(described.get("SecretString"), None);
    let pending = json!({"SecretId": "signing", "VersionStage": "AWSPENDING"});
    for (operation, input, error_type) in [
        (
            "GetSecretValue",
            json!({"SecretId": "nothing"}),
            "ResourceNotFoundException",
        ),
        ("GetSecretValue", pending, "ResourceNotFoundException"),
        (
            "PutSecretValue",
            json!({"SecretId": "signing"}),
            "UnknownOperationException",
        ),
    ] {
        let answer = call(operation, input);
        assert_eq!(answer.status, 400);
        assert_eq!(answer.json()["__type"], error_type);
    }
}
