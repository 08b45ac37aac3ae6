//! Throttling: one token bucket for each throttled method.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use crate::bucket::Bucket;
use crate::clock::Moment;
use crate::template::model::{Route, Throttle};

/// The buckets of a stage's methods.
#[derive(Debug, Default)]
pub(crate) struct Buckets {
    buckets: Mutex<HashMap<(String, String), Bucket>>,
}

impl Buckets {
    /// Takes a token for a request to `route`; the setting that forbids it if
    /// there is none left.
    pub(crate) fn take<'a>(
        &self,
        throttles: &'a [Throttle],
        route: &Route,
        now: Moment,
    ) -> Result<(), &'a Throttle> {
        let Some(throttle) = setting(throttles, route) else {
            return Ok(());
        };
        let key = (route.method.clone(), route.path.clone());
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let bucket = buckets
            .entry(key)
            .or_insert_with(|| Bucket::full(throttle.burst, now));
        match bucket.take(throttle.rate, throttle.burst, now) {
            true => Ok(()),
            false => Err(throttle),
        }
    }
}

/// The setting in force for a method: one for exactly this path and method beats
/// one for the path, the method, and all methods of the stage (`/*` and `*`).
fn setting<'a>(throttles: &'a [Throttle], route: &Route) -> Option<&'a Throttle> {
    let fits = |throttle: &&Throttle| {
        (throttle.path == route.path || throttle.path == "/*")
            && (throttle.method == route.method || throttle.method == "*")
    };
    throttles
        .iter()
        .filter(fits)
        .max_by_key(|throttle| (throttle.path == route.path, throttle.method == route.method))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::clock::Clock;

    fn route(method: &str, path: &str) -> Route {
        Route {
            method: method.to_owned(),
            path: path.to_owned(),
            function: "F".to_owned(),
            timeout: Duration::from_secs(29),
        }
    }

    fn throttle(method: &str, path: &str, rate: f64, burst: u32) -> Throttle {
        Throttle {
            method: method.to_owned(),
            path: path.to_owned(),
            rate,
            burst,
        }
    }

    #[test]
    fn a_burst_is_let_through_and_then_the_rate() {
        let buckets = Buckets::default();
        let throttles = [throttle("*", "/*", 0.5, 2)];
        let now = Clock::new().moment();
        let ask = |now| buckets.take(&throttles, &route("POST", "/a"), now).is_ok();
        assert_eq!([ask(now), ask(now), ask(now)], [true, true, false]);
        let later = now.after(Duration::from_secs(2));
        assert_eq!([ask(later), ask(later)], [true, false]);
        let much_later = now.after(Duration::from_secs(1000));
        assert_eq!(
            [ask(much_later), ask(much_later), ask(much_later)],
            [true, true, false]
        );
    }

    #[test]
    fn each_method_has_its_own_bucket_and_its_nearest_setting() {
        let buckets = Buckets::default();
        let throttles = [
            throttle("*", "/*", 0.0, 0),
            throttle("POST", "/a", 0.0, 1),
            throttle("*", "/b", 0.0, 1),
        ];
        let now = Clock::new().moment();
        let ask = |method, path| buckets.take(&throttles, &route(method, path), now).is_ok();
        assert!(ask("POST", "/a") && !ask("POST", "/a"));
        assert!(ask("GET", "/b") && ask("POST", "/b") && !ask("GET", "/b"));
        assert!(!ask("GET", "/a"));
        assert!(buckets.take(&[], &route("GET", "/a"), now).is_ok());
    }
}
