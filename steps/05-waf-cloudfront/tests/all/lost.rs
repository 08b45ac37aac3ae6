//! The promise: of every client that was to get an event, it is known whether
//! it has it, and nobody is lost.

use std::collections::BTreeSet;

use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::json;
use tokio::runtime::{Builder, Runtime};

use crate::fakes::{Client, Fake, broadcaster, context, deadline, ids};
use crate::sign::NOW;
use step_05_waf_cloudfront::deadline::Deadline;
use step_05_waf_cloudfront::job::{Delivery, Event, Job};

/// All that can go wrong at once.
#[derive(Debug)]
struct Case {
    /// For each page, what its clients do.
    pages: Vec<Vec<Client>>,
    unreadable: Option<usize>,
    queue_is_down: bool,
    keeps_rows: bool,
    seconds: i64,
    payload_bytes: usize,
}

fn client() -> impl Strategy<Value = Client> {
    prop_oneof![
        4 => Just(Client::Takes),
        2 => Just(Client::IsGone),
        1 => Just(Client::Refuses),
        2 => (1..5_usize).prop_map(Client::Fails),
        1 => Just(Client::Hangs),
    ]
}

fn case() -> impl Strategy<Value = Case> {
    (
        vec(vec(client(), 0..100), 0..5),
        prop_oneof![3 => Just(None), 1 => (0..5_usize).prop_map(Some)],
        proptest::bool::weighted(0.1),
        any::<bool>(),
        prop_oneof![3 => Just(60), 1 => 0..30_i64],
        prop_oneof![9 => Just(2_usize), 1 => Just(131_073)],
    )
        .prop_map(
            |(pages, unreadable, queue_is_down, keeps_rows, seconds, payload_bytes)| Case {
                pages,
                unreadable,
                queue_is_down,
                keeps_rows,
                seconds,
                payload_bytes,
            },
        )
}

/// A broadcaster in this case, and what everybody does.
fn set_up(case: &Case) -> (Fake, Vec<(String, Client)>) {
    let letters = 'a'..='z';
    let pages: Vec<Vec<String>> = letters
        .zip(&case.pages)
        .map(|(letter, clients)| ids(letter, clients.len()))
        .collect();
    let clients = case.pages.concat();
    let everyone: Vec<(String, Client)> = pages.concat().into_iter().zip(clients).collect();

    let mut broadcaster = broadcaster(pages);
    broadcaster.connections.unreadable = case.unreadable;
    broadcaster.connections.keeps_rows = case.keeps_rows;
    broadcaster.clients.odd = everyone.iter().cloned().collect();
    broadcaster.failures.is_down = case.queue_is_down;
    (broadcaster, everyone)
}

/// A runtime whose time passes as soon as everybody waits.
fn runtime() -> Runtime {
    let mut builder = Builder::new_current_thread();
    builder.enable_time().start_paused(true).build().unwrap()
}

proptest! {
    /// And the messages of the failure queue, once the broadcaster is invoked
    /// with each of them, reach everybody who is still there.
    #[test]
    fn every_client_has_the_event_or_the_failure_queue_has_the_client(case in case()) {
        let (broken, everyone) = set_up(&case);
        let event = Event {
            payload: "x".repeat(case.payload_bytes),
            event_type: "payment.succeeded".to_owned(),
        };
        let delivery = Delivery { event, unreached: Vec::new(), from: None };

        runtime().block_on(async {
            let short = Deadline::of(&context(case.seconds), NOW);
            if broken.deliver(delivery, short).await.is_err() {
                // Lambda keeps the event and comes again.
                let no_time = case.seconds <= 10;
                let unread = case.unreadable == Some(0) || no_time;
                assert!(case.queue_is_down || unread);
                return;
            }
            let mut reached = broken.clients.reached();

            // Everything works again, except for those who are gone.
            let (mut mended, _) = set_up(&case);
            mended.connections.unreadable = None;
            mended.clients.odd.retain(|_, client| *client == Client::IsGone);
            for mut message in broken.failures.messages.take() {
                // Nothing makes a payload smaller; only who is to get it counts.
                message["event"]["payload"] = json!("{}");
                let job: Job = serde_json::from_value(message).unwrap();
                for delivery in job.deliveries() {
                    mended.deliver(delivery, deadline()).await.unwrap();
                }
            }
            reached.extend(mended.clients.reached());

            let reached: BTreeSet<&String> = reached.iter().collect();
            let alive = everyone.iter().filter(|(_, client)| *client != Client::IsGone);
            let alive: BTreeSet<&String> = alive.map(|(id, _)| id).collect();
            assert_eq!(reached, alive);
        });
    }
}
