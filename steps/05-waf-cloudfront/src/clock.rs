//! The time. Only the start of the program asks for it here; everything else
//! is told what time it is, so that tests can choose.

use std::time::{SystemTime, UNIX_EPOCH};

/// A source of the time as whole seconds since 1970, as Stripe counts them.
pub type Clock = fn() -> i64;

/// The machine's clock.
pub fn system() -> i64 {
    // A clock set to before 1970 reads 0: then every signature is too far
    // ahead, and refused.
    let since_1970 = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    i64::try_from(since_1970.as_secs()).unwrap_or(i64::MAX)
}
