//! Sends one event to every client that should have it. One bad client holds up
//! nobody else, and nobody is forgotten: who was not reached is in the failure
//! queue.

use std::mem;
use std::pin::pin;
use std::time::Duration;

use futures_util::stream::StreamExt;
use lambda_runtime::Diagnostic;
use tokio::time::sleep;

use crate::audience::{Found, audience};
use crate::clock::Clock;
use crate::deadline::Deadline;
use crate::failures::{KeepForLater, Leftover, QueueError};
use crate::job::{Delivery, Event};
use crate::post::{MAX_BYTES, PostError, PostToConnection};
use crate::table::Connections;

/// How many clients are sent to at a time.
const IN_FLIGHT: usize = 64;
/// How often a client is tried.
const ATTEMPTS: u32 = 3;
/// How many ids are kept in one message: with the largest payload that is still
/// well below the 1 MiB that SQS takes.
const IDS_KEPT_TOGETHER: usize = 5_000;

/// Where clients are found, how they are reached, and who hears of those that
/// were not.
#[derive(Debug)]
pub struct Broadcaster<C, P, K> {
    /// Knows who listens.
    pub connections: C,
    /// Sends to them.
    pub clients: P,
    /// Keeps what could not be done.
    pub failures: K,
    /// Tells the time.
    pub clock: Clock,
}

/// What became of an event.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Clients that were sent the event.
    pub sent: usize,
    /// Clients that are no more, or that were not there yet.
    pub gone: usize,
    /// Clients that were not reached; their ids are in the failure queue.
    pub failed: usize,
    /// Pages of the table that were read.
    pub pages: usize,
}

/// Why an event is to be delivered once more as a whole.
#[derive(Debug, thiserror::Error)]
pub enum BroadcastError {
    #[error("the connections cannot be read: {0}")]
    NothingRead(String),
    #[error("what is left to do was not kept: {0}")]
    NotKept(#[from] QueueError),
}

impl From<BroadcastError> for Diagnostic {
    /// What Lambda is told: a name to look for, and the reason.
    fn from(error: BroadcastError) -> Self {
        Diagnostic {
            error_type: "BroadcastError".to_owned(),
            error_message: error.to_string(),
        }
    }
}

/// What came of something that was found in the table.
enum Outcome {
    Sent,
    Gone,
    Missed {
        id: String,
        reason: String,
    },
    PageRead,
    Unread {
        from: Option<String>,
        reason: String,
    },
}

impl<C: Connections, P: PostToConnection, K: KeepForLater> Broadcaster<C, P, K> {
    /// Delivers an event. At the deadline it stops wherever it is.
    ///
    /// # Errors
    ///
    /// A [`BroadcastError`] if nothing could be read, or if it is not certain
    /// that the failure queue has what is left to do.
    pub async fn deliver(
        &self,
        delivery: Delivery,
        deadline: Deadline,
    ) -> Result<Summary, BroadcastError> {
        let Delivery {
            event,
            unreached,
            from,
        } = delivery;
        let mut summary = Summary::default();
        if event.payload.len() > MAX_BYTES {
            let reason = format!("a message to a client has at most {MAX_BYTES} bytes");
            self.keep(&event, unreached, from, reason).await?;
            return Ok(summary);
        }

        let now = (self.clock)();
        let outcomes = audience(&self.connections, unreached, from, now, deadline)
            .map(|found| self.serve(found, &event.payload, deadline))
            .buffer_unordered(IN_FLIGHT);
        let mut outcomes = pin!(outcomes);

        let mut missed = Vec::new();
        let mut last_reason = String::new();
        while let Some(outcome) = outcomes.next().await {
            match outcome {
                Outcome::Sent => summary.sent += 1,
                Outcome::Gone => summary.gone += 1,
                Outcome::PageRead => summary.pages += 1,
                Outcome::Missed { id, reason } => {
                    summary.failed += 1;
                    missed.push(id);
                    if missed.len() == IDS_KEPT_TOGETHER {
                        self.keep(&event, mem::take(&mut missed), None, reason)
                            .await?;
                    } else {
                        last_reason = reason;
                    }
                }
                Outcome::Unread { from: None, reason } => {
                    return Err(BroadcastError::NothingRead(reason));
                }
                Outcome::Unread { from, reason } => {
                    self.keep(&event, Vec::new(), from, reason).await?;
                }
            }
        }
        if !missed.is_empty() {
            self.keep(&event, missed, None, last_reason).await?;
        }
        Ok(summary)
    }

    async fn serve(&self, found: Found, text: &str, deadline: Deadline) -> Outcome {
        let id = match found {
            Found::Client(id) => id,
            Found::PageEnd => return Outcome::PageRead,
            Found::Unread { from, reason } => return Outcome::Unread { from, reason },
        };
        match deadline.meet(self.send(&id, text)).await {
            Some(Ok(())) => Outcome::Sent,
            Some(Err(PostError::Gone)) => {
                self.forget(&id).await;
                Outcome::Gone
            }
            Some(Err(PostError::NotNow(reason) | PostError::Refused(reason))) => {
                Outcome::Missed { id, reason }
            }
            None => Outcome::Missed {
                id,
                reason: "there was no time".to_owned(),
            },
        }
    }

    /// Sends to a client. If that fails in a way that may pass, tries again
    /// after a while.
    async fn send(&self, id: &str, text: &str) -> Result<(), PostError> {
        for attempt in 1..ATTEMPTS {
            match self.clients.post(id, text).await {
                Err(PostError::NotNow(_)) => sleep(pause(attempt)).await,
                other => return other,
            }
        }
        self.clients.post(id, text).await
    }

    /// Removes the row of a client that is gone. If that fails, the next event
    /// finds it gone again.
    async fn forget(&self, id: &str) {
        let now = (self.clock)();
        if let Err(error) = self.connections.remove_gone(id, now).await {
            tracing::warn!(id, "the row of a client that is gone stays: {error}");
        }
    }

    async fn keep(
        &self,
        event: &Event,
        unreached: Vec<String>,
        from: Option<String>,
        reason: String,
    ) -> Result<(), QueueError> {
        tracing::warn!(clients = unreached.len(), from, "kept for later: {reason}");
        let event = event.clone();
        let delivery = Delivery {
            event,
            unreached,
            from,
        };
        self.failures.keep(&Leftover { reason, delivery }).await
    }
}

/// How long to wait after this attempt: longer each time, and never the same for
/// all, or they would all come back at once.
fn pause(attempt: u32) -> Duration {
    let longest = Duration::from_millis(200) * 4_u32.pow(attempt - 1);
    longest.mul_f64(0.5 + fastrand::f64() / 2.0)
}
