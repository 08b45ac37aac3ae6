//! The made-up secrets of a local run.

use std::collections::BTreeMap;

use serde_json::Value;

/// Parameter that holds the secret of Stripe's scheme.
pub const STRIPE: &str = "StripeEndpointSecret";
/// Parameter that holds the secret of the generic scheme.
pub const SIGNING: &str = "SigningSecret";

/// Parameter that names a secret in Secrets Manager which holds both.
pub const BY_REFERENCE: &str = "WebhookSecretsArn";
/// Keys of that secret, each with the parameter it stands for.
const KEYS: [(&str, &str); 2] = [
    ("STRIPE_ENDPOINT_SECRET", STRIPE),
    ("SIGNING_SECRET", SIGNING),
];

/// What the secret holds in a local run, by key: the local values of the
/// parameters that it stands for.
#[must_use]
pub fn local_secret() -> BTreeMap<&'static str, String> {
    KEYS.map(|(key, parameter)| (key, local_value(parameter)))
        .into()
}

/// What a secret holds, by the parameters that it stands for.
#[must_use]
pub fn by_parameter(secret: &str) -> BTreeMap<String, String> {
    let object: Value = serde_json::from_str(secret).unwrap_or_default();
    let held = KEYS.into_iter().filter_map(|(key, parameter)| {
        let value = object.get(key)?.as_str()?;
        Some((parameter.to_owned(), value.to_owned()))
    });
    held.collect()
}

/// Local value of a secret parameter without a default. Well known on purpose:
/// it guards nothing, and lines from the book work as they are printed there.
#[must_use]
pub fn local_value(parameter: &str) -> String {
    match parameter {
        STRIPE => "whsec_local_sandbox_only".to_owned(),
        SIGNING => "signing_local_sandbox_only".to_owned(),
        other => format!("local-{other}"),
    }
}

/// The secret to sign with among those a parameter holds: the first of a
/// comma-separated list. Empty text and `none` mean that there is none.
#[must_use]
pub fn to_sign_with(value: &str) -> Option<&str> {
    let first = value
        .split(',')
        .map(str::trim)
        .find(|one| !one.is_empty())?;
    (first != "none").then_some(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_scheme_has_its_own_secret() {
        assert_ne!(local_value(STRIPE), local_value(SIGNING));
        assert_eq!(local_value("Other"), "local-Other");
    }

    #[test]
    fn the_secret_holds_what_the_parameters_would() {
        let secret = serde_json::to_string(&local_secret()).unwrap();
        let expected = [STRIPE, SIGNING].map(|name| (name.to_owned(), local_value(name)));
        assert_eq!(by_parameter(&secret), expected.into());
        let none = by_parameter(r#"{"SIGNING_SECRET":1,"other":"x"}"#);
        assert!(none.is_empty() && by_parameter("hush").is_empty());
    }

    #[test]
    fn a_list_is_signed_with_its_first_and_none_is_none() {
        assert_eq!(to_sign_with("new, old"), Some("new"));
        assert_eq!(to_sign_with(" , old"), Some("old"));
        for unset in ["", "  ", "none", ","] {
            assert_eq!(to_sign_with(unset), None, "{unset:?}");
        }
    }
}
