//! The made-up secrets of a local run.

/// Parameter that holds the secret of Stripe's scheme.
pub const STRIPE: &str = "StripeEndpointSecret";
/// Parameter that holds the secret of the generic scheme.
pub const SIGNING: &str = "SigningSecret";

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
    fn a_list_is_signed_with_its_first_and_none_is_none() {
        assert_eq!(to_sign_with("new, old"), Some("new"));
        assert_eq!(to_sign_with(" , old"), Some("old"));
        for unset in ["", "  ", "none", ","] {
            assert_eq!(to_sign_with(unset), None, "{unset:?}");
        }
    }
}
