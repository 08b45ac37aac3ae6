//! How fast an event comes from the edge to WebSocket clients, to how many, and
//! what that takes: `cargo bench --package workbook --bench stack`.
//!
//! Starts the whole service with release binaries by the command that readers
//! use. Sender and clients are one thread of this process, since they share the
//! processor with what is measured. Bounded: 5,000 clients, some 3,500 webhooks,
//! less than two minutes once everything is built.

use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

use bench::figures::count;
use bench::load::clients::Clients;
use bench::load::sender::Sender;
use bench::load::{Load, PATIENCE, Place, event};
use serde_json::Value;
use tokio::task::LocalSet;
use tokio::time::timeout;

mod memory;
#[path = "../shared/mod.rs"]
mod shared;

use shared::{Report, Up, median, megabytes, time_to_ready};

const PORT: u16 = 4750;
/// Events that warm everything up, and that are timed one by one.
const WARM: usize = 200;
const TIMED: usize = 1_000;
/// Clients that an event goes to, how often, and within how many milliseconds.
const BROADCASTS: [(usize, usize, f64); 3] = [(100, 15, 20.0), (500, 9, 80.0), (5_000, 5, 1_000.0)];
/// The load: events per second, for how many seconds, to how many listeners.
const RATE: usize = 250;
const SECONDS: usize = 10;
const LISTENERS: usize = 10;
/// Open files beside those of the clients.
const OTHER_FILES: u64 = 200;

fn main() -> ExitCode {
    let mut report = Report::default();
    let step = step();
    println!("{step}, release binaries");
    let start = time_to_ready(step, PORT);
    report.at_most(
        "start of `workbook up` to ready, median",
        start,
        "ms",
        500.0,
    );

    let (up, ready, mut output) = Up::ready(step, PORT);
    // Somebody has to read it, or nobody could write.
    std::thread::spawn(move || std::io::copy(&mut output, &mut std::io::sink()));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime starts");
    let bench = Bench::new(up, &ready);
    LocalSet::new().block_on(&runtime, bench.run(&mut report));
    report.end()
}

/// The production form, else the first step with a WebSocket API.
fn step() -> &'static str {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    match root.join("final").join("template.yaml").is_file() {
        true => "final",
        false => "04",
    }
}

struct Bench {
    up: Up,
    webhook: Place,
    socket: Place,
    secret: String,
    clients: Clients,
    sent: usize,
}

impl Bench {
    fn new(up: Up, ready: &Value) -> Self {
        let output = |name: &str| ready["outputs"][name].as_str();
        let edge = output("CloudFrontDomainName").or(output("RestApiInvokeUrl"));
        let edge = edge.expect("it takes webhooks");
        println!("webhooks to {edge}");
        let socket = output("WebSocketApiUrl").expect("it has a WebSocket API");
        let secret = ready["parameters"]["SigningSecret"].as_str();
        Self {
            up,
            webhook: Place::of(edge, "/webhook").expect("it is on this machine"),
            socket: Place::of(socket, "").expect("it is on this machine"),
            secret: secret.expect("there is a secret").to_owned(),
            clients: Clients::default(),
            sent: 0,
        }
    }

    async fn run(mut self, report: &mut Report) {
        let files = rlimit::increase_nofile_limit(u64::MAX).unwrap_or(0);
        let mut sender = Sender::connect(&self.webhook, &self.secret).await;
        self.clients.grow_to(1, &self.socket).await;
        self.time_one(&mut sender).await;
        match memory::of_tree(self.up.id()) {
            Some(idle) => report.at_most(
                "memory of all its processes, idle after one webhook",
                idle,
                "MB",
                60.0,
            ),
            None => println!("memory of all its processes: not told by this system"),
        }
        self.one_client(&mut sender, report).await;
        if let Some(after) = memory::of_tree(self.up.id()) {
            // Overlapping events start further environments, as on AWS.
            println!("    memory of all its processes, after {TIMED} more: {after:.1} MB");
        }
        self.load(report).await;
        for (clients, times, goal) in BROADCASTS {
            let room = usize::try_from(files.saturating_sub(OTHER_FILES)).unwrap_or(usize::MAX);
            if clients > room {
                println!("{clients} clients: this system allows only {files} open files");
                continue;
            }
            self.broadcast(&mut sender, clients, times, goal, report)
                .await;
        }
        match megabytes(self.up.id()) {
            Some(memory) => {
                let what = format!(
                    "memory of the sandbox with {} clients",
                    self.clients.count()
                );
                report.at_most(&what, memory, "MB", 100.0);
            }
            None => println!("memory of the sandbox: not told by this system"),
        }
        let closed = self.clients.closed();
        if closed > 0 {
            println!("{closed} clients were disconnected on the way");
        }
    }

    /// Milliseconds from the start of a request to the last client's message.
    /// `None` if one did not come, or the answer was no 200.
    async fn time_one(&mut self, sender: &mut Sender) -> Option<f64> {
        let event = event(self.sent);
        self.sent += 1;
        self.clients
            .expect(u64::try_from(self.clients.count()).unwrap_or(u64::MAX));
        let began = Instant::now();
        let status = timeout(PATIENCE, sender.post(&event)).await.ok()?;
        let last = self.clients.all(PATIENCE).await?;
        (status == 200).then(|| last.duration_since(began).as_secs_f64() * 1000.0)
    }

    async fn one_client(&mut self, sender: &mut Sender, report: &mut Report) {
        for _ in 0..WARM {
            self.time_one(sender).await;
        }
        let mut times = Vec::new();
        for _ in 0..TIMED {
            times.push(self.time_one(sender).await.unwrap_or(f64::INFINITY));
        }
        times.sort_by(f64::total_cmp);
        let p99 = times[TIMED * 99 / 100];
        report.at_most(
            "webhook at the edge to message, warm, p50",
            median(times),
            "ms",
            2.0,
        );
        println!("    p99 {p99:.2} ms");
    }

    async fn broadcast(
        &mut self,
        sender: &mut Sender,
        clients: usize,
        times: usize,
        goal: f64,
        report: &mut Report,
    ) {
        self.clients.grow_to(clients, &self.socket).await;
        // The first one finds everything cold.
        self.time_one(sender).await;
        let mut took = Vec::new();
        for _ in 0..times {
            took.push(self.time_one(sender).await.unwrap_or(f64::INFINITY));
        }
        let what = format!("one event to the last of {clients} clients, median of {times}");
        report.at_most(&what, median(took), "ms", goal);
    }

    /// Sends at a steady rate and counts what each listener got.
    async fn load(&mut self, report: &mut Report) {
        self.clients.grow_to(LISTENERS, &self.socket).await;
        let load = Load {
            rate: RATE,
            seconds: SECONDS,
            first: self.sent,
        };
        let carried = load.carry(&self.webhook, &self.secret, &self.clients).await;
        self.sent += load.count();
        let what = format!("{RATE} webhooks/s for {SECONDS} s, accepted");
        report.row(
            &what,
            carried.rate,
            "/s",
            count(RATE),
            carried.accepted == load.count() && carried.rate >= 248.0,
        );
        let what = format!("of their messages to {LISTENERS} listeners, lost");
        report.at_most(&what, count(carried.lost), "", 0.0);
        report.at_most("    and twice", count(carried.twice), "", 0.0);
    }
}
