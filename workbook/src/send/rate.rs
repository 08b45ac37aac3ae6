//! How many per second.

use std::str::FromStr;
use std::time::Duration;

/// A rate of sends, above 0 and at most 100,000 per second.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rate(f64);

impl Rate {
    /// When the send with this index (from 0) is due, after the first.
    #[must_use]
    pub fn due(self, index: u64) -> Duration {
        // An index stays far below 2^52, up to where f64 counts exactly.
        #[expect(clippy::cast_precision_loss, reason = "at most a million sends")]
        let seconds = index as f64 / self.0;
        Duration::from_secs_f64(seconds)
    }
}

impl FromStr for Rate {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let number = text.strip_suffix("/s").unwrap_or(text).trim();
        match number.parse() {
            Ok(rate) if (0.01..=100_000.0).contains(&rate) => Ok(Self(rate)),
            _ => Err("write a number from 0.01 to 100000 per second, for example 50/s".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_a_number_per_second() {
        let rate: Rate = "50/s".parse().unwrap();
        assert_eq!(rate, "50".parse().unwrap());
        assert_eq!(rate.due(0), Duration::ZERO);
        assert_eq!(rate.due(100), Duration::from_secs(2));
        for wrong in ["0", "-1/s", "nan", "inf", "50/m", "", "100001"] {
            assert!(wrong.parse::<Rate>().is_err(), "{wrong:?}");
        }
    }
}
