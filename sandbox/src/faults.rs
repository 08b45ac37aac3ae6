//! Failures on demand: for tests, chapters and classes.

use std::fmt;
use std::str::FromStr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// The function's process ends while it works on the event.
    FunctionCrash,
    /// The function never answers, until its timeout ends it.
    FunctionTimeout,
    /// Lambda has no concurrency left for the function.
    FunctionThrottle,
    /// SNS answers a publish with an internal error.
    SnsRefuse,
    /// SNS delivers a message twice.
    SnsDuplicate,
    /// `@connections` says that a client is gone (410).
    ConnectionGone,
    /// The same without the header that names the error's type.
    ConnectionGoneUntyped,
    /// `@connections` answers 429: too many calls, or the client reads slowly.
    ConnectionThrottle,
    /// `@connections` answers 500.
    ConnectionError,
    /// `@connections` does not answer for 30 seconds of the sandbox's clock.
    ConnectionSlow,
    /// `$disconnect` never comes.
    DisconnectLost,
    /// The table refuses to read, e.g. a `Scan`: its throughput is exceeded.
    TableThrottleRead,
    /// The table refuses a write: its throughput is exceeded.
    TableThrottleWrite,
    /// The queue refuses a message that a function sends.
    QueueRefuse,
    /// CloudFront cannot reach its origin.
    OriginUnreachable,
}

/// Name of each fault on the command line, and the kind of resource it names.
const NAMES: [(&str, FaultKind); 15] = [
    ("function-crash", FaultKind::FunctionCrash),
    ("function-timeout", FaultKind::FunctionTimeout),
    ("function-throttle", FaultKind::FunctionThrottle),
    ("sns-refuse", FaultKind::SnsRefuse),
    ("sns-duplicate", FaultKind::SnsDuplicate),
    ("connection-gone", FaultKind::ConnectionGone),
    ("connection-gone-untyped", FaultKind::ConnectionGoneUntyped),
    ("connection-throttle", FaultKind::ConnectionThrottle),
    ("connection-error", FaultKind::ConnectionError),
    ("connection-slow", FaultKind::ConnectionSlow),
    ("disconnect-lost", FaultKind::DisconnectLost),
    ("table-throttle-read", FaultKind::TableThrottleRead),
    ("table-throttle-write", FaultKind::TableThrottleWrite),
    ("queue-refuse", FaultKind::QueueRefuse),
    ("origin-unreachable", FaultKind::OriginUnreachable),
];

impl FaultKind {
    /// Its name on the command line.
    pub(crate) fn name(self) -> &'static str {
        NAMES
            .iter()
            .find(|(_, kind)| *kind == self)
            .map_or("", |(name, _)| name)
    }
}

/// A failure to make: which, where, how often.
///
/// As text `KIND[=LOGICAL_ID][*TIMES]`: `sns-refuse`,
/// `function-crash=PaymentWebhookHandler*2`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// What goes wrong.
    pub kind: FaultKind,
    /// Logical id of the resource it happens to; `None` for each of its kind.
    pub target: Option<String>,
    /// How many times it happens; `None` for every time.
    pub times: Option<u32>,
}

/// Every kind with its name on the command line.
pub fn kinds() -> impl Iterator<Item = (&'static str, FaultKind)> {
    NAMES.into_iter()
}

/// Why a text is not a fault.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum FaultError {
    /// No such kind.
    #[error("unknown fault {0:?}; known are {known}", known = known_faults())]
    Unknown(String),
    /// The number after `*` is not one.
    #[error("{0:?} is not a number of times; write for example sns-refuse*2")]
    Times(String),
}

fn known_faults() -> String {
    NAMES.map(|(name, _)| name).join(", ")
}

impl FromStr for Fault {
    type Err = FaultError;

    fn from_str(text: &str) -> Result<Self, FaultError> {
        let (rest, times) = match text.split_once('*') {
            None => (text, None),
            Some((rest, times)) => {
                let number = times
                    .parse()
                    .map_err(|_| FaultError::Times(times.to_owned()))?;
                (rest, Some(number))
            }
        };
        let (name, target) = match rest.split_once('=') {
            None => (rest, None),
            Some((name, target)) => (name, Some(target.to_owned())),
        };
        let kind = NAMES
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(_, kind)| *kind);
        let kind = kind.ok_or_else(|| FaultError::Unknown(name.to_owned()))?;
        Ok(Self {
            kind,
            target,
            times,
        })
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind.name())?;
        if let Some(target) = &self.target {
            write!(f, "={target}")?;
        }
        if let Some(times) = self.times {
            write!(f, "*{times}")?;
        }
        Ok(())
    }
}

/// The failures that are switched on. Cheap to clone; all clones are one set.
#[derive(Clone, Debug, Default)]
pub struct Faults {
    any: Arc<AtomicBool>,
    active: Arc<Mutex<Vec<Fault>>>,
}

impl Faults {
    /// Switches a failure on.
    pub fn add(&self, fault: Fault) {
        self.active
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(fault);
        self.any.store(true, Ordering::Release);
    }

    /// Switches all failures off.
    pub fn clear(&self) {
        self.active
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
        self.any.store(false, Ordering::Release);
    }

    /// Whether `kind` shall happen to `target` now; this use is counted.
    #[must_use]
    pub fn take(&self, kind: FaultKind, target: &str) -> bool {
        // Asked on every request: without faults it must cost next to nothing.
        if !self.any.load(Ordering::Acquire) {
            return false;
        }
        let mut active = self.active.lock().unwrap_or_else(PoisonError::into_inner);
        let due = active.iter_mut().find(|fault| {
            let here = fault
                .target
                .as_deref()
                .is_none_or(|wanted| wanted == target);
            fault.kind == kind && here && fault.times != Some(0)
        });
        let Some(fault) = due else { return false };
        if let Some(times) = &mut fault.times {
            *times -= 1;
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_fault_are_one_thing() {
        for text in [
            "sns-refuse",
            "function-crash=Handler",
            "function-timeout=Handler*2",
            "sns-duplicate*1",
        ] {
            assert_eq!(text.parse::<Fault>().unwrap().to_string(), text);
        }
        assert!(
            "sns-refuse*x"
                .parse::<Fault>()
                .unwrap_err()
                .to_string()
                .contains("number of times")
        );
        assert!(
            "meteor"
                .parse::<Fault>()
                .unwrap_err()
                .to_string()
                .contains("function-crash")
        );
    }

    #[test]
    fn a_fault_happens_where_and_as_often_as_it_says() {
        let faults = Faults::default();
        faults.add("function-crash=A*1".parse().unwrap());
        assert!(!faults.take(FaultKind::FunctionCrash, "B"));
        assert!(!faults.take(FaultKind::FunctionTimeout, "A"));
        assert!(faults.take(FaultKind::FunctionCrash, "A"));
        assert!(!faults.take(FaultKind::FunctionCrash, "A"));
        faults.add("sns-refuse".parse().unwrap());
        assert!(faults.take(FaultKind::SnsRefuse, "T") && faults.take(FaultKind::SnsRefuse, "T"));
        faults.clear();
        assert!(!faults.take(FaultKind::SnsRefuse, "T"));
    }
}
