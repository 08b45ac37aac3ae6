//! What came of many sends.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;

use crate::output::counted;

/// Counts answers and times.
#[derive(Debug, Default)]
pub struct Tally {
    statuses: BTreeMap<u16, u64>,
    failures: BTreeMap<String, u64>,
    took: Vec<Duration>,
}

/// The summary, as it is printed with `--json`.
#[derive(Debug, Serialize)]
pub struct Summary {
    /// How many were sent.
    pub sent: usize,
    /// How many got each status.
    pub statuses: BTreeMap<u16, u64>,
    /// How many got no answer, by reason.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub failures: BTreeMap<String, u64>,
    /// Median time to an answer in milliseconds.
    pub p50_ms: Option<f64>,
    /// Time within which 99 of 100 answers came, in milliseconds.
    pub p99_ms: Option<f64>,
    /// Answers per second.
    pub per_second: f64,
    /// Seconds from the first send to the last answer.
    pub seconds: f64,
}

impl Tally {
    /// Counts an answer.
    pub fn answered(&mut self, status: u16, took: Duration) {
        *self.statuses.entry(status).or_default() += 1;
        self.took.push(took);
    }

    /// Counts a send without an answer.
    pub fn unanswered(&mut self, reason: String) {
        *self.failures.entry(reason).or_default() += 1;
    }

    /// Adds what another sender counted.
    pub fn add(&mut self, other: Self) {
        for (status, count) in other.statuses {
            *self.statuses.entry(status).or_default() += count;
        }
        for (reason, count) in other.failures {
            *self.failures.entry(reason).or_default() += count;
        }
        self.took.extend(other.took);
    }

    /// The summary of a run that lasted `elapsed`.
    #[must_use]
    pub fn summary(mut self, elapsed: Duration) -> Summary {
        self.took.sort_unstable();
        let answers = self.took.len();
        let unanswered: u64 = self.failures.values().sum();
        let seconds = elapsed.as_secs_f64();
        #[expect(clippy::cast_precision_loss, reason = "at most a million answers")]
        let per_second = if seconds > 0.0 {
            answers as f64 / seconds
        } else {
            0.0
        };
        Summary {
            sent: answers + usize::try_from(unanswered).unwrap_or(usize::MAX),
            p50_ms: percentile(&self.took, 50).map(millis),
            p99_ms: percentile(&self.took, 99).map(millis),
            statuses: self.statuses,
            failures: self.failures,
            per_second: rounded(per_second),
            seconds: rounded(seconds),
        }
    }
}

impl Summary {
    /// Whether every send was answered with a 2xx.
    #[must_use]
    pub fn all_accepted(&self) -> bool {
        self.failures.is_empty()
            && self
                .statuses
                .keys()
                .all(|status| (200..300).contains(status))
    }

    /// The summary for a person, without styles.
    #[must_use]
    pub fn text(&self) -> String {
        let mut parts: Vec<String> = self
            .statuses
            .iter()
            .map(|(status, count)| format!("{count} × {status}"))
            .collect();
        let unanswered: u64 = self.failures.values().sum();
        if unanswered > 0 {
            parts.push(format!("{unanswered} without an answer"));
        }
        let mut text = format!(
            "{} in {:.2} s ({:.0} answered per second): {}",
            counted(self.sent, "webhook"),
            self.seconds,
            self.per_second,
            parts.join(", ")
        );
        if let (Some(p50), Some(p99)) = (self.p50_ms, self.p99_ms) {
            text.push_str(&format!("; p50 {p50:.2} ms, p99 {p99:.2} ms"));
        }
        for (reason, count) in &self.failures {
            text.push_str(&format!("\n  {count} × {reason}"));
        }
        text
    }
}

/// The smallest of the sorted values that `percent` of them do not exceed.
fn percentile(sorted: &[Duration], percent: usize) -> Option<Duration> {
    let rank = (sorted.len() * percent).div_ceil(100);
    sorted.get(rank.max(1) - 1).copied()
}

/// Milliseconds with three decimals.
#[must_use]
pub fn millis(time: Duration) -> f64 {
    rounded(time.as_secs_f64() * 1000.0)
}

fn rounded(number: f64) -> f64 {
    (number * 1000.0).round() / 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_by_nearest_rank() {
        let times: Vec<Duration> = (1..=200).map(Duration::from_millis).collect();
        assert_eq!(percentile(&times, 50), Some(Duration::from_millis(100)));
        assert_eq!(percentile(&times, 99), Some(Duration::from_millis(198)));
        assert_eq!(percentile(&times[..1], 99), Some(Duration::from_millis(1)));
        assert_eq!(percentile(&[], 50), None);
    }

    #[test]
    fn a_summary_counts_every_send_once() {
        let mut tally = Tally::default();
        tally.answered(200, Duration::from_micros(1500));
        let mut other = Tally::default();
        other.answered(401, Duration::from_micros(2500));
        other.answered(200, Duration::from_micros(500));
        other.unanswered("closed".to_owned());
        tally.add(other);
        let summary = tally.summary(Duration::from_secs(2));
        assert!(!summary.all_accepted());
        insta::assert_snapshot!(summary.text());
        insta::assert_json_snapshot!(summary);
    }

    #[test]
    fn accepted_means_2xx_and_an_answer() {
        let summary = |status, failure: Option<&str>| {
            let mut tally = Tally::default();
            tally.answered(status, Duration::ZERO);
            if let Some(reason) = failure {
                tally.unanswered(reason.to_owned());
            }
            tally.summary(Duration::ZERO).all_accepted()
        };
        assert!(summary(200, None) && summary(202, None));
        assert!(!summary(301, None) && !summary(401, None) && !summary(200, Some("x")));
    }
}
