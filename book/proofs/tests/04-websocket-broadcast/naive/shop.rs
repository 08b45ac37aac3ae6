//! The shop's dashboards: a table in pages, clients that behave oddly, and the step's own
//! broadcaster over both.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;

use lambda_runtime::Context;
use step_04_websocket_broadcast::broadcast::{Broadcaster, Summary};
use step_04_websocket_broadcast::deadline::Deadline;
use step_04_websocket_broadcast::failures::{KeepForLater, Leftover, QueueError};
use step_04_websocket_broadcast::job::{Delivery, Event};
use step_04_websocket_broadcast::post::{PostError, PostToConnection};
use step_04_websocket_broadcast::table::{Connections, Page, TableError};

pub const NOW: i64 = 1_700_000_000;
pub const TEXT: &str = r#"{"id":"evt_1"}"#;

/// A table whose pages have these rows. The next page is named by its number.
pub struct Table(RefCell<Vec<Vec<String>>>);

impl Table {
    pub fn of(pages: &[&[&str]]) -> Self {
        let rows = |page: &&[&str]| page.iter().map(|id| (*id).to_owned()).collect();
        Table(RefCell::new(pages.iter().map(rows).collect()))
    }

    /// One page with so many rows.
    pub fn crowd(count: usize) -> Self {
        let ids = (0..count).map(|number| format!("client-{number:05}"));
        Table(RefCell::new(vec![ids.collect()]))
    }

    pub fn rows(&self) -> Vec<String> {
        self.0.borrow().concat()
    }
}

impl Connections for Table {
    async fn add(&self, id: &str, _connected_at: i64) -> Result<(), TableError> {
        panic!("a broadcaster added {id}");
    }

    async fn remove(&self, id: &str) -> Result<(), TableError> {
        for page in self.0.borrow_mut().iter_mut() {
            page.retain(|row| row != id);
        }
        Ok(())
    }

    async fn remove_gone(&self, id: &str, _now: i64) -> Result<(), TableError> {
        self.remove(id).await
    }

    async fn page(&self, from: Option<&str>, _now: i64) -> Result<Page, TableError> {
        let number = from.map_or(0, |number| number.parse().unwrap());
        let pages = self.0.borrow();
        let has_next = number + 1 < pages.len();
        Ok(Page {
            ids: pages[number].clone(),
            next: has_next.then(|| (number + 1).to_string()),
        })
    }
}

/// What a client does that is not in order.
#[derive(Clone, Copy)]
pub enum Odd {
    Gone,
    /// Too busy once, then it takes everything.
    Busy,
    /// Never answers.
    Silent,
}

/// Clients. Those that are not named take everything.
#[derive(Default)]
pub struct Clients {
    pub odd: HashMap<String, Odd>,
    pub reached: RefCell<Vec<String>>,
    tried: RefCell<Vec<String>>,
    in_flight: Cell<usize>,
    /// The most that were ever sent to at the same time.
    pub most_in_flight: Cell<usize>,
}

impl Clients {
    pub fn with(odd: Odd, ids: &[&str]) -> Self {
        Clients {
            odd: ids.iter().map(|id| ((*id).to_owned(), odd)).collect(),
            ..Clients::default()
        }
    }

    /// Who has the event, in order of the ids.
    pub fn reached(&self) -> Vec<String> {
        let mut reached = self.reached.borrow().clone();
        reached.sort();
        reached
    }
}

impl PostToConnection for Clients {
    async fn post(&self, id: &str, _text: &str) -> Result<(), PostError> {
        let again = self.tried.borrow().iter().any(|tried| tried == id);
        self.tried.borrow_mut().push(id.to_owned());

        self.in_flight.set(self.in_flight.get() + 1);
        let most = self.most_in_flight.get().max(self.in_flight.get());
        self.most_in_flight.set(most);
        // The others get a turn, as they do while an answer is on its way.
        tokio::task::yield_now().await;
        let odd = self.odd.get(id).copied();
        if matches!(odd, Some(Odd::Silent)) {
            std::future::pending::<()>().await;
        }
        self.in_flight.set(self.in_flight.get() - 1);

        match odd {
            Some(Odd::Gone) => Err(PostError::Gone),
            Some(Odd::Busy) if !again => Err(PostError::NotNow("429".to_owned())),
            _ => {
                self.reached.borrow_mut().push(id.to_owned());
                Ok(())
            }
        }
    }
}

/// A failure queue that is never needed here.
pub struct NoFailures;

impl KeepForLater for NoFailures {
    async fn keep(&self, leftover: &Leftover) -> Result<(), QueueError> {
        panic!("kept for later: {}", leftover.reason);
    }
}

/// The step's broadcaster with these clients.
pub fn step(connections: Table, clients: Clients) -> Broadcaster<Table, Clients, NoFailures> {
    Broadcaster {
        connections,
        clients,
        failures: NoFailures,
        clock: || NOW,
    }
}

/// Has the step's broadcaster deliver an event to everyone.
pub async fn deliver(broadcaster: &Broadcaster<Table, Clients, NoFailures>) -> Summary {
    let delivery = Delivery {
        event: Event {
            payload: TEXT.to_owned(),
            event_type: "payment_intent.succeeded".to_owned(),
        },
        unreached: Vec::new(),
        from: None,
    };
    let mut context = Context::default();
    context.deadline = u64::try_from(NOW + 60).unwrap() * 1000;
    let deadline = Deadline::of(&context, NOW);
    broadcaster.deliver(delivery, deadline).await.unwrap()
}
