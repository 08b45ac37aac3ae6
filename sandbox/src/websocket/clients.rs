//! The clients that are connected, and what waits to be sent to each.

use std::collections::{HashMap, VecDeque};
use std::net::IpAddr;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use serde_json::{Map, Value};
use tokio::sync::{Notify, watch};

use super::id::ConnectionId;
use crate::clock::Moment;

/// What may wait for one client, in bytes and in messages: a client that reads
/// slowly costs its senders a 429, not the sandbox its memory. AWS's own numbers
/// are not documented.
const WAITING_BYTES: usize = 512 * 1024;
const WAITING_MESSAGES: usize = 1024;

/// Why and how a connection is closed from this side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Closing {
    pub(crate) code: u16,
    /// What the client is told. The texts of AWS are not confirmed.
    pub(crate) reason: &'static str,
    /// Whether `$disconnect` runs after it.
    pub(crate) tells_function: bool,
}

/// Why a message was not taken for a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NotSent {
    /// The connection has ended.
    Gone,
    /// Too much waits for this client already.
    Full,
}

/// A connection that `$connect` has let in.
pub(crate) struct Client {
    pub(crate) id: ConnectionId,
    pub(crate) connected: Moment,
    pub(crate) viewer: IpAddr,
    pub(crate) user_agent: Option<String>,
    /// What an authorizer said about the client.
    pub(crate) authorizer: Option<Map<String, Value>>,
    /// When something last went either way, in microseconds after it connected.
    active: AtomicU64,
    outbox: Mutex<Outbox>,
    /// Wakes the task of the connection.
    pub(crate) wake: Notify,
}

#[derive(Default)]
struct Outbox {
    messages: VecDeque<Bytes>,
    /// Of all that has not reached the socket.
    bytes: usize,
    closing: Option<Closing>,
    ended: bool,
}

impl Client {
    pub(crate) fn new(
        id: ConnectionId,
        connected: Moment,
        viewer: IpAddr,
        user_agent: Option<String>,
    ) -> Self {
        Self {
            id,
            connected,
            viewer,
            user_agent,
            authorizer: None,
            active: AtomicU64::default(),
            outbox: Mutex::default(),
            wake: Notify::new(),
        }
    }

    /// Takes a text message for the client.
    pub(crate) fn send(&self, message: Bytes) -> Result<(), NotSent> {
        let mut outbox = self.outbox();
        if outbox.ended || outbox.closing.is_some() {
            return Err(NotSent::Gone);
        }
        let bytes = outbox.bytes + message.len();
        if outbox.messages.len() >= WAITING_MESSAGES || bytes > WAITING_BYTES {
            return Err(NotSent::Full);
        }
        outbox.bytes = bytes;
        outbox.messages.push_back(message);
        drop(outbox);
        self.wake.notify_one();
        Ok(())
    }

    /// Asks for the connection to be closed once what waits is sent.
    pub(crate) fn close(&self, closing: Closing) {
        self.outbox().closing.get_or_insert(closing);
        self.wake.notify_one();
    }

    /// The next message to send.
    pub(crate) fn next(&self) -> Option<Bytes> {
        self.outbox().messages.pop_front()
    }

    /// Says that `bytes` of messages have reached the socket.
    pub(crate) fn sent(&self, bytes: usize) {
        self.outbox().bytes -= bytes;
    }

    /// How the connection shall be closed, when all before it is on its way.
    pub(crate) fn closing(&self) -> Option<Closing> {
        let outbox = self.outbox();
        outbox.closing.filter(|_| outbox.messages.is_empty())
    }

    /// Notes that something went to or came from the client.
    pub(crate) fn touch(&self, now: Moment) {
        let since = now.since(self.connected).as_micros();
        let since = u64::try_from(since).unwrap_or(u64::MAX);
        self.active.fetch_max(since, Ordering::Relaxed);
    }

    /// When something last went to or came from the client.
    pub(crate) fn last_active(&self) -> Moment {
        let since = Duration::from_micros(self.active.load(Ordering::Relaxed));
        self.connected.after(since)
    }

    fn end(&self) {
        let mut outbox = self.outbox();
        outbox.ended = true;
        outbox.messages = VecDeque::new();
    }

    fn outbox(&self) -> MutexGuard<'_, Outbox> {
        self.outbox.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How many clients a stage has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Count {
    pub(crate) connected: usize,
    /// Connections that have ended and whose `$disconnect` still runs.
    pub(crate) leaving: usize,
}

/// The clients of a stage.
#[derive(Default)]
pub(crate) struct Clients {
    connected: Mutex<HashMap<ConnectionId, Arc<Client>>>,
    numbered: AtomicU32,
    count: watch::Sender<Count>,
}

impl Clients {
    /// An id for a connection that wants to be.
    pub(crate) fn number(&self) -> ConnectionId {
        ConnectionId::new(self.numbered.fetch_add(1, Ordering::Relaxed) + 1)
    }

    /// From now on the client can be sent to.
    pub(crate) fn add(&self, client: &Arc<Client>) {
        self.connected().insert(client.id, client.clone());
        self.count.send_modify(|count| count.connected += 1);
    }

    /// From now on the client is gone.
    pub(crate) fn remove(&self, client: &Client) {
        client.end();
        self.connected().remove(&client.id);
        self.count.send_modify(|count| {
            count.connected -= 1;
            count.leaving += 1;
        });
    }

    /// Nothing of the client is left to do.
    pub(crate) fn forget(&self) {
        self.count.send_modify(|count| count.leaving -= 1);
    }

    /// The client with an id.
    pub(crate) fn find(&self, id: ConnectionId) -> Option<Arc<Client>> {
        self.connected().get(&id).cloned()
    }

    /// Closes all connections.
    pub(crate) fn close(&self, closing: Closing) {
        for client in self.connected().values() {
            client.close(closing);
        }
    }

    /// How many there are, and word of every change.
    pub(crate) fn count(&self) -> watch::Receiver<Count> {
        self.count.subscribe()
    }

    fn connected(&self) -> MutexGuard<'_, HashMap<ConnectionId, Arc<Client>>> {
        self.connected
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Clock;

    fn client() -> Client {
        let now = Clock::new().moment();
        Client::new(ConnectionId::new(1), now, [127, 0, 0, 1].into(), None)
    }

    #[test]
    fn what_waits_for_a_client_is_bounded_in_bytes_and_in_number() {
        let slow = client();
        let large = Bytes::from(vec![b'x'; 128 * 1024]);
        for _ in 0..4 {
            assert_eq!(slow.send(large.clone()), Ok(()));
        }
        assert_eq!(slow.send(Bytes::from_static(b"x")), Err(NotSent::Full));
        let taken = slow.next().unwrap();
        assert_eq!(slow.send(large.clone()), Err(NotSent::Full), "not sent yet");
        slow.sent(taken.len());
        assert_eq!(slow.send(large), Ok(()));

        let idle = client();
        for _ in 0..WAITING_MESSAGES {
            assert_eq!(idle.send(Bytes::new()), Ok(()));
        }
        assert_eq!(idle.send(Bytes::new()), Err(NotSent::Full));
    }

    #[test]
    fn a_client_that_is_being_closed_takes_nothing_more_but_gets_what_waits() {
        let client = client();
        client.send(Bytes::from_static(b"last")).unwrap();
        let closing = Closing {
            code: 1000,
            reason: "",
            tells_function: true,
        };
        client.close(closing);
        assert_eq!(client.send(Bytes::new()), Err(NotSent::Gone));
        assert_eq!(client.closing(), None);
        assert_eq!(client.next().as_deref(), Some(&b"last"[..]));
        assert_eq!(client.closing(), Some(closing));
    }
}
