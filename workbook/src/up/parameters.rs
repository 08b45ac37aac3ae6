//! Values of the template's parameters for a local run.

use std::collections::BTreeMap;
use std::path::Path;

use sandbox::template;

use crate::error::{Result, failed, usage};
use crate::secrets::{BY_REFERENCE, SIGNING, STRIPE, local_value};

/// What matters here of a parameter that a template declares.
#[derive(Clone, Debug)]
pub struct Declared {
    /// Name.
    pub name: String,
    /// Whether it has a default.
    pub has_default: bool,
    /// Whether it is declared `NoEcho`.
    pub no_echo: bool,
}

/// The values for the template at `path`.
///
/// # Errors
/// If the template cannot be read, and as [`values`].
pub fn of_template(path: &Path, given: &[(String, String)]) -> Result<BTreeMap<String, String>> {
    let declared = template::declared_parameters(path).map_err(|e| failed(e.to_string()))?;
    let declared: Vec<Declared> = declared
        .into_iter()
        .map(|one| Declared {
            has_default: one.default.is_some(),
            name: one.name,
            no_echo: one.no_echo,
        })
        .collect();
    values(&declared, given)
}

/// The values to start with: those given, and made-up ones for secrets that the
/// template leaves without a default. Where a secret in Secrets Manager holds
/// them, that is `none`.
///
/// # Errors
/// If a given parameter is not declared, or one without a default is not given.
pub fn values(
    declared: &[Declared],
    given: &[(String, String)],
) -> Result<BTreeMap<String, String>> {
    for (name, _) in given {
        if !declared.iter().any(|parameter| parameter.name == *name) {
            let names: Vec<&str> = declared.iter().map(|one| one.name.as_str()).collect();
            let known = match names.as_slice() {
                [] => "it has none".to_owned(),
                names => format!("it has {}", names.join(", ")),
            };
            return Err(usage(format!(
                "the template has no parameter {name}; {known}"
            )));
        }
    }
    // Of a parameter that is given twice, the last counts, as with sam.
    let mut values: BTreeMap<String, String> = given.iter().cloned().collect();
    let by_reference = values.get(BY_REFERENCE).is_some_and(|arn| !arn.is_empty());
    for parameter in declared {
        let name = &parameter.name;
        if values.contains_key(name) || parameter.has_default {
            continue;
        }
        if !parameter.no_echo {
            return Err(usage(format!(
                "the parameter {name} has no default; give it with --param {name}=VALUE"
            )));
        }
        let value = match by_reference && [STRIPE, SIGNING].contains(&name.as_str()) {
            true => "none".to_owned(),
            false => local_value(name),
        };
        values.insert(name.clone(), value);
    }
    Ok(values)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn declared() -> Vec<Declared> {
        let one = |name: &str, has_default, no_echo| Declared {
            name: name.into(),
            has_default,
            no_echo,
        };
        vec![
            one("StageName", true, false),
            one("StripeEndpointSecret", false, true),
            one("Optional", true, true),
        ]
    }

    fn given(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs
            .iter()
            .map(|(name, value)| ((*name).into(), (*value).into()))
            .collect()
    }

    #[test]
    fn secrets_without_a_default_are_made_up() {
        let values = values(&declared(), &[]).unwrap();
        let expected = (
            "StripeEndpointSecret".to_owned(),
            "whsec_local_sandbox_only".to_owned(),
        );
        assert_eq!(values, BTreeMap::from([expected]));
    }

    #[test]
    fn secrets_that_are_elsewhere_are_not_made_up() {
        let mut declared = declared();
        declared.push(Declared {
            name: BY_REFERENCE.into(),
            has_default: true,
            no_echo: false,
        });
        for (arn, value) in [("arn:a", "none"), ("", "whsec_local_sandbox_only")] {
            let values = values(&declared, &given(&[(BY_REFERENCE, arn)])).unwrap();
            assert_eq!(values[STRIPE], value, "{arn:?}");
        }
    }

    #[test]
    fn what_is_given_wins() {
        let given = given(&[
            ("StageName", "a"),
            ("StripeEndpointSecret", "x"),
            ("StageName", "b"),
        ]);
        let values = values(&declared(), &given).unwrap();
        assert_eq!(values["StageName"], "b");
        assert_eq!(values["StripeEndpointSecret"], "x");
    }

    #[test]
    fn a_slip_in_a_name_is_found() {
        let error = values(&declared(), &given(&[("Stage", "a")]))
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("Stage;") && error.contains("StageName"),
            "{error}"
        );
    }

    #[test]
    fn what_nobody_can_make_up_must_be_given() {
        let needed = Declared {
            name: "Domain".into(),
            has_default: false,
            no_echo: false,
        };
        let error = values(&[needed], &[]).unwrap_err().to_string();
        assert!(error.contains("--param Domain="), "{error}");
    }
}
