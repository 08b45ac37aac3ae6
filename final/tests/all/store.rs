//! What the SDK really asks Secrets Manager for us, and what becomes of the
//! answers.

use insta::assert_snapshot;
use serde_json::json;

use crate::sign::SECRETS_ARN;
use crate::wire::Service;
use payments::store::{ReadVersions, SecretsManager, StoreError, Versions};

const JSON: [(&str, &str); 1] = [("content-type", "application/x-amz-json-1.1")];

fn value(text: &str) -> (u16, String) {
    let body = json!({
        "ARN": SECRETS_ARN,
        "CreatedDate": 1_775_738_096.234,
        "Name": "payments/webhook",
        "SecretString": text,
        "VersionId": "8f0c5b1e-6f2d-4f7e-9d53-0c1a2b3c4d5e",
        "VersionStages": ["AWSCURRENT"],
    });
    (200, body.to_string())
}

fn error(status: u16, error_type: &str, message: &str) -> (u16, String) {
    let body = json!({"__type": error_type, "Message": message});
    (status, body.to_string())
}

fn not_found(what: &str) -> (u16, String) {
    let message = format!("Secrets Manager can't find the specified secret{what}");
    error(400, "ResourceNotFoundException", &message)
}

/// Reads the secret from a service that answers the two calls so.
async fn read(answers: &[(u16, String)]) -> (Service, Result<Versions, StoreError>) {
    let answers = answers.iter();
    let service = Service::giving(answers.map(|(status, body)| (*status, &JSON[..], &**body)));
    let store = SecretsManager::new(&service.sdk_config(), SECRETS_ARN.to_owned());
    let versions = store.versions().await;
    (service, versions)
}

/// Why the secret was not read from a service that gives these answers.
async fn refusal(answers: &[(u16, String)]) -> String {
    let (_, versions) = read(answers).await;
    let Err(error) = versions else {
        panic!("it was read");
    };
    error.to_string()
}

#[tokio::test]
async fn both_versions_are_asked_for_on_the_wire() {
    let (service, versions) = read(&[value("new"), value("old")]).await;
    let versions = versions.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(versions.current, "new");
    assert_eq!(versions.previous.as_deref(), Some("old"));
    insta::assert_json_snapshot!(service.all_calls());
}

/// Secrets Manager API Reference, `GetSecretValue`: a secret that was never
/// changed has no version `AWSPREVIOUS`.
#[tokio::test]
async fn fact_a_secret_may_have_no_previous_version() {
    let none = not_found(" value for staging label: AWSPREVIOUS");
    let (service, versions) = read(&[value("new"), none]).await;
    assert_eq!(
        versions.unwrap_or_else(|error| panic!("{error}")).previous,
        None
    );
    assert_eq!(service.calls(), 2);
}

#[tokio::test]
async fn a_secret_that_cannot_be_read_is_told_with_what_to_do() {
    let denied = "User: arn:aws:sts::123456789012:assumed-role/webhook is not authorized to \
        perform: secretsmanager:GetSecretValue on resource: payments/webhook";
    let denied = error(400, "AccessDeniedException", denied);
    let missing = not_found(".");
    let no_key = "Access to KMS is not allowed";
    let no_key = error(400, "AccessDeniedException", no_key);
    let binary = json!({"ARN": SECRETS_ARN, "SecretBinary": "aHVzaA=="});
    let binary = (200, binary.to_string());
    let messages = [
        refusal(&[missing.clone(), missing]).await,
        refusal(&[denied.clone(), denied]).await,
        refusal(&[no_key.clone(), no_key]).await,
        refusal(&[binary.clone(), binary]).await,
    ];
    assert_snapshot!(messages.join("\n"));
}

/// Not knowing the previous version is no reason to refuse who signs with it.
#[tokio::test]
async fn a_previous_version_that_may_be_there_is_not_left_out() {
    let busy = error(400, "ThrottlingException", "Rate exceeded");
    let answers = [value("new"), busy.clone(), busy.clone(), busy];
    let message = refusal(&answers).await;
    assert!(
        message.contains("ThrottlingException: Rate exceeded"),
        "{message}"
    );
}

/// An answer that cannot be read may hold the secret all the same.
#[tokio::test]
async fn no_message_holds_what_was_answered() {
    for (status, body) in [
        (200, r#"{"SecretString":"hush"#),
        (200, r#"{"SecretString":"hush","CreatedDate":"hush"}"#),
        (500, r#"{"SecretString":"hush"}"#),
        (403, "hush"),
    ] {
        let answers = vec![(status, body.to_owned()); 6];
        let message = refusal(&answers).await;
        assert!(!message.contains("hush"), "{message}");
        assert!(message.contains("cannot be read ("), "{message}");
    }
}
