//! A token bucket, as API Gateway throttles with.

use crate::clock::Moment;

/// A bucket of tokens that fills at a rate.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bucket {
    tokens: f64,
    filled: Moment,
}

impl Bucket {
    /// A bucket that has its whole burst.
    pub(crate) fn full(burst: u32, now: Moment) -> Self {
        Self {
            tokens: f64::from(burst),
            filled: now,
        }
    }

    /// Takes a token; `false` if there is none.
    pub(crate) fn take(&mut self, rate: f64, burst: u32, now: Moment) -> bool {
        let gained = now.since(self.filled).as_secs_f64() * rate;
        self.tokens = (self.tokens + gained).min(f64::from(burst));
        self.filled = now;
        if self.tokens < 1.0 {
            return false;
        }
        self.tokens -= 1.0;
        true
    }
}
