//! When to stop: a function that is stopped by Lambda cannot say what is left.

use std::time::Duration;

use lambda_runtime::Context;
use tokio::time::{Instant, timeout_at};

/// Kept free for saying what is left: more than the eight seconds that a call to
/// the failure queue or to the table can take.
const RESERVE: Duration = Duration::from_secs(10);

/// The moment at which to leave everything as it is.
#[derive(Debug, Clone, Copy)]
pub struct Deadline(Instant);

impl Deadline {
    /// The deadline of an invocation. `now` is the time in whole seconds since
    /// 1970; the fraction that is lost so comes out of the reserve.
    pub fn of(context: &Context, now: i64) -> Self {
        let end = context.deadline / 1000;
        let left = end.saturating_sub(now.unsigned_abs());
        Deadline(Instant::now() + Duration::from_secs(left).saturating_sub(RESERVE))
    }

    /// Does the work and returns what came of it, or nothing if there is not
    /// enough time.
    pub async fn meet<T>(self, work: impl Future<Output = T>) -> Option<T> {
        if Instant::now() >= self.0 {
            return None;
        }
        timeout_at(self.0, work).await.ok()
    }
}
