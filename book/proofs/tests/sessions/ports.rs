//! Ports for sessions that run side by side, and the book's own in their place.

use std::net::TcpListener;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU16, Ordering};

use regex::{Captures, Regex};

/// How many ports a stack takes at most.
const COUNT: u16 = 4;
/// First port of a sandbox in the book.
const CANONICAL: u16 = 4000;
/// Ports that a session may begin with: with as many digits as in the book, so that no column
/// moves, and below those that systems give out by themselves.
const FIRST: u16 = 5100;
const STEPS: u16 = 480;

static NEXT: AtomicU16 = AtomicU16::new(0);

/// The ports of a session, from this one on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ports(pub u16);

impl Ports {
    /// Ports that are free.
    pub fn free() -> Self {
        // Another program of the same test begins somewhere else.
        let start = (std::process::id() % u32::from(STEPS))
            .try_into()
            .unwrap_or(0);
        let mut candidates = (0..STEPS).map(|_| {
            let step: u16 = NEXT.fetch_add(1, Ordering::Relaxed);
            FIRST + (step.wrapping_add(start) % STEPS) * 10
        });
        let free = |first: &u16| {
            let bound = (0..COUNT).map(|more| TcpListener::bind(("127.0.0.1", first + more)));
            bound.collect::<Result<Vec<_>, _>>().is_ok()
        };
        Self(candidates.find(free).expect("some ports are free"))
    }

    /// `text` with the session's ports instead of the book's.
    pub fn put_into(self, text: &str) -> String {
        replace(text, CANONICAL, self.0)
    }

    /// `text` with the book's ports instead of the session's.
    pub fn take_out_of(self, text: &str) -> String {
        replace(text, self.0, CANONICAL)
    }
}

static ADDRESS: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\b(127\.0\.0\.1|localhost):(\d{4})\b").unwrap());

fn replace(text: &str, from: u16, to: u16) -> String {
    let replaced = ADDRESS.replace_all(text, |found: &Captures<'_>| {
        let port: Option<u16> = found[2].parse().ok();
        match port.and_then(|port| port.checked_sub(from)) {
            Some(offset @ 0..COUNT) => format!("{}:{}", &found[1], to + offset),
            _ => found[0].to_owned(),
        }
    });
    replaced.into_owned()
}

#[test]
fn only_a_sandboxs_own_ports_are_replaced() {
    let ports = Ports(5100);
    let book = "curl http://127.0.0.1:4002/webhook 127.0.0.1:4004 127.0.0.1:40001 4000";
    let real = ports.put_into(book);
    assert_eq!(
        real,
        "curl http://127.0.0.1:5102/webhook 127.0.0.1:4004 127.0.0.1:40001 4000"
    );
    assert_eq!(ports.take_out_of(&real), book);
    assert_ne!(Ports::free(), Ports::free());
}
