//! A stage on a free port, a scripted Lambda behind it, and a raw HTTP client.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use sandbox::clock::Clock;
use sandbox::console;
use sandbox::lambda::{Functions, Invoking, NotQueued, Outcome};
use sandbox::rest::{self, Services};
use sandbox::template::model::{RestApi, Route};
use sandbox::trail::{Recorder, Trail, TrailContext};
use sandbox::waf::Waf;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinHandle;

/// What every test of one request sends unless it says otherwise.
pub const HOST: &str = "Host: localhost\r\n";

/// A Lambda that records events and answers as it is told.
pub struct Script {
    outcome: Mutex<Outcome>,
    invoked: watch::Sender<Vec<(String, Bytes)>>,
    finished: watch::Sender<usize>,
    /// Invocations wait here for a permit while the script is held.
    gate: Semaphore,
}

impl Functions for Script {
    fn invoke<'a>(
        &'a self,
        function: &'a str,
        payload: Bytes,
        _: &'a TrailContext,
    ) -> Invoking<'a> {
        Box::pin(async move {
            self.invoked
                .send_modify(|events| events.push((function.to_owned(), payload)));
            self.gate.acquire().await.unwrap().forget();
            self.finished.send_modify(|finished| *finished += 1);
            self.outcome.lock().unwrap().clone()
        })
    }

    fn invoke_async(&self, _: &str, _: Bytes, _: &TrailContext) -> Result<(), NotQueued> {
        Err(NotQueued::NotFound)
    }
}

impl Script {
    /// Lets one held invocation go on.
    pub fn release(&self) {
        self.gate.add_permits(1);
    }

    /// Waits until this many invocations have begun.
    pub async fn wait_until_invoked(&self, times: usize) {
        self.invoked
            .subscribe()
            .wait_for(|events| events.len() >= times)
            .await
            .unwrap();
    }

    /// Waits until this many invocations have ended.
    pub async fn wait_until_finished(&self, times: usize) {
        self.finished
            .subscribe()
            .wait_for(|finished| *finished >= times)
            .await
            .unwrap();
    }

    /// How many invocations have begun.
    pub fn invocations(&self) -> usize {
        self.invoked.borrow().len()
    }

    /// The last event and the function that got it.
    pub fn last(&self) -> (String, Value) {
        let events = self.invoked.borrow();
        let (function, event) = events.last().expect("no function was invoked");
        (function.clone(), serde_json::from_slice(event).unwrap())
    }
}

/// A stage that serves; dropped, it stops.
pub struct Stage {
    pub address: SocketAddr,
    pub script: Arc<Script>,
    pub clock: Clock,
    pub recorder: Recorder,
    pub waf: Waf,
    pub api: watch::Sender<Arc<RestApi>>,
    serving: JoinHandle<()>,
}

impl Drop for Stage {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// The API of most tests.
pub fn api() -> RestApi {
    RestApi {
        logical_id: "PaymentApi".to_owned(),
        id: "a1b2c3d4e5".to_owned(),
        stage: "prod".to_owned(),
        binary_media_types: Vec::new(),
        stage_variables: BTreeMap::new(),
        routes: vec![
            route("POST", "/webhook"),
            route("GET", "/webhook"),
            route("ANY", "/any/{proxy+}"),
            route("GET", "/items/{id}/parts/{part}"),
        ],
        throttles: Vec::new(),
    }
}

pub fn route(method: &str, path: &str) -> Route {
    Route {
        method: method.to_owned(),
        path: path.to_owned(),
        function: "PaymentWebhookHandler".to_owned(),
        timeout: Duration::from_secs(29),
    }
}

impl Stage {
    pub async fn start() -> Self {
        Self::of(api()).await
    }

    /// A stage whose functions answer 200 `{}` at once.
    pub async fn of(api: RestApi) -> Self {
        let stage = Self::held(api).await;
        stage.script.gate.add_permits(Semaphore::MAX_PERMITS / 2);
        stage
    }

    /// A stage whose functions answer when [`Script::release`] says so.
    pub async fn held(api: RestApi) -> Self {
        let script = Arc::new(Script {
            outcome: Mutex::new(Outcome::Success(Bytes::from_static(
                br#"{"statusCode":200,"body":"{}"}"#,
            ))),
            invoked: watch::Sender::default(),
            finished: watch::Sender::default(),
            gate: Semaphore::new(0),
        });
        let clock = Clock::new();
        let recorder = Recorder::new(clock.clone(), console::silent());
        let waf = Waf::new(clock.clone());
        let (api, receiver) = watch::channel(Arc::new(api));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let services = Services {
            functions: script.clone(),
            recorder: recorder.clone(),
            clock: clock.clone(),
            waf: waf.clone(),
        };
        let serving = tokio::spawn(rest::Stage::new(receiver, services).serve(listener));
        Self {
            address,
            script,
            clock,
            recorder,
            waf,
            api,
            serving,
        }
    }

    /// Sets what the functions answer from now on.
    pub fn outcome(&self, outcome: Outcome) {
        *self.script.outcome.lock().unwrap() = outcome;
    }

    /// Sets the JSON that the functions answer from now on.
    pub fn returns(&self, payload: &Value) {
        self.outcome(Outcome::Success(payload.to_string().into()));
    }

    pub async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    /// Sends bytes on a connection of their own, closes the sending side and
    /// returns all that comes back.
    pub async fn raw(&self, bytes: &[u8]) -> Vec<u8> {
        let mut stream = self.connect().await;
        stream.write_all(bytes).await.unwrap();
        stream.shutdown().await.unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.unwrap();
        answer
    }

    /// Sends a request: its line without the version, header lines, a body.
    pub async fn send(&self, line: &str, headers: &str, body: &[u8]) -> Answer {
        Answer::parse(&self.raw(&request(line, headers, body)).await)
    }

    /// The event that a request makes.
    pub async fn event(&self, line: &str, headers: &str, body: &[u8]) -> Value {
        let answer = self.send(line, headers, body).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        self.script.last().1
    }

    /// What the client gets for what a function returns.
    pub async fn answer_to(&self, payload: Value) -> Answer {
        self.returns(&payload);
        self.send("GET /prod/webhook", "", b"").await
    }

    /// The trail of an answer, once nothing more will come.
    pub async fn trail(&self, answer: &Answer) -> Trail {
        let id = answer
            .header("x-amzn-RequestId")
            .expect("the answer has a request id");
        self.recorder
            .wait_for(id, |trail| trail.settled && !trail.hops.is_empty())
            .await
    }
}

pub fn request(line: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let length = match body.is_empty() {
        true => String::new(),
        false => format!("Content-Length: {}\r\n", body.len()),
    };
    let mut request = format!("{line} HTTP/1.1\r\n{HOST}{headers}{length}\r\n").into_bytes();
    request.extend_from_slice(body);
    request
}

/// An answer taken apart.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    head: String,
}

impl Answer {
    /// Reads exactly one answer; a body must have the length that its head says.
    pub fn parse(bytes: &[u8]) -> Self {
        let (answer, rest) = Self::first(bytes);
        assert!(
            rest.is_empty(),
            "more than one answer: {}",
            String::from_utf8_lossy(bytes)
        );
        answer
    }

    /// Reads the first answer, and returns what follows it.
    pub fn first(bytes: &[u8]) -> (Self, &[u8]) {
        let text = String::from_utf8_lossy(bytes);
        let end = bytes
            .windows(4)
            .position(|window| window == b"\r\n\r\n")
            .unwrap_or_else(|| panic!("no answer: {text:?}"));
        let head = std::str::from_utf8(&bytes[..end]).unwrap().to_owned();
        let mut lines = head.split("\r\n");
        let status = lines
            .next()
            .unwrap()
            .split(' ')
            .nth(1)
            .unwrap()
            .parse()
            .unwrap();
        let headers: Vec<(String, String)> = lines
            .map(|line| line.split_once(": ").unwrap())
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        let mut answer = Self {
            status,
            headers,
            body: Vec::new(),
            head,
        };
        let rest = &bytes[end + 4..];
        let length = answer
            .header("content-length")
            .map_or(0, |length| length.parse().unwrap());
        // An answer to HEAD says a length and has no body.
        let (body, rest) = rest.split_at(if rest.is_empty() { 0 } else { length });
        answer.body = body.to_vec();
        (answer, rest)
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.all(name).first().copied()
    }

    pub fn all(&self, name: &str) -> Vec<&str> {
        let named = self
            .headers
            .iter()
            .filter(|(known, _)| known.eq_ignore_ascii_case(name));
        named.map(|(_, value)| value.as_str()).collect()
    }

    /// The header under exactly this casing.
    pub fn exact(&self, name: &str) -> Option<&str> {
        let mut named = self.headers.iter().filter(|(known, _)| known == name);
        named.next().map(|(_, value)| value.as_str())
    }

    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    /// The answer as it came over the wire, without what differs between runs.
    pub fn redacted(&self) -> String {
        let lines = self
            .head
            .split("\r\n")
            .map(|line| match line.split_once(": ") {
                Some((
                    name @ ("Date" | "x-amzn-RequestId" | "x-amz-apigw-id" | "X-Amzn-Trace-Id"),
                    _,
                )) => {
                    format!("{name}: [redacted]\n")
                }
                _ => format!("{line}\n"),
            });
        format!("{}\n{}", lines.collect::<String>(), self.text())
    }
}

/// A response that echoes nothing and says 200.
pub fn ok() -> Value {
    json!({"statusCode": 200})
}
