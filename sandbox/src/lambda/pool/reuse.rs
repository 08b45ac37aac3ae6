//! Which environment an invocation gets: one that is idle, or a new one.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::OwnedSemaphorePermit;

use super::{Busy, Pool};
use crate::lambda::environment::Environment;

/// How long an invocation waits for an environment that has answered but does
/// not ask for its next event yet, before it starts another one or, where no
/// more may start, looks for one again.
const NEXT_POLL: Duration = Duration::from_millis(100);

impl Pool {
    /// Takes an idle environment that asks for an event, or else a place for a
    /// new one. After its answer a function may have more to do before it asks;
    /// AWS gives it no event until then.
    pub(super) async fn reuse(&self, busy: &mut Busy<'_>) -> Option<OwnedSemaphorePermit> {
        let mut waited = false;
        loop {
            let idle = self.idle();
            // Where it ends if this invocation is given up.
            busy.environment.clone_from(&idle);
            let asks = async {
                match &idle {
                    Some(environment) => environment.ready().await,
                    None => std::future::pending().await,
                }
            };
            let place = tokio::select! {
                biased;
                ready = asks => match ready {
                    Ok(()) => return None,
                    Err(_) => continue,
                },
                place = self.place(), if waited || idle.is_none() => Some(place),
                () = tokio::time::sleep(NEXT_POLL) => None,
            };
            busy.environment = None;
            if let Some(environment) = idle {
                let mut state = self.lock();
                if state.keeps(&environment) {
                    state.idle.insert(0, environment);
                } else {
                    environment.end();
                }
            }
            if place.is_some() {
                return place;
            }
            waited = true;
        }
    }

    /// Waits until another process may live.
    pub(super) async fn place(&self) -> OwnedSemaphorePermit {
        match self.places.clone().acquire_owned().await {
            Ok(place) => place,
            // Nobody closes it.
            Err(_) => std::future::pending().await,
        }
    }

    /// Of those that ask for an event, or else of all, the environment that
    /// worked last: the others may rest for good.
    fn idle(&self) -> Option<Arc<Environment>> {
        let mut state = self.lock();
        // Those that ended by themselves; all others are told to.
        state.idle.retain(|environment| environment.usable());
        let asks = state.idle.iter().rposition(|one| one.asks());
        match asks {
            Some(index) => Some(state.idle.remove(index)),
            None => state.idle.pop(),
        }
    }
}
