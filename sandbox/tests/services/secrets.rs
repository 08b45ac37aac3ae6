//! Secrets: generated, referred to, read, never shown.

use std::collections::BTreeMap;

use sandbox::clock::Clock;
use sandbox::console;
use sandbox::secrets::Secrets;
use sandbox::template::model::Stack;
use sandbox::template::{self, Seed, TemplateError};
use sandbox::trail::Recorder;
use serde_json::{Value, json};

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
            "RotateSecret",
            json!({"SecretId": "signing"}),
            "UnknownOperationException",
        ),
    ] {
        let answer = call(operation, input);
        assert_eq!(answer.status, 400);
        assert_eq!(answer.json()["__type"], error_type);
    }
}

/// The service in front of the secret `signing`, and what it is asked.
struct Service {
    secrets: Secrets,
    stack: Stack,
    recorder: Recorder,
}

impl Service {
    fn new() -> Self {
        let stack = variable(REFERENCE, Seed::fresh()).1;
        let clock = Clock::new();
        let secrets = Secrets::new(&clock);
        secrets.load(&stack);
        let recorder = Recorder::new(clock, console::silent());
        Self {
            secrets,
            stack,
            recorder,
        }
    }

    fn call(&self, operation: &str, mut input: Value) -> Answer {
        input["SecretId"] = json!("signing");
        let request = request(&format!("secretsmanager.{operation}"), &input);
        let context = self.recorder.begin("request");
        self.secrets.handle(request, &context).into()
    }

    fn put(&self, value: &str) -> Answer {
        self.call("PutSecretValue", json!({"SecretString": value}))
    }

    /// The values of the current version and of the one before.
    fn values(&self) -> [Value; 2] {
        ["AWSCURRENT", "AWSPREVIOUS"].map(|stage| {
            let answer = self.call("GetSecretValue", json!({"VersionStage": stage}));
            answer.json()["SecretString"].take()
        })
    }
}

/// Secrets Manager API Reference, `PutSecretValue`: a new version gets
/// `AWSCURRENT`, and the one that had it gets `AWSPREVIOUS`.
#[test]
fn fact_a_new_version_is_current_and_the_one_before_previous() {
    let service = Service::new();
    let first = json!(service.stack.secrets[1].value);
    assert_eq!(service.values(), [first.clone(), Value::Null]);
    let put = service.put("second").json();
    assert_eq!(put["VersionStages"], json!(["AWSCURRENT"]));
    assert_eq!(service.values(), [json!("second"), first]);
    assert_eq!(service.put("third").status, 200);
    assert_eq!(service.values(), [json!("third"), json!("second")]);

    let second = json!({"VersionId": put["VersionId"]});
    let second = service.call("GetSecretValue", second).json();
    assert_eq!(second["SecretString"], "second");
    assert_eq!(second["VersionStages"], json!(["AWSPREVIOUS"]));
    let described = service.call("DescribeSecret", json!({})).json();
    let stages = described["VersionIdsToStages"].as_object().unwrap();
    assert_eq!(stages.len(), 2);
    assert_eq!(
        stages[put["VersionId"].as_str().unwrap()],
        json!(["AWSPREVIOUS"])
    );

    // Saved templates change nothing of it.
    service.secrets.load(&service.stack);
    assert_eq!(service.values(), [json!("third"), json!("second")]);
}

/// Secrets Manager API Reference: the member of an error is `Message`, and a
/// secret that was never changed has no version `AWSPREVIOUS`.
#[test]
fn fact_what_is_not_there_is_a_resource_not_found_exception() {
    let service = Service::new();
    let previous = json!({"VersionStage": "AWSPREVIOUS"});
    let answer = service.call("GetSecretValue", previous);
    assert_eq!(answer.status, 400);
    assert_eq!(
        answer.json(),
        json!({
            "__type": "ResourceNotFoundException",
            "Message": "Secrets Manager can't find the specified secret value for staging label: AWSPREVIOUS",
        })
    );
    let trail = service.recorder.find("request").unwrap();
    assert!(trail.hops[0].ok, "it is an answer as good as a value");
}

/// Secrets Manager API Reference, `ClientRequestToken`: the same request again
/// makes no second version; another value under the same token is refused.
#[test]
fn fact_a_token_makes_one_version() {
    let service = Service::new();
    let first = json!(service.stack.secrets[1].value);
    let put = |value: &str| {
        let token = "8f0c5b1e-6f2d-4f7e-9d53-0c1a2b3c4d5e";
        let input = json!({"SecretString": value, "ClientRequestToken": token});
        service.call("PutSecretValue", input)
    };
    assert_eq!(put("second").status, 200);
    assert_eq!(put("second").status, 200);
    assert_eq!(service.values(), [json!("second"), first]);
    assert_eq!(put("other").json()["__type"], "ResourceExistsException");
}

#[test]
fn what_the_sandbox_cannot_put_is_refused_and_changes_nothing() {
    let service = Service::new();
    let before = service.values();
    let staged = json!({"SecretString": "x", "VersionStages": ["AWSPENDING"]});
    for (input, error_type) in [
        (json!({}), "InvalidRequestException"),
        (staged, "InvalidParameterException"),
    ] {
        let answer = service.call("PutSecretValue", input);
        assert_eq!(answer.json()["__type"], error_type);
    }
    assert_eq!(service.values(), before);
}

#[test]
fn the_trail_shows_the_call_without_the_value() {
    let service = Service::new();
    let put = json!({"SecretString": r#"{"KEY":"hush"}"#});
    let previous = json!({"VersionStage": "AWSPREVIOUS"});
    for (operation, input, told) in [
        ("PutSecretValue", put, "signing"),
        ("GetSecretValue", json!({}), "signing"),
        ("GetSecretValue", previous, "AWSPREVIOUS"),
    ] {
        assert_eq!(service.call(operation, input).status, 200);
        let trail = service.recorder.find("request").unwrap();
        let hop = &trail.hops[0];
        assert_eq!(
            (hop.name.as_str(), hop.action.as_str()),
            ("Signing", operation)
        );
        let text = serde_json::to_string(&trail).unwrap();
        assert!(text.contains(told), "{text}");
        assert!(!text.contains("hush"), "{text}");
        assert!(!text.contains("password"), "{text}");
    }
}
