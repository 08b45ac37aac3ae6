//! Exercise: a secret that could be guessed. To be worked into `src/secret.rs`.

use step_02_signature_checks::secret::{BadSecret, Secret};

/// 16 characters: as hex digits that is 64 bits, the least that is worth the name.
const SHORTEST: usize = 16;

/// Why a setting is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WeakSecret {
    #[error(transparent)]
    Bad(#[from] BadSecret),
    #[error("has a secret of fewer than {SHORTEST} characters, which can be guessed")]
    Short,
}

/// Reads a list as [`Secret::parse_list`] does, and refuses what is too short.
pub fn parse_strong_list(setting: &str) -> Result<Vec<Secret>, WeakSecret> {
    let secrets = Secret::parse_list(setting)?;
    // A list without secrets has nothing to measure: `none` is not a short secret.
    if secrets.is_empty() {
        return Ok(secrets);
    }
    let long_enough = |entry: &str| {
        let entry = entry.trim();
        let secret = entry.strip_prefix("whsec_").unwrap_or(entry);
        secret.chars().count() >= SHORTEST
    };
    if setting.split(',').all(long_enough) {
        Ok(secrets)
    } else {
        Err(WeakSecret::Short)
    }
}

#[cfg(test)]
mod tests {
    use super::{WeakSecret, parse_strong_list};
    use step_02_signature_checks::secret::{BadSecret, Secret};

    #[test]
    fn the_step_takes_a_secret_of_one_letter() {
        assert!(Secret::parse_list("x").is_ok());
    }

    #[test]
    fn a_short_secret_stops_the_start_wherever_it_stands() {
        for setting in [
            "x",
            "whsec_test",
            "0123456789abcdef,x",
            "fifteen letters",
            " 0123456789abcde\n",
        ] {
            assert_eq!(
                parse_strong_list(setting),
                Err(WeakSecret::Short),
                "{setting:?}"
            );
        }
    }

    #[test]
    fn long_ones_and_none_at_all_are_taken() {
        for (setting, count) in [
            ("", 0),
            ("none", 0),
            ("whsec_0123456789abcdef", 1),
            ("0123456789abcdef, fedcba9876543210\n", 2),
        ] {
            assert_eq!(
                parse_strong_list(setting).unwrap().len(),
                count,
                "{setting:?}"
            );
        }
    }

    #[test]
    fn what_was_refused_before_is_refused_as_before() {
        let refusal = parse_strong_list("0123456789abcdef,").unwrap_err();
        assert_eq!(refusal, WeakSecret::Bad(BadSecret::EmptyEntry));
        assert!(!WeakSecret::Short.to_string().contains("0123"));
    }
}
