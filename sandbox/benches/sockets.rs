//! What many WebSocket clients cost, and how fast one event reaches them all:
//! `cargo bench --package sandbox`.
//!
//! Connects 5,000 clients, each a bare socket, posts one event to every one of
//! them as a function would, and prints memory and times. Bounded: some seconds.
//! The clients live in the same process, so their sockets count too.

use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use http::Request;
use sandbox::clock::Clock;
use sandbox::console;
use sandbox::faults::Faults;
use sandbox::lambda::{Functions, Invoking, NotQueued, Outcome};
use sandbox::template::model::{WebSocketApi, WebSocketRoute};
use sandbox::trail::{Recorder, TrailContext};
use sandbox::websocket::{Services, Stage};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;

const CLIENTS: usize = 5_000;
const ROUNDS: usize = 5;
/// How many posts are under way at once, as in a function.
const AT_ONCE: usize = 64;
const PAYLOAD: usize = 2_048;

/// A function that lets everyone in and tells the connection ids.
struct Doorman(mpsc::UnboundedSender<String>);

impl Functions for Doorman {
    fn invoke<'a>(&'a self, _: &'a str, event: Bytes, _: &'a TrailContext) -> Invoking<'a> {
        Box::pin(async move {
            let event: serde_json::Value = serde_json::from_slice(&event).unwrap_or_default();
            let id = &event["requestContext"]["connectionId"];
            let _ = self.0.send(id.as_str().unwrap_or_default().to_owned());
            Outcome::Success(Bytes::from_static(br#"{"statusCode":200}"#))
        })
    }

    fn invoke_async(&self, _: &str, _: Bytes, _: &TrailContext) -> Result<(), NotQueued> {
        Err(NotQueued::NotFound)
    }
}

fn api() -> WebSocketApi {
    WebSocketApi {
        logical_id: "WebSocketApi".to_owned(),
        id: "w9x8y7z6v5".to_owned(),
        stage: "prod".to_owned(),
        route_selection: "$request.body.action".to_owned(),
        routes: vec![WebSocketRoute {
            key: "$connect".to_owned(),
            function: "Doorman".to_owned(),
            timeout: std::time::Duration::from_secs(29),
            responds: false,
        }],
        stage_variables: Default::default(),
        authorizer: None,
        connect_throttle: None,
    }
}

/// Memory of this process in megabytes, where the system tells.
fn megabytes() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
    let kilobytes: f64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kilobytes / 1024.0)
}

fn report(what: &str) {
    if let Some(megabytes) = megabytes() {
        println!("{what:<40} {megabytes:>8.1} MB");
    }
}

const HANDSHAKE: &[u8] = b"GET /prod HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\n\
    Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

/// Reads until the answer to the handshake is complete.
async fn accepted(stream: &mut TcpStream) {
    let mut answer = Vec::with_capacity(256);
    while !answer.ends_with(b"\r\n\r\n") {
        let read = stream.read_buf(&mut answer).await.expect("an answer");
        assert_ne!(read, 0, "{}", String::from_utf8_lossy(&answer));
    }
    assert!(answer.starts_with(b"HTTP/1.1 101 "));
}

#[tokio::main]
async fn main() {
    let _ = rlimit::increase_nofile_limit(u64::MAX);
    let (ids, mut told) = mpsc::unbounded_channel();
    let (_api, receiver) = watch::channel(Arc::new(api()));
    let clock = Clock::new();
    let recorder = Recorder::new(clock.clone(), console::silent());
    let services = Services {
        functions: Arc::new(Doorman(ids)),
        recorder: recorder.clone(),
        clock,
        faults: Faults::default(),
    };
    let stage = Stage::new(receiver, services);
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(stage.clone().serve(listener));
    report("before");

    let began = Instant::now();
    let mut clients = Vec::with_capacity(CLIENTS);
    for _ in 0..CLIENTS {
        let mut stream = TcpStream::connect(address).await.expect("a connection");
        stream.write_all(HANDSHAKE).await.expect("a handshake");
        accepted(&mut stream).await;
        clients.push(stream);
    }
    stage.wait_until_connected(CLIENTS).await;
    println!(
        "{CLIENTS} handshakes one after the other in {:?}",
        began.elapsed()
    );
    report("all connected");
    let mut connections = Vec::new();
    while let Ok(id) = told.try_recv() {
        connections.push(id);
    }

    let frame = PAYLOAD + 4;
    let payload = "x".repeat(PAYLOAD);
    for round in 0..ROUNDS {
        let began = Instant::now();
        let context = recorder.begin(format!("round {round}"));
        let hop = context.hop(sandbox::trail::Service::Lambda, "Broadcaster", "Invoke");
        let mut calls = JoinSet::new();
        for part in connections.chunks(connections.len().div_ceil(AT_ONCE)) {
            let (part, stage) = (part.to_vec(), stage.clone());
            let (context, payload) = (hop.context().clone(), payload.clone());
            calls.spawn(async move {
                for id in part {
                    let request = Request::post(format!("/prod/@connections/{id}"))
                        .body(Bytes::from(payload.clone()))
                        .expect("a request");
                    let response = stage.manage(request, &context).await;
                    assert_eq!(response.status(), 200);
                }
            });
        }
        calls.join_all().await;
        let posted = began.elapsed();
        let mut buffer = vec![0; frame];
        for client in &mut clients {
            client.read_exact(&mut buffer).await.expect("the event");
        }
        println!(
            "posted to all in {posted:?}, received by all in {:?}",
            began.elapsed()
        );
        let began = Instant::now();
        hop.finish("ok");
        println!("  and the trail told in {:?}", began.elapsed());
    }
    report("after the events");
}
