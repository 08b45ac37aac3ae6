//! Table, clients and failure queue in memory, for tests of the broadcaster.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use lambda_runtime::Context;
use serde_json::Value;
use tokio::time::{Instant, sleep};

use crate::sign::NOW;
use payments::broadcast::Broadcaster;
use payments::deadline::Deadline;
use payments::failures::{KeepForLater, Leftover, QueueError};
use payments::post::{PostError, PostToConnection};
use payments::table::{Connections, Page, TableError};

/// A table that is read in the pages it was made with.
#[derive(Default)]
pub struct Table {
    pub pages: Vec<Vec<String>>,
    /// The page, counted from 0, that cannot be read.
    pub unreadable: Option<usize>,
    /// Whether no row can be removed.
    pub keeps_rows: bool,
    pub removed: RefCell<Vec<String>>,
    /// How many pages were asked for.
    pub asked: Cell<usize>,
}

impl Connections for Table {
    async fn add(&self, id: &str, _connected_at: i64) -> Result<(), TableError> {
        panic!("the broadcaster added {id}");
    }

    async fn remove(&self, id: &str) -> Result<(), TableError> {
        panic!("the broadcaster removed {id}, whether it is gone or not");
    }

    async fn remove_gone(&self, id: &str, now: i64) -> Result<(), TableError> {
        assert_eq!(now, NOW);
        self.removed.borrow_mut().push(id.to_owned());
        if self.keeps_rows {
            return Err(TableError("throttled".to_owned()));
        }
        Ok(())
    }

    async fn page(&self, from: Option<&str>, now: i64) -> Result<Page, TableError> {
        assert_eq!(now, NOW);
        self.asked.set(self.asked.get() + 1);
        let index = from.map_or(0, |from| {
            let mut keys = (0..self.pages.len()).map(|index| self.key(index));
            keys.position(|key| key == from).unwrap() + 1
        });
        if self.unreadable == Some(index) {
            return Err(TableError("throttled".to_owned()));
        }
        let last = index + 1 >= self.pages.len();
        Ok(Page {
            ids: self.pages.get(index).cloned().unwrap_or_default(),
            next: if last { None } else { Some(self.key(index)) },
        })
    }
}

impl Table {
    /// The key that a page ends with. An empty page has one too: rows that were
    /// filtered out count as read.
    pub fn key(&self, index: usize) -> String {
        let last = self.pages[index].last().cloned();
        last.unwrap_or_else(|| format!("filtered-{index}"))
    }
}

/// What a client does with a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Client {
    Takes,
    IsGone,
    Refuses,
    /// Fails this often, then takes it.
    Fails(usize),
    /// Lets every attempt run into its timeout.
    Hangs,
}

/// How long an attempt may take, as in `aws::timeouts`.
pub const ATTEMPT: Duration = Duration::from_secs(3);

/// Clients. Those that are not named take everything.
#[derive(Default)]
pub struct Clients {
    pub odd: HashMap<String, Client>,
    pub posts: RefCell<Vec<Post>>,
    /// Every text that was sent, once.
    pub texts: RefCell<BTreeSet<String>>,
    in_flight: Cell<usize>,
    /// The most that were ever sent to at the same time.
    pub most_in_flight: Cell<usize>,
}

/// An attempt to send.
#[derive(Debug, Clone)]
pub struct Post {
    pub id: String,
    pub at: Instant,
    pub sent: bool,
}

impl Clients {
    /// The ids of those that have the message, in order of the ids.
    pub fn reached(&self) -> Vec<String> {
        let posts = self.posts.borrow();
        let sent = posts.iter().filter(|post| post.sent);
        let mut ids: Vec<String> = sent.map(|post| post.id.clone()).collect();
        ids.sort();
        ids
    }

    /// When this client was tried.
    pub fn attempts(&self, id: &str) -> Vec<Instant> {
        let posts = self.posts.borrow();
        let to_it = posts.iter().filter(|post| post.id == id);
        to_it.map(|post| post.at).collect()
    }
}

impl PostToConnection for Clients {
    async fn post(&self, id: &str, text: &str) -> Result<(), PostError> {
        let client = self.odd.get(id).copied().unwrap_or(Client::Takes);
        let at = Instant::now();
        let answer = match client {
            Client::Fails(times) if self.attempts(id).len() < times => {
                Err(PostError::NotNow("API Gateway answered 500".to_owned()))
            }
            Client::Takes | Client::Fails(_) => Ok(()),
            Client::IsGone => Err(PostError::Gone),
            Client::Refuses => Err(PostError::Refused("API Gateway answered 403".to_owned())),
            Client::Hangs => Err(PostError::NotNow("no answer in time".to_owned())),
        };
        self.posts.borrow_mut().push(Post {
            id: id.to_owned(),
            at,
            sent: answer.is_ok(),
        });
        if !self.texts.borrow().contains(text) {
            self.texts.borrow_mut().insert(text.to_owned());
        }

        self.in_flight.set(self.in_flight.get() + 1);
        let most = self.most_in_flight.get().max(self.in_flight.get());
        self.most_in_flight.set(most);
        let time = if client == Client::Hangs {
            ATTEMPT
        } else {
            Duration::from_millis(1)
        };
        sleep(time).await;
        self.in_flight.set(self.in_flight.get() - 1);
        answer
    }
}

/// A queue that remembers its messages.
#[derive(Default)]
pub struct Queue {
    pub is_down: bool,
    pub messages: RefCell<Vec<Value>>,
}

impl KeepForLater for Queue {
    async fn keep(&self, leftover: &Leftover) -> Result<(), QueueError> {
        if self.is_down {
            return Err(QueueError("the queue is down".to_owned()));
        }
        let message = serde_json::to_value(leftover).unwrap();
        self.messages.borrow_mut().push(message);
        Ok(())
    }
}

pub type Fake = Broadcaster<Table, Clients, Queue>;

/// A broadcaster whose table has these pages.
pub fn broadcaster(pages: Vec<Vec<String>>) -> Fake {
    Broadcaster {
        connections: Table {
            pages,
            ..Table::default()
        },
        clients: Clients::default(),
        failures: Queue::default(),
        clock: || NOW,
        metrics: |_| {},
    }
}

/// `count` ids that begin with this letter, in order.
pub fn ids(letter: char, count: usize) -> Vec<String> {
    (0..count)
        .map(|number| format!("{letter}{number:05}"))
        .collect()
}

/// What Lambda tells of an invocation that may take so long.
pub fn context(seconds: i64) -> Context {
    let mut context = Context::default();
    context.deadline = u64::try_from(NOW + seconds).unwrap() * 1000;
    context
}

/// The deadline of an invocation that may take as long as the template allows.
pub fn deadline() -> Deadline {
    Deadline::of(&context(60), NOW)
}
