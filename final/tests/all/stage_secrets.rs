//! The stage with its secrets in Secrets Manager, and a rotation from its first
//! step to its last.

use insta::assert_json_snapshot;
use sandbox::Sandbox;
use serde_json::{Value, json};

use crate::sandboxed::{options, post};
use crate::sign::{self, SECRETS_ARN};

const BODY: &[u8] = br#"{"id":"evt_1","type":"payment.test"}"#;

/// A version of the secret whose signing secret has this name.
fn version(name: &str) -> String {
    json!({"SIGNING_SECRET": format!("signing {name}"), "STRIPE_ENDPOINT_SECRET": "none"})
        .to_string()
}

async fn start(first: String) -> Sandbox {
    let mut options = options();
    options.secrets.insert(SECRETS_ARN.to_owned(), first);
    for (name, value) in [
        ("StripeEndpointSecret", "none"),
        ("SigningSecret", "none"),
        ("WebhookSecretsArn", SECRETS_ARN),
    ] {
        options.parameters.insert(name.to_owned(), value.to_owned());
    }
    Sandbox::start(options).await.unwrap()
}

/// Puts a new version, as `aws secretsmanager put-secret-value` does.
fn put(sandbox: &Sandbox, version: &str) {
    let url = sandbox.services_url().unwrap();
    let request = json!({"SecretId": SECRETS_ARN, "SecretString": version});
    let answer = ureq::post(url)
        .header("X-Amz-Target", "secretsmanager.PutSecretValue")
        .content_type("application/x-amz-json-1.1")
        .send(request.to_string())
        .unwrap();
    assert_eq!(answer.status(), 200);
}

/// Ends the environments there are, as a deploy does. Those that follow have to
/// read the secret: functions have the machine's own clock, by which it is too
/// early for the others to read once more.
async fn renew(sandbox: &Sandbox) {
    let binaries = options().binaries;
    sandbox.replace_binaries(&binaries).await.unwrap();
}

/// The statuses of requests that are signed with the secrets of these versions.
async fn statuses<const N: usize>(sandbox: &Sandbox, names: [&str; N]) -> [u16; N] {
    let mut statuses = [0; N];
    for (status, name) in statuses.iter_mut().zip(names) {
        let signature = sign::generic(&format!("signing {name}"), BODY);
        let headers = [("X-Signature", signature.as_str())];
        *status = post(sandbox, "/webhook", &headers, BODY).await.status;
    }
    statuses
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_is_replaced_and_the_one_before_lives_on_for_one_more_version() {
    let sandbox = start(version("one")).await;
    assert_eq!(statuses(&sandbox, ["one"]).await, [200]);

    // No deploy: the environment that has read the first version goes on.
    put(&sandbox, &version("two"));
    assert_eq!(statuses(&sandbox, ["two", "one", "two"]).await, [200; 3]);

    put(&sandbox, &version("three"));
    renew(&sandbox).await;
    let versions = ["one", "two", "three"];
    assert_eq!(statuses(&sandbox, versions).await, [401, 200, 200]);
    sandbox.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_trail_shows_that_the_secret_is_read_and_not_what_it_is() {
    let sandbox = start(version("hush")).await;
    let signature = sign::generic("signing hush", BODY);
    let headers = [("X-Signature", signature.as_str())];
    let cold = post(&sandbox, "/webhook", &headers, BODY).await;
    let warm = post(&sandbox, "/webhook", &headers, BODY).await;
    assert_eq!((cold.status, warm.status), (200, 200));

    let reads = |trail: &Value| {
        let mut hops = trail["hops"].as_array().unwrap().clone();
        hops.retain(|hop| hop["service"] == "secretsmanager");
        hops
    };
    assert_eq!(reads(&warm.trail), [] as [Value; 0]);
    assert!(!cold.trail.to_string().contains("hush"));
    assert_json_snapshot!(reads(&cold.trail));
    sandbox.shutdown().await;
}

/// A door that nobody can check must stay shut.
#[tokio::test(flavor = "multi_thread")]
async fn without_a_secret_that_can_be_used_nothing_is_accepted() {
    let sandbox = start("hush".to_owned()).await;
    let signature = sign::generic("hush", BODY);
    let headers = [("X-Signature", signature.as_str())];
    let answer = post(&sandbox, "/webhook", &headers, BODY).await;
    assert_eq!(answer.status, 502);
    assert!(!answer.trail.to_string().contains("hush"));
    sandbox.shutdown().await;
}

/// Two places for one thing would be one too many.
#[tokio::test(flavor = "multi_thread")]
async fn secrets_in_two_places_are_refused_before_anything_is_made() {
    for parameter in ["StripeEndpointSecret", "SigningSecret"] {
        let mut options = options();
        let parameters = &mut options.parameters;
        for other in ["StripeEndpointSecret", "SigningSecret"] {
            if other != parameter {
                parameters.insert(other.to_owned(), "none".to_owned());
            }
        }
        parameters.insert("WebhookSecretsArn".to_owned(), SECRETS_ARN.to_owned());
        let Err(error) = Sandbox::start(options).await else {
            panic!("it started with both");
        };
        let message = error.to_string();
        assert!(
            message.contains(&format!("set {parameter} to none")),
            "{message}"
        );
    }
}

/// The secret's name is not enough: a policy that names it so allows nothing.
#[tokio::test(flavor = "multi_thread")]
async fn an_arn_without_its_end_is_refused() {
    for arn in ["payments/webhook", SECRETS_ARN.trim_end_matches("-a1b2c3")] {
        let mut options = options();
        let parameters = &mut options.parameters;
        parameters.insert("WebhookSecretsArn".to_owned(), arn.to_owned());
        let Err(error) = Sandbox::start(options).await else {
            panic!("it started with {arn}");
        };
        let message = error.to_string();
        assert!(message.contains("the whole ARN of a secret"), "{message}");
    }
}
