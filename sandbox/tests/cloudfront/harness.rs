//! An edge on a free port, a REST stage with a scripted Lambda behind it, and a
//! raw HTTP client.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use sandbox::clock::Clock;
use sandbox::cloudfront::{self, Edge};
use sandbox::console;
use sandbox::faults::Faults;
use sandbox::lambda::{Functions, Invoking, NotQueued, Outcome};
use sandbox::rest;
use sandbox::template;
use sandbox::trail::{Recorder, Service, Trail, TrailContext};
use sandbox::waf::Waf;
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;

/// The template of most tests.
pub const TEMPLATE: &str = include_str!("template.yaml");
/// A header that makes the edge take its sender for the viewer of the facts.
pub const FROM: &str = "x-sandbox-viewer: 203.0.113.7\r\n";
/// The value of the origin's secret header in the template.
pub const SECRET: &str = "the-shared-secret";

/// A Lambda that keeps the last event and answers as it is told. Its hop is on
/// the trail, as the real one's is.
pub struct Script {
    answer: Mutex<Value>,
    events: watch::Sender<Vec<Value>>,
    /// Invocations wait here for a permit while the script is held.
    gate: Semaphore,
}

impl Functions for Script {
    fn invoke<'a>(
        &'a self,
        function: &'a str,
        payload: Bytes,
        context: &'a TrailContext,
    ) -> Invoking<'a> {
        Box::pin(async move {
            let event = serde_json::from_slice(&payload).unwrap();
            self.events.send_modify(|events| events.push(event));
            let mut hop = context.hop(Service::Lambda, function, "Invoke");
            hop.input(&payload);
            self.gate.acquire().await.unwrap().forget();
            let answer = Bytes::from(self.answer.lock().unwrap().to_string());
            hop.output(&answer);
            hop.finish("success");
            Outcome::Success(answer)
        })
    }

    fn invoke_async(&self, _: &str, _: Bytes, _: &TrailContext) -> Result<(), NotQueued> {
        Err(NotQueued::NotFound)
    }
}

/// An edge and its origin at work; dropped, they stop.
pub struct Site {
    pub edge: SocketAddr,
    pub stage: SocketAddr,
    pub script: Arc<Script>,
    pub clock: Clock,
    pub recorder: Recorder,
    pub faults: Faults,
    _serving: JoinSet<()>,
}

impl Site {
    /// The template of most tests.
    pub async fn start() -> Self {
        Self::with(&[]).await
    }

    /// The same with these replacements in the template's text.
    pub async fn with(replacements: &[(&str, &str)]) -> Self {
        let site = Self::held(replacements).await;
        site.script.gate.add_permits(Semaphore::MAX_PERMITS / 2);
        site
    }

    /// The same with this code as the Function of `viewer-request`.
    pub async fn running(code: &str) -> Self {
        Self::with(&[(FUNCTION, &indented(code))]).await
    }

    /// A site whose functions answer when [`Script::release`] says so.
    pub async fn held(replacements: &[(&str, &str)]) -> Self {
        let mut text = TEMPLATE.to_owned();
        for (from, to) in replacements {
            assert!(text.contains(from), "the template has no {from}");
            text = text.replace(from, to);
        }
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("template.yaml");
        std::fs::write(&path, text).unwrap();
        let stack = template::load(&path, &BTreeMap::new()).unwrap();
        let script = Arc::new(Script {
            answer: Mutex::new(serde_json::json!({"statusCode": 200, "body": "{}"})),
            events: watch::Sender::default(),
            gate: Semaphore::new(0),
        });
        let clock = Clock::new();
        let faults = Faults::default();
        let recorder = Recorder::new(clock.clone(), console::silent());
        let mut serving = JoinSet::new();
        let api = stack.rest_apis[0].clone();
        let host = sandbox::addresses::execute_api_host(&api.id);
        let waf = Waf::new(clock.clone());
        waf.load(&stack);
        let services = rest::Services {
            functions: script.clone(),
            recorder: recorder.clone(),
            clock: clock.clone(),
            waf: waf.clone(),
        };
        let stage = rest::Stage::new(watch::channel(Arc::new(api)).1, services);
        let services = cloudfront::Services {
            origins: Arc::new({
                let stage = stage.clone();
                move |wanted| (wanted == host).then(|| stage.clone())
            }),
            recorder: recorder.clone(),
            clock: clock.clone(),
            faults: faults.clone(),
            waf,
        };
        let distribution = Arc::new(stack.distributions[0].clone());
        let edge = Edge::new(watch::channel(distribution).1, services);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let stage_address = listener.local_addr().unwrap();
        serving.spawn(stage.serve(listener));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        serving.spawn(edge.serve(listener));
        Self {
            edge: address,
            stage: stage_address,
            script,
            clock,
            recorder,
            faults,
            _serving: serving,
        }
    }

    /// Sets the JSON that the function answers from now on.
    pub fn returns(&self, answer: Value) {
        *self.script.answer.lock().unwrap() = answer;
    }

    /// Sends a request to the edge: its line without the version, header lines,
    /// a body.
    pub async fn send(&self, line: &str, headers: &str, body: &[u8]) -> Answer {
        send(self.edge, line, headers, body).await
    }

    /// The event that a request makes.
    pub async fn event(&self, line: &str, headers: &str, body: &[u8]) -> Value {
        let answer = self.send(line, headers, body).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        self.script.last()
    }

    /// The trail of an answer, once nothing more will come.
    pub async fn trail(&self, answer: &Answer) -> Trail {
        let id = answer.header("x-amz-cf-id").expect("an id of CloudFront");
        let settled = |trail: &Trail| trail.settled && !trail.hops.is_empty();
        self.recorder.wait_for(id, settled).await
    }

    /// Why CloudFront answered a request itself.
    pub async fn reason(&self, answer: &Answer) -> String {
        let trail = self.trail(answer).await;
        let reason = trail.hops[0].details.get("error");
        reason
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    }
}

impl Script {
    /// Lets one held invocation go on.
    pub fn release(&self) {
        self.gate.add_permits(1);
    }

    /// Waits until this many invocations have begun.
    pub async fn wait_until_invoked(&self, times: usize) {
        let mut events = self.events.subscribe();
        events
            .wait_for(|events| events.len() >= times)
            .await
            .unwrap();
    }

    /// How many invocations have begun.
    pub fn invocations(&self) -> usize {
        self.events.borrow().len()
    }

    /// All events.
    pub fn events(&self) -> Vec<Value> {
        self.events.borrow().clone()
    }

    /// The last event.
    pub fn last(&self) -> Value {
        self.events().pop().expect("no invocation")
    }
}

/// The code of the template's Function, as it stands there.
pub const FUNCTION: &str = "        function handler(event) {
          event.request.headers['x-viewer-ip'] = {value: event.viewer.ip};
          return event.request;
        }
";

/// Code as the template has it.
fn indented(code: &str) -> String {
    code.lines()
        .map(|line| format!("        {line}\n"))
        .collect()
}

pub async fn send(address: SocketAddr, line: &str, headers: &str, body: &[u8]) -> Answer {
    let length = match body.is_empty() {
        true => String::new(),
        false => format!("Content-Length: {}\r\n", body.len()),
    };
    let mut request =
        format!("{line} HTTP/1.1\r\nHost: {address}\r\n{headers}{length}\r\n").into_bytes();
    request.extend_from_slice(body);
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(&request).await.unwrap();
    stream.shutdown().await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    Answer::parse(&answer)
}

/// An answer taken apart.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: String,
    head: String,
}

impl Answer {
    fn parse(bytes: &[u8]) -> Self {
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").expect("an answer");
        let mut lines = head.split("\r\n");
        let status = lines.next().unwrap().split(' ').nth(1).unwrap();
        let headers = lines.map(|line| line.split_once(": ").unwrap());
        Self {
            status: status.parse().unwrap(),
            headers: headers
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect(),
            body: body.to_owned(),
            head: head.to_owned(),
        }
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        let mut named = self
            .headers
            .iter()
            .filter(|(known, _)| known.eq_ignore_ascii_case(name));
        named.next().map(|(_, value)| value.as_str())
    }

    /// The answer as it came over the wire, without what differs between runs.
    pub fn redacted(&self) -> String {
        const REDACTED: [&str; 5] = [
            "Date",
            "x-amzn-RequestId",
            "x-amz-apigw-id",
            "X-Amzn-Trace-Id",
            "X-Amz-Cf-Id",
        ];
        let lines = self.head.split("\r\n").map(|line| {
            let name = line.split(':').next().unwrap_or_default();
            match REDACTED.contains(&name) {
                true => format!("{name}: [redacted]\n"),
                false => format!("{line}\n"),
            }
        });
        let id = self.header("x-amz-cf-id").unwrap_or("no id");
        let body = self.body.replace(id, "[redacted]");
        format!("{}\n{body}", lines.collect::<String>())
    }
}
