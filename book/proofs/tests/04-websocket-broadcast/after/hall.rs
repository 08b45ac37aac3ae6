//! A hall of clients, the table that lists them, and Lambda, in memory.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::time::Duration;

use lambda_runtime::Context;
use tokio::runtime::{Builder, Runtime};
use tokio::time::sleep;

use step_04_websocket_broadcast::broadcast::Broadcaster;
use step_04_websocket_broadcast::deadline::Deadline;
use step_04_websocket_broadcast::failures::{KeepForLater, Leftover, QueueError};
use step_04_websocket_broadcast::job::{Delivery, Event};
use step_04_websocket_broadcast::post::{PostError, PostToConnection};
use step_04_websocket_broadcast::table::{Connections, Page, TableError};

pub const NOW: i64 = 1_700_000_000;
const ROWS_A_PAGE: usize = 100;

/// What a client does with a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Client {
    Takes,
    IsGone,
    Refuses,
    /// Fails this often, then takes it.
    Fails(usize),
    /// Lets every attempt run into its timeout.
    Hangs,
}

/// Clients, and the rows of the table in their order.
pub struct Hall {
    pub clients: Vec<Client>,
    /// How often each of them has the message.
    pub received: RefCell<BTreeMap<String, usize>>,
    tries: RefCell<BTreeMap<String, usize>>,
}

pub fn id(number: usize) -> String {
    format!("client-{number:05}")
}

impl Hall {
    pub fn new(clients: Vec<Client>) -> Self {
        Hall {
            clients,
            received: RefCell::default(),
            tries: RefCell::default(),
        }
    }

    /// How often this client has the message.
    pub fn times(&self, number: usize) -> usize {
        let received = self.received.borrow();
        received.get(&id(number)).copied().unwrap_or_default()
    }
}

impl PostToConnection for &Hall {
    async fn post(&self, id: &str, _text: &str) -> Result<(), PostError> {
        let number: usize = id.trim_start_matches("client-").parse().unwrap();
        let tried = {
            let mut tries = self.tries.borrow_mut();
            let tries = tries.entry(id.to_owned()).or_default();
            *tries += 1;
            *tries
        };
        let failed = || PostError::NotNow("API Gateway answered 500".to_owned());
        match self.clients[number] {
            Client::IsGone => return Err(PostError::Gone),
            Client::Refuses => return Err(PostError::Refused("refused".to_owned())),
            Client::Fails(times) if tried <= times => return Err(failed()),
            Client::Hangs => {
                sleep(Duration::from_secs(3)).await;
                return Err(failed());
            }
            Client::Takes | Client::Fails(_) => {}
        }
        *self.received.borrow_mut().entry(id.to_owned()).or_default() += 1;
        Ok(())
    }
}

impl Connections for &Hall {
    async fn add(&self, id: &str, _connected_at: i64) -> Result<(), TableError> {
        panic!("{id} was added");
    }

    async fn remove(&self, id: &str) -> Result<(), TableError> {
        panic!("{id} was removed");
    }

    async fn remove_gone(&self, _id: &str, _now: i64) -> Result<(), TableError> {
        Ok(())
    }

    async fn page(&self, from: Option<&str>, _now: i64) -> Result<Page, TableError> {
        let all = (0..self.clients.len()).map(id);
        let mut ids: Vec<String> = all
            .filter(|id| from.is_none_or(|from| &id[..] > from))
            .collect();
        let more = ids.len() > ROWS_A_PAGE;
        ids.truncate(ROWS_A_PAGE);
        let next = ids.last().filter(|_| more).cloned();
        Ok(Page { ids, next })
    }
}

/// A queue that remembers its messages.
#[derive(Default)]
pub struct Queue {
    pub messages: RefCell<Vec<Delivery>>,
}

impl KeepForLater for &Queue {
    async fn keep(&self, leftover: &Leftover) -> Result<(), QueueError> {
        self.messages.borrow_mut().push(leftover.delivery.clone());
        Ok(())
    }
}

/// The step's broadcaster between them.
pub fn broadcaster<'a>(
    hall: &'a Hall,
    queue: &'a Queue,
) -> Broadcaster<&'a Hall, &'a Hall, &'a Queue> {
    Broadcaster {
        connections: hall,
        clients: hall,
        failures: queue,
        clock: || NOW,
    }
}

/// A payment, for everyone.
pub fn for_everyone() -> Delivery {
    Delivery {
        event: Event {
            payload: "{\"id\":\"evt_1\"}".to_owned(),
            event_type: "payment.succeeded".to_owned(),
        },
        unreached: Vec::new(),
        from: None,
    }
}

/// The deadline of an invocation that may take so long.
pub fn deadline(seconds: u64) -> Deadline {
    let mut context = Context::default();
    context.deadline = (NOW.unsigned_abs() + seconds) * 1000;
    Deadline::of(&context, NOW)
}

/// Lambda's asynchronous invocation: up to three attempts. Returns how many there were.
pub async fn attempts<E>(function: impl AsyncFn() -> Result<(), E>) -> usize {
    for attempt in 1..3 {
        if function().await.is_ok() {
            return attempt;
        }
    }
    let _ = function().await;
    3
}

/// A runtime on which nobody waits: time passes as soon as everybody sleeps.
pub fn runtime() -> Runtime {
    let mut builder = Builder::new_current_thread();
    builder.enable_time().start_paused(true).build().unwrap()
}
