//! A steady stream of webhooks through a whole stack, and what its WebSocket
//! clients get of it. Sender and clients are one thread, since they share the
//! processor with what is measured.
//!
//! A connection that breaks ends the benchmark: what it would go on to measure
//! is something else.

use std::net::SocketAddr;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::task::spawn_local;
use tokio::time::{Instant, sleep_until, timeout};

use crate::events::PAYMENT;
use crate::figures::count;

pub mod clients;
pub mod sender;

use clients::{Clients, ID};
use sender::Sender;

/// How long messages may take before they count as lost.
pub const PATIENCE: Duration = Duration::from_secs(10);
/// How many connections the load comes over.
const SENDERS: usize = 4;

/// Where something of a stack is, on this machine.
#[derive(Clone, Debug)]
pub struct Place {
    /// Address and port.
    pub address: SocketAddr,
    /// The path there.
    pub path: String,
}

impl Place {
    /// Reads the URL of an output, and adds `path` to its own. Nothing if it is
    /// not on this machine.
    pub fn of(url: &str, path: &str) -> Option<Self> {
        let url: http::Uri = url.parse().ok()?;
        let address = url.authority()?.as_str().parse().ok()?;
        let path = format!("{}{path}", url.path().trim_end_matches('/'));
        Some(Self { address, path })
    }
}

/// How much of a load.
#[derive(Clone, Copy, Debug)]
pub struct Load {
    /// Webhooks in a second.
    pub rate: usize,
    /// For so many seconds.
    pub seconds: usize,
    /// The number of the first event.
    pub first: usize,
}

/// What came of it.
#[derive(Clone, Copy, Debug)]
pub struct Carried {
    /// Webhooks that were answered with 200.
    pub accepted: usize,
    /// These in a second.
    pub rate: f64,
    /// Messages that a client did not get, of those webhooks.
    pub lost: usize,
    /// Messages that a client got more than once.
    pub twice: usize,
}

/// The event with this number.
pub fn event(number: usize) -> Vec<u8> {
    let mut event: Value = serde_json::from_str(PAYMENT).unwrap_or_default();
    event["id"] = json!(format!("{}{number:07}", String::from_utf8_lossy(ID)));
    event.to_string().into_bytes()
}

impl Load {
    /// How many webhooks that are.
    pub fn count(&self) -> usize {
        self.rate * self.seconds
    }

    /// Sends at a steady rate and counts what each client got. Must run in a
    /// `LocalSet`.
    pub async fn carry(&self, webhook: &Place, secret: &str, clients: &Clients) -> Carried {
        let Self { rate, first, .. } = *self;
        clients.watch(first + self.count());
        let (before, began) = (clients.messages(), Instant::now());
        let mut senders = Vec::new();
        for index in 0..SENDERS {
            let mut sender = Sender::connect(webhook, secret).await;
            let events: Vec<(usize, Vec<u8>)> = (index..self.count())
                .step_by(SENDERS)
                .map(|number| (number, event(first + number)))
                .collect();
            senders.push(spawn_local(async move {
                let mut accepted = Vec::new();
                for (number, event) in events {
                    let due = Duration::from_secs(1).mul_f64(count(number) / count(rate));
                    sleep_until(began + due).await;
                    match timeout(PATIENCE, sender.post(&event)).await {
                        Ok(200) => accepted.push(first + number),
                        Ok(_) => {}
                        Err(_) => break,
                    }
                    // Far too slow is no reason to take for ever.
                    if began.elapsed() > due + PATIENCE {
                        break;
                    }
                }
                accepted
            }));
        }
        let mut accepted = Vec::new();
        for sender in senders {
            accepted.extend(sender.await.expect("it sends"));
        }
        let elapsed = began.elapsed().as_secs_f64();

        let missing = (accepted.len() * clients.count()) as u64;
        let so_far = clients.messages() - before;
        clients.expect(missing.saturating_sub(so_far));
        if so_far < missing {
            clients.all(PATIENCE).await;
        }
        let seen = clients.seen();
        let times = || {
            seen.iter()
                .flat_map(|seen| accepted.iter().map(|event| seen[*event]))
        };
        Carried {
            accepted: accepted.len(),
            rate: count(accepted.len()) / elapsed,
            lost: times().filter(|times| *times == 0).count(),
            twice: times().filter(|times| *times > 1).count(),
        }
    }
}
