//! What the scheduling of a broadcast takes by itself, with clients that take no
//! time: `cargo bench --package bench --bench broadcast`.

use std::time::Duration;

use bench::events::PAYMENT;
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use lambda_runtime::Context;
use payments::broadcast::Broadcaster;
use payments::deadline::Deadline;
use payments::failures::{KeepForLater, Leftover, QueueError};
use payments::job::{Delivery, Event};
use payments::post::{PostError, PostToConnection};
use payments::table::{Connections, Page, TableError};

const NOW: i64 = 1_795_000_000;
const CLIENTS: usize = 10_000;
const PAGE: usize = 1_000;

/// A table that is one long page after the other.
struct Table(Vec<Page>);

impl Table {
    fn new() -> Self {
        let id = |number: usize| format!("L0SM{number:011}=");
        let pages = (0..CLIENTS).step_by(PAGE).map(|first| Page {
            ids: (first..first + PAGE).map(id).collect(),
            next: (first + PAGE < CLIENTS).then(|| (first / PAGE + 1).to_string()),
        });
        Self(pages.collect())
    }
}

impl Connections for &Table {
    async fn add(&self, _: &str, _: i64) -> Result<(), TableError> {
        Ok(())
    }

    async fn remove(&self, _: &str) -> Result<(), TableError> {
        Ok(())
    }

    async fn remove_gone(&self, _: &str, _: i64) -> Result<(), TableError> {
        Ok(())
    }

    async fn page(&self, from: Option<&str>, _: i64) -> Result<Page, TableError> {
        let number = from.map_or(Ok(0), str::parse::<usize>);
        let page = number.ok().and_then(|number| self.0.get(number));
        page.cloned()
            .ok_or_else(|| TableError("no such page".to_owned()))
    }
}

/// Clients that have everything at once.
struct Instant;

impl PostToConnection for Instant {
    async fn post(&self, _: &str, _: &str) -> Result<(), PostError> {
        Ok(())
    }
}

/// A queue that nothing should come to.
struct Nothing;

impl KeepForLater for Nothing {
    async fn keep(&self, leftover: &Leftover) -> Result<(), QueueError> {
        Err(QueueError(leftover.reason.clone()))
    }
}

fn scheduling(criterion: &mut Criterion) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .expect("a runtime starts");
    let table = Table::new();
    let broadcaster = Broadcaster {
        connections: &table,
        clients: Instant,
        failures: Nothing,
        clock: || NOW,
        metrics: |_| {},
    };
    let mut context = Context::default();
    let end = Duration::from_secs(NOW.unsigned_abs() + 900).as_millis();
    context.deadline = u64::try_from(end).expect("it is not so far away");
    let delivery = Delivery {
        event: Event {
            payload: PAYMENT.to_owned(),
            event_type: "payment_intent.succeeded".to_owned(),
        },
        unreached: Vec::new(),
        from: None,
    };

    let mut group = criterion.benchmark_group("broadcast");
    group.throughput(Throughput::Elements(CLIENTS as u64));
    group.bench_function("10,000 clients", |bencher| {
        bencher.iter_batched(
            || delivery.clone(),
            |delivery| {
                let summary = runtime.block_on(async {
                    let deadline = Deadline::of(&context, NOW);
                    broadcaster.deliver(delivery, deadline).await
                });
                assert_eq!(summary.expect("it delivers").sent, CLIENTS);
            },
            BatchSize::SmallInput,
        );
    });
    group.finish();
}

criterion_group!(benches, scheduling);
criterion_main!(benches);
