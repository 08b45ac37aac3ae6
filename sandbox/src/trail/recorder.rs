//! Keeps the last trails, within bounds, and finds them.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use tokio::sync::Notify;

use super::{Record, Recorder, Shared, State, Trail, TrailContext, lock};
use crate::clock::Clock;
use crate::console::Console;

/// How many trails are kept to be asked for.
pub(super) const KEPT: usize = 512;
/// How much the kept ones may take together, in bytes. One event to thousands of
/// clients has a hop for each.
pub(super) const KEPT_BYTES: usize = 12 * 1024 * 1024;

impl Recorder {
    /// A recorder that tells `console` about every trail.
    #[must_use]
    pub fn new(clock: Clock, console: Console) -> Self {
        let shared = Shared {
            clock,
            console,
            kept: Mutex::default(),
            size: AtomicUsize::default(),
            changed: Notify::new(),
        };
        Self {
            shared: Arc::new(shared),
        }
    }

    /// Begins a trail.
    #[must_use]
    pub fn begin(&self, id: impl Into<String>) -> TrailContext {
        let record = Arc::new(Record {
            id: id.into(),
            started: self.shared.clock.moment(),
            shared: self.shared.clone(),
            aliases: Mutex::default(),
            secrets: Mutex::default(),
            state: Mutex::default(),
            size: Mutex::new(Some(0)),
        });
        self.shared.keep(record.clone());
        TrailContext {
            record,
            parent: None,
        }
    }

    /// The trail as it is now, if it is among the last ones.
    #[must_use]
    pub fn find(&self, id: &str) -> Option<Trail> {
        let record = lock(&self.shared.kept)
            .iter()
            .rev()
            .find(|record| record.is(id))
            .cloned()?;
        let state = lock(&record.state);
        Some(record.trail(&state, |_| true))
    }

    /// Waits until `enough` holds of the trail `id`, and returns it so. A trail
    /// that has not begun yet is waited for.
    pub async fn wait_for(&self, id: &str, enough: impl Fn(&Trail) -> bool) -> Trail {
        self.wait(|record| record.is(id), enough, |_| true).await
    }

    /// Waits until the trail `id` has settled.
    pub async fn wait_until_settled(&self, id: &str) -> Trail {
        self.wait(|record| record.is(id), |_| true, State::settled)
            .await
    }

    /// Waits for a trail of which `wanted` holds once it has settled, the newest
    /// first: for tests that do not learn its id.
    pub async fn wait_for_settled(&self, wanted: impl Fn(&Trail) -> bool) -> Trail {
        self.wait(|_| true, wanted, State::settled).await
    }

    async fn wait(
        &self,
        among: impl Fn(&Record) -> bool,
        enough: impl Fn(&Trail) -> bool,
        ready: impl Fn(&State) -> bool,
    ) -> Trail {
        loop {
            let mut changed = std::pin::pin!(self.shared.changed.notified());
            changed.as_mut().enable();
            let kept: Vec<_> = lock(&self.shared.kept).iter().rev().cloned().collect();
            let found = kept
                .iter()
                .filter(|record| among(record))
                .filter_map(|record| {
                    let state = lock(&record.state);
                    // A trail is put together only if it may be the one.
                    ready(&state).then(|| record.trail(&state, |_| true))
                })
                .find(|trail| enough(trail));
            if let Some(trail) = found {
                return trail;
            }
            changed.await;
        }
    }
}

impl State {
    /// Whether there was something and nothing more will come.
    fn settled(&self) -> bool {
        self.begun > 0 && self.active == 0 && self.waiting == 0
    }
}

impl Shared {
    /// Keeps a trail, and lets the oldest go that are too many.
    fn keep(&self, record: Arc<Record>) {
        let mut kept = lock(&self.kept);
        kept.push_back(record);
        while kept.len() > KEPT {
            kept.pop_front().inspect(|oldest| self.let_go(oldest));
        }
    }

    /// Notes that a trail grew, and lets the oldest go while all are too large:
    /// never the newest, which someone may be waiting for.
    pub(super) fn grown(&self, record: &Record, bytes: usize) {
        if let Some(size) = lock(&record.size).as_mut() {
            *size += bytes;
            self.size.fetch_add(bytes, Ordering::Relaxed);
        }
        while self.size.load(Ordering::Relaxed) > KEPT_BYTES {
            let mut kept = lock(&self.kept);
            if kept.len() < 2 {
                return;
            }
            kept.pop_front().inspect(|oldest| self.let_go(oldest));
        }
    }

    fn let_go(&self, record: &Record) {
        let size = lock(&record.size).take().unwrap_or_default();
        self.size.fetch_sub(size, Ordering::Relaxed);
    }
}
