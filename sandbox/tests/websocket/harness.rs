//! A stage on a free port, a scripted Lambda behind it, and WebSocket clients.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use http::{Request, Response};
use sandbox::clock::Clock;
use sandbox::console;
use sandbox::faults::Faults;
use sandbox::lambda::{Functions, Invoking, NotQueued, Outcome};
use sandbox::template::model::{WebSocketApi, WebSocketRoute};
use sandbox::trail::{Recorder, Trail, TrailContext};
use sandbox::websocket::{self, Services};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinHandle;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::client::Response as Accepted;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::{Error, Message};

/// The id of the API of most tests.
pub const API_ID: &str = "w9x8y7z6v5";

/// A Lambda that records events and answers as it is told.
pub struct Script {
    outcomes: Mutex<BTreeMap<String, Outcome>>,
    invoked: watch::Sender<Vec<(String, Bytes)>>,
    /// Functions whose invocations wait for a permit.
    held: Mutex<BTreeSet<String>>,
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
            let held = self.held.lock().unwrap().contains(function);
            if held {
                self.gate.acquire().await.unwrap().forget();
            }
            let outcome = self.outcomes.lock().unwrap().get(function).cloned();
            outcome.unwrap_or_else(|| success(&json!({"statusCode": 200})))
        })
    }

    fn invoke_async(&self, _: &str, _: Bytes, _: &TrailContext) -> Result<(), NotQueued> {
        Err(NotQueued::NotFound)
    }
}

impl Script {
    /// Sets what a function answers from now on.
    pub fn outcome(&self, function: &str, outcome: Outcome) {
        let mut outcomes = self.outcomes.lock().unwrap();
        outcomes.insert(function.to_owned(), outcome);
    }

    /// Sets the JSON that a function answers from now on.
    pub fn returns(&self, function: &str, payload: &Value) {
        self.outcome(function, success(payload));
    }

    /// Invocations of a function wait from now on.
    pub fn hold(&self, function: &str) {
        self.held.lock().unwrap().insert(function.to_owned());
    }

    /// Lets one held invocation go on.
    pub fn release(&self) {
        self.gate.add_permits(1);
    }

    /// How often a function was invoked.
    pub fn count(&self, function: &str) -> usize {
        count(&self.invoked.borrow(), function)
    }

    /// Waits until a function has been invoked `times` times; the event of the
    /// last of these.
    pub async fn event(&self, function: &str, times: usize) -> Value {
        let mut invoked = self.invoked.subscribe();
        let events = invoked
            .wait_for(|events| count(events, function) >= times)
            .await
            .unwrap();
        let mut own = events.iter().filter(|(name, _)| name == function);
        serde_json::from_slice(&own.nth(times - 1).unwrap().1).unwrap()
    }
}

fn count(events: &[(String, Bytes)], function: &str) -> usize {
    events.iter().filter(|(name, _)| name == function).count()
}

fn success(payload: &Value) -> Outcome {
    Outcome::Success(payload.to_string().into())
}

/// A function's error with this message.
pub fn failure(message: &str) -> Outcome {
    let error = json!({"errorType": "Error", "errorMessage": message});
    Outcome::FunctionError(error.to_string().into())
}

/// A stage that serves; dropped, it stops.
pub struct World {
    pub address: SocketAddr,
    pub stage: websocket::Stage,
    pub script: Arc<Script>,
    pub clock: Clock,
    pub faults: Faults,
    pub recorder: Recorder,
    pub api: watch::Sender<Arc<WebSocketApi>>,
    pub serving: JoinHandle<()>,
}

impl Drop for World {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// The API of most tests: each route's function is named after it.
pub fn api() -> WebSocketApi {
    WebSocketApi {
        logical_id: "WebSocketApi".to_owned(),
        id: API_ID.to_owned(),
        stage: "prod".to_owned(),
        route_selection: "$request.body.action".to_owned(),
        routes: ["$connect", "$disconnect", "$default", "ping"]
            .map(route)
            .into(),
        stage_variables: BTreeMap::new(),
        authorizer: None,
        connect_throttle: None,
    }
}

pub fn route(key: &str) -> WebSocketRoute {
    WebSocketRoute {
        key: key.to_owned(),
        function: key.trim_start_matches('$').to_owned(),
        timeout: Duration::from_secs(29),
        responds: false,
    }
}

/// The API with these routes alone.
pub fn api_with(keys: &[&str]) -> WebSocketApi {
    WebSocketApi {
        routes: keys.iter().map(|key| route(key)).collect(),
        ..api()
    }
}

impl World {
    pub async fn start() -> Self {
        Self::of(api()).await
    }

    pub async fn of(api: WebSocketApi) -> Self {
        let script = Arc::new(Script {
            outcomes: Mutex::default(),
            invoked: watch::Sender::default(),
            held: Mutex::default(),
            gate: Semaphore::new(0),
        });
        let clock = Clock::new();
        let faults = Faults::default();
        let recorder = Recorder::new(clock.clone(), console::silent());
        let (api, receiver) = watch::channel(Arc::new(api));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let services = Services {
            functions: script.clone(),
            recorder: recorder.clone(),
            clock: clock.clone(),
            faults: faults.clone(),
        };
        let stage = websocket::Stage::new(receiver, services);
        let serving = tokio::spawn(stage.clone().serve(listener));
        Self {
            address,
            stage,
            script,
            clock,
            faults,
            recorder,
            api,
            serving,
        }
    }

    pub async fn tcp(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    /// Asks for a connection with further header lines.
    pub async fn ask(&self, path: &str, headers: &[(&str, &str)]) -> Result<Client, Answer> {
        let mut request = Request::get(format!("ws://{}{path}", self.address))
            .header("Host", self.address.to_string())
            .header("Connection", "Upgrade")
            .header("Upgrade", "websocket")
            .header("Sec-WebSocket-Version", "13")
            .header("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let asked = tokio_tungstenite::client_async(request.body(()).unwrap(), self.tcp().await);
        match asked.await {
            Ok((socket, accepted)) => Ok(Client { socket, accepted }),
            Err(Error::Http(response)) => {
                let (parts, body) = response.into_parts();
                let body = body.unwrap_or_default();
                Err(Answer {
                    status: parts.status.as_u16(),
                    headers: parts.headers,
                    body: String::from_utf8(body).unwrap(),
                })
            }
            Err(error) => panic!("no handshake: {error}"),
        }
    }

    /// The status that a client gets which asks for a connection.
    pub async fn status(&self, path: &str) -> u16 {
        match self.ask(path, &[]).await {
            Ok(client) => client.accepted.status().as_u16(),
            Err(answer) => answer.status,
        }
    }

    /// A client, and its connection id.
    pub async fn client(&self) -> (Client, String) {
        let known = self.script.count("connect");
        let client = self.ask("/prod", &[]).await.unwrap();
        let event = self.script.event("connect", known + 1).await;
        (client, connection_id(&event))
    }

    /// Calls `@connections` as a function does, on a trail of its own.
    pub async fn manage(&self, method: &str, id: &str, body: impl Into<Bytes>) -> Response<Bytes> {
        let context = self.recorder.begin("manage");
        self.manage_within(&context, method, id, body).await
    }

    /// The same on a trail that there is.
    pub async fn manage_within(
        &self,
        context: &TrailContext,
        method: &str,
        id: &str,
        body: impl Into<Bytes>,
    ) -> Response<Bytes> {
        let id = id.replace('=', "%3D");
        let request = Request::builder()
            .method(method)
            .uri(format!("/prod/@connections/{id}"))
            .body(body.into())
            .unwrap();
        self.stage.manage(request, context).await
    }

    /// Sends raw bytes and returns all that comes back until the server closes.
    pub async fn raw(&self, bytes: &[u8]) -> String {
        let mut stream = self.tcp().await;
        stream.write_all(bytes).await.unwrap();
        stream.shutdown().await.unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.unwrap();
        String::from_utf8_lossy(&answer).into_owned()
    }

    /// A trail, once nothing more will come.
    pub async fn trail(&self, id: &str) -> Trail {
        self.recorder
            .wait_for(id, |trail| trail.settled && !trail.hops.is_empty())
            .await
    }
}

/// The connection id that an event is about.
pub fn connection_id(event: &Value) -> String {
    let id = &event["requestContext"]["connectionId"];
    id.as_str().unwrap().to_owned()
}

/// The request id of an event, which is the id of its trail.
pub fn request_id(event: &Value) -> String {
    let id = &event["requestContext"]["requestId"];
    id.as_str().unwrap().to_owned()
}

/// What a client gets that is not let in.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: http::HeaderMap,
    pub body: String,
}

/// A WebSocket client.
#[derive(Debug)]
pub struct Client {
    pub socket: WebSocketStream<TcpStream>,
    pub accepted: Accepted,
}

impl Client {
    pub async fn send(&mut self, text: &str) {
        self.socket.send(Message::text(text)).await.unwrap();
    }

    /// The next message that is no ping or pong.
    pub async fn next(&mut self) -> Message {
        loop {
            match self.socket.next().await.unwrap().unwrap() {
                Message::Ping(_) | Message::Pong(_) => {}
                message => return message,
            }
        }
    }

    /// The next message, which must be text.
    pub async fn text(&mut self) -> String {
        match self.next().await {
            Message::Text(text) => text.to_string(),
            other => panic!("not a text message: {other:?}"),
        }
    }

    /// Waits until the server closes, and returns code and reason.
    pub async fn closed(&mut self) -> (u16, String) {
        loop {
            if let Message::Close(frame) = self.next().await {
                let frame = frame.expect("the closing frame has a code");
                return (frame.code.into(), frame.reason.to_string());
            }
        }
    }

    /// Closes and waits until the server has answered.
    pub async fn close(&mut self, frame: Option<CloseFrame>) {
        self.socket.close(frame).await.unwrap();
        while self.socket.next().await.is_some() {}
    }
}
