//! Exercise: how many attempts an event takes.

use std::cell::Cell;

use step_04_websocket_broadcast::broadcast::Broadcaster;
use step_04_websocket_broadcast::post::{PostError, PostToConnection};

use super::hall::{Client, Hall, NOW, Queue, deadline, for_everyone, runtime};

/// Counts the attempts to send, and how many were refused for now.
#[derive(Debug, Default)]
pub struct Counting<P> {
    clients: P,
    attempts: Cell<usize>,
    not_now: Cell<usize>,
}

impl<P> Counting<P> {
    /// Sends with `clients`.
    pub fn new(clients: P) -> Self {
        Counting {
            clients,
            attempts: Cell::new(0),
            not_now: Cell::new(0),
        }
    }

    /// The counts since the last call: attempts, and those refused for now.
    pub fn take(&self) -> (usize, usize) {
        (self.attempts.take(), self.not_now.take())
    }
}

impl<P: PostToConnection> PostToConnection for Counting<P> {
    async fn post(&self, id: &str, text: &str) -> Result<(), PostError> {
        self.attempts.set(self.attempts.get() + 1);
        let posted = self.clients.post(id, text).await;
        if matches!(posted, Err(PostError::NotNow(_))) {
            self.not_now.set(self.not_now.get() + 1);
        }
        posted
    }
}

#[test]
fn every_attempt_is_counted_and_counted_once() {
    let hall = Hall::new(vec![
        Client::Takes,
        Client::Fails(2),
        Client::Fails(9),
        Client::IsGone,
        Client::Refuses,
    ]);
    let queue = Queue::default();
    let broadcaster = Broadcaster {
        connections: &hall,
        clients: Counting::new(&hall),
        failures: &queue,
        clock: || NOW,
    };

    let delivered = broadcaster.deliver(for_everyone(), deadline(60));
    let summary = runtime().block_on(delivered).unwrap();

    assert_eq!((summary.sent, summary.gone, summary.failed), (2, 1, 2));
    // 1 + 3 + 3 + 1 + 1 attempts; 2 + 3 of them may be tried again.
    assert_eq!(broadcaster.clients.take(), (9, 5));
    assert_eq!(broadcaster.clients.take(), (0, 0));
}
