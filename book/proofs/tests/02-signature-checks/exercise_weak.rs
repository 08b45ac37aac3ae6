//! Exercise: a secret that could be guessed. For `src/secret.rs`; called in `src/config.rs`.

/// 16 characters: as hex digits that is 64 bits, the least that is worth the name.
const SHORTEST: usize = 16;

/// Why a setting is refused. Never says what the secret was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("has a secret of fewer than {SHORTEST} characters, which can be guessed")]
pub struct ShortSecret;

/// Looks at a setting that is a list of secrets, or says that there is none.
pub fn check_lengths(setting: &str) -> Result<(), ShortSecret> {
    let list = setting.trim();
    // A list without secrets has nothing to measure: `none` is not a short secret.
    if list.is_empty() || list.eq_ignore_ascii_case("none") {
        return Ok(());
    }
    let is_short = |entry: &str| {
        let entry = entry.trim();
        let secret = entry.strip_prefix("whsec_").unwrap_or(entry);
        secret.chars().count() < SHORTEST
    };
    if list.split(',').any(is_short) {
        Err(ShortSecret)
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{ShortSecret, check_lengths};
    use step_02_signature_checks::secret::Secret;

    #[test]
    fn the_step_takes_a_secret_of_one_letter() {
        assert!(Secret::parse_list("x").is_ok());
        assert_eq!(check_lengths("x"), Err(ShortSecret));
    }

    #[test]
    fn a_short_secret_is_found_wherever_it_stands() {
        for setting in [
            "whsec_test",
            "0123456789abcdef,x",
            "x,0123456789abcdef",
            "fifteen letters",
            " 0123456789abcde\n",
            "0123456789abcdef,",
        ] {
            assert_eq!(check_lengths(setting), Err(ShortSecret), "{setting:?}");
        }
    }

    #[test]
    fn long_ones_and_none_at_all_are_taken() {
        for setting in [
            "",
            "none",
            "None\n",
            "whsec_0123456789abcdef",
            "0123456789abcdef, fedcba9876543210\n",
            // What `up` makes up.
            "whsec_local_sandbox_only",
            "signing_local_sandbox_only",
        ] {
            assert_eq!(check_lengths(setting), Ok(()), "{setting:?}");
        }
    }

    #[test]
    fn letters_are_counted_and_not_bytes() {
        assert_eq!(check_lengths(&"é".repeat(15)), Err(ShortSecret));
        assert_eq!(check_lengths(&"é".repeat(16)), Ok(()));
    }
}
