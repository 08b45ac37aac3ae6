//! A clock that runs like the wall clock and that tests can move forward.

use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::sync::watch;
use tokio::time::Instant;

/// The sandbox's only source of time: what waits, waits on it.
///
/// It runs at the pace of the machine's clock; [`Clock::advance`] jumps it
/// ahead, and everything that was due in between becomes due at once. So a test
/// sees a retry that AWS makes after a minute without waiting for a minute.
///
/// Functions are separate processes and keep the machine's own time.
#[derive(Clone, Debug)]
pub struct Clock {
    started: Instant,
    started_at: SystemTime,
    ahead: Arc<watch::Sender<Duration>>,
}

/// A moment on a [`Clock`], as the time since that clock was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment(Duration);

impl Moment {
    /// The moment `by` later.
    #[must_use]
    pub fn after(self, by: Duration) -> Self {
        Self(self.0.saturating_add(by))
    }

    /// How much later `self` is than `earlier`; zero if it is not.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        self.0.saturating_sub(earlier.0)
    }
}

impl Default for Clock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock {
    /// A clock that shows the machine's time until it is moved.
    #[must_use]
    pub fn new() -> Self {
        Self {
            started: Instant::now(),
            started_at: SystemTime::now(),
            ahead: Arc::new(watch::Sender::new(Duration::ZERO)),
        }
    }

    /// The moment this clock shows now.
    #[must_use]
    pub fn moment(&self) -> Moment {
        Moment(self.started.elapsed() + *self.ahead.borrow())
    }

    /// Date and time this clock shows now.
    #[must_use]
    pub fn now(&self) -> SystemTime {
        self.date(self.moment())
    }

    /// Date and time of a moment on this clock.
    #[must_use]
    pub fn date(&self, moment: Moment) -> SystemTime {
        self.started_at + moment.0
    }

    /// Milliseconds since 1970 for a moment on this clock.
    #[must_use]
    pub fn epoch_millis(&self, moment: Moment) -> u64 {
        let since = self.date(moment).duration_since(SystemTime::UNIX_EPOCH);
        since.map_or(0, |since| {
            u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
        })
    }

    /// Jumps `by` ahead and wakes whatever became due.
    pub fn advance(&self, by: Duration) {
        self.ahead.send_modify(|ahead| *ahead += by);
    }

    /// Waits until the clock shows `moment`.
    pub async fn sleep_until(&self, moment: Moment) {
        let mut ahead = self.ahead.subscribe();
        loop {
            ahead.mark_unchanged();
            let left = moment.since(self.moment());
            if left.is_zero() {
                return;
            }
            tokio::select! {
                () = tokio::time::sleep(left) => {}
                _ = ahead.changed() => {}
            }
        }
    }

    /// Waits for `span` on this clock.
    pub async fn sleep(&self, span: Duration) {
        self.sleep_until(self.moment().after(span)).await;
    }

    /// Runs `work` until it is done, but not past `deadline`: then `None`.
    pub async fn before<T>(&self, deadline: Moment, work: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            biased;
            done = work => Some(done),
            () = self.sleep_until(deadline) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_secs(3600);

    #[tokio::test]
    async fn a_sleeper_wakes_when_the_clock_is_moved_past_its_moment() {
        let clock = Clock::new();
        let due = clock.moment().after(HOUR);
        let sleeper = tokio::spawn({
            let clock = clock.clone();
            async move { clock.sleep_until(due).await }
        });
        clock.advance(HOUR);
        sleeper.await.unwrap();
        assert!(clock.moment() >= due);
    }

    #[tokio::test]
    async fn work_that_never_ends_is_given_up_at_its_deadline() {
        let clock = Clock::new();
        let deadline = clock.moment().after(HOUR);
        clock.advance(HOUR);
        assert_eq!(
            clock.before(deadline, std::future::pending::<()>()).await,
            None
        );
        assert_eq!(clock.before(deadline, async { 7 }).await, Some(7));
    }

    #[test]
    fn dates_move_with_the_clock() {
        let clock = Clock::new();
        let before = clock.now();
        clock.advance(HOUR);
        assert!(clock.now().duration_since(before).unwrap() >= HOUR);
    }
}
