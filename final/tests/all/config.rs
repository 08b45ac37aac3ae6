use std::env::VarError;
use std::ffi::OsString;

use insta::assert_snapshot;

use crate::sign;
use payments::config::{BroadcasterConfig, Config, ConnectionsConfig};

/// The message that stops the function from starting.
fn refusal(changes: &[(&str, Option<&str>)]) -> String {
    sign::config(changes).unwrap_err().to_string()
}

#[test]
fn the_settings_are_read() {
    let verifier = sign::config(&[]).unwrap().verifier;
    assert_eq!(verifier.stripe_secrets.len(), 1);
    assert_eq!(verifier.generic_secrets.len(), 1);
    assert_eq!(verifier.tolerance_seconds, 300);
    assert_eq!(sign::config(&[]).unwrap().topic_arn, sign::TOPIC_ARN);
}

#[test]
fn secrets_come_in_lists() {
    let changes = [("STRIPE_ENDPOINT_SECRET", Some("whsec_a, whsec_b\n"))];
    let verifier = sign::config(&changes).unwrap().verifier;
    assert_eq!(verifier.stripe_secrets.len(), 2);
}

#[test]
fn a_secret_may_be_left_out() {
    for unset in [None, Some(""), Some("none"), Some("none\n")] {
        let changes = [("SIGNING_SECRET", unset)];
        let verifier = sign::config(&changes).unwrap().verifier;
        assert_eq!(verifier.generic_secrets, [], "{unset:?}");
    }
}

#[test]
fn a_bad_setting_is_named() {
    let messages = [
        refusal(&[("STRIPE_TOLERANCE_SECONDS", None)]),
        refusal(&[("STRIPE_TOLERANCE_SECONDS", Some("0"))]),
        refusal(&[("STRIPE_TOLERANCE_SECONDS", Some("five"))]),
        refusal(&[("STRIPE_ENDPOINT_SECRET", Some(" "))]),
        refusal(&[("STRIPE_ENDPOINT_SECRET", Some("whsec_"))]),
        refusal(&[("STRIPE_ENDPOINT_SECRET", Some("whsec_hush,none"))]),
        refusal(&[("SIGNING_SECRET", Some("hush,,hush"))]),
        refusal(&[("SIGNING_SECRET", Some(sign::STRIPE_SECRET))]),
        refusal(&[("WEBHOOK_SECRETS_ARN", Some(sign::SECRETS_ARN))]),
        refusal(&[("WEBHOOK_SECRETS_ARN", Some("payments/webhook"))]),
        refusal(&[("TOPIC_ARN", None)]),
        refusal(&[("TOPIC_ARN", Some("payments"))]),
    ]
    .join("\n");
    assert_snapshot!(messages, @r#"
    the environment variable STRIPE_TOLERANCE_SECONDS is not set
    the environment variable STRIPE_TOLERANCE_SECONDS is "0"; it must be a whole number of seconds from 1 up, since 0 would let old requests be sent again for ever
    the environment variable STRIPE_TOLERANCE_SECONDS is "five"; it must be a whole number of seconds from 1 up, since 0 would let old requests be sent again for ever
    the environment variable STRIPE_ENDPOINT_SECRET holds nothing but blanks; set a secret, or `none`
    the environment variable STRIPE_ENDPOINT_SECRET is the prefix `whsec_` without the secret that follows it
    the environment variable STRIPE_ENDPOINT_SECRET names `none` beside a secret; `none` stands alone and means that there is no secret
    the environment variable SIGNING_SECRET has an empty entry, at a comma too many
    the environment variables STRIPE_ENDPOINT_SECRET and SIGNING_SECRET share a secret; give each scheme its own, or a signature made for one could pass as one for the other
    the environment variable WEBHOOK_SECRETS_ARN is set beside secrets in STRIPE_ENDPOINT_SECRET or SIGNING_SECRET; keep them in one place, and set those two to `none` if it is the ARN's
    the environment variable WEBHOOK_SECRETS_ARN is "payments/webhook"; it must be the ARN of a secret
    the environment variable TOPIC_ARN is not set
    the environment variable TOPIC_ARN is "payments"; it must be the ARN of an SNS topic
    "#);
    assert!(!messages.contains("hush"));
}

#[test]
fn a_tolerance_below_one_is_refused() {
    for text in [
        "0",
        "-1",
        "00",
        "0.5",
        "300.5",
        "",
        " 300",
        "18446744073709551616",
    ] {
        let changes = [("STRIPE_TOLERANCE_SECONDS", Some(text))];
        assert!(sign::config(&changes).is_err(), "{text:?}");
    }
}

#[test]
fn a_setting_that_is_not_text_is_named() {
    let config = Config::from_variables(|_| Err(VarError::NotUnicode(OsString::new())));
    let message = config.unwrap_err().to_string();
    assert!(message.contains("STRIPE_ENDPOINT_SECRET"), "{message}");
}

#[test]
fn secrets_cannot_be_printed() {
    let printed = format!("{:#?}", sign::config(&[]).unwrap());
    assert!(printed.contains("Secret(hidden)"), "{printed}");
    assert!(!printed.contains(sign::STRIPE_SECRET), "{printed}");
    assert!(!printed.contains(sign::SIGNING_SECRET), "{printed}");
}

#[test]
fn secrets_may_be_somewhere_else() {
    let secrets = [
        ("STRIPE_ENDPOINT_SECRET", Some("none")),
        ("SIGNING_SECRET", None),
    ];
    let config = |arn| sign::config(&[secrets[0], secrets[1], ("WEBHOOK_SECRETS_ARN", arn)]);
    let named = config(Some(sign::SECRETS_ARN)).unwrap();
    assert_eq!(named.secrets_arn.as_deref(), Some(sign::SECRETS_ARN));
    assert!(!named.verifier.has_secrets());
    for unset in [None, Some("")] {
        assert_eq!(config(unset).unwrap().secrets_arn, None, "{unset:?}");
    }
}

/// Reads the settings of the other functions from this list.
fn variable(list: &[(&str, &str)], name: &str) -> Result<String, VarError> {
    let found = list.iter().find(|(listed, _)| *listed == name);
    let value = found.map(|(_, value)| (*value).to_owned());
    value.ok_or(VarError::NotPresent)
}

const BROADCASTER: [(&str, &str); 3] = [
    ("TABLE_NAME", "connections"),
    (
        "FAILURE_QUEUE_URL",
        "https://sqs.us-east-1.amazonaws.com/123456789012/failures",
    ),
    (
        "AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI",
        "https://w9x8y7z6v5.execute-api.us-east-1.amazonaws.com/prod",
    ),
];

#[test]
fn the_settings_of_the_other_functions_are_read() {
    let config = ConnectionsConfig::from_variables(|name| variable(&BROADCASTER, name));
    assert_eq!(config.unwrap().table_name, "connections");

    let config = BroadcasterConfig::from_variables(|name| variable(&BROADCASTER, name)).unwrap();
    assert_eq!(config.table_name, "connections");
    assert!(config.failure_queue_url.ends_with("/failures"));
}

#[test]
fn a_bad_setting_of_the_other_functions_is_named() {
    let mut messages = Vec::new();
    for (index, bad) in [
        (0, ""),
        (1, "failures"),
        (2, ""),
        (2, "wss://w9x8y7z6v5/prod"),
    ] {
        let mut list = BROADCASTER;
        list[index].1 = bad;
        let config = BroadcasterConfig::from_variables(|name| variable(&list, name));
        messages.push(config.unwrap_err().to_string());
    }
    assert_snapshot!(messages.join("\n"), @r#"
    the environment variable TABLE_NAME is empty; it must name a DynamoDB table
    the environment variable FAILURE_QUEUE_URL is "failures"; it must be the URL of a queue
    the environment variable AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI is ""; it must be the address of the WebSocket API's stage, and begin with https:// instead of wss://
    the environment variable AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI is "wss://w9x8y7z6v5/prod"; it must be the address of the WebSocket API's stage, and begin with https:// instead of wss://
    "#);
}
