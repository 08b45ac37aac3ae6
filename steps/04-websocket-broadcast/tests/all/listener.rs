//! A WebSocket client, and events for it.

use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use sandbox::Sandbox;
use sandbox::trail::Trail;
use serde_json::Value;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{WebSocketStream, client_async};

use crate::sandboxed::{self, Answer};
use crate::sign::{self, SIGNING_SECRET};

/// A client of the WebSocket API.
pub struct Listener {
    socket: WebSocketStream<TcpStream>,
    texts: Vec<String>,
}

impl Listener {
    /// Connects, or returns the status that refused the handshake.
    pub async fn connect(sandbox: &Sandbox) -> Result<Self, u16> {
        let url = sandbox.output("WebSocketApiUrl").unwrap();
        let address = url.split('/').nth(2).unwrap();
        let tcp = TcpStream::connect(address).await.unwrap();
        match client_async(url, tcp).await {
            Ok((socket, _)) => Ok(Listener {
                socket,
                texts: Vec::new(),
            }),
            Err(Error::Http(response)) => Err(response.status().as_u16()),
            Err(error) => panic!("no handshake: {error}"),
        }
    }

    /// Waits for a text; false if the connection ends before.
    async fn has_text(&mut self) -> bool {
        while let Some(Ok(message)) = self.socket.next().await {
            if let Message::Text(text) = message {
                self.texts.push(text.to_string());
                return true;
            }
        }
        false
    }

    /// Says good-bye and reads what is left: all the texts that came.
    pub async fn leave(mut self) -> Vec<String> {
        self.socket.close(None).await.unwrap();
        while self.has_text().await {}
        self.texts
    }
}

/// Connects so many clients.
pub async fn listeners(sandbox: &Sandbox, count: usize) -> Vec<Listener> {
    let mut listeners = Vec::new();
    for _ in 0..count {
        listeners.push(Listener::connect(sandbox).await.unwrap());
    }
    sandbox.wait_until_connected("WebSocketApi", count).await;
    listeners
}

/// Waits until so many of them have got a text.
pub async fn wait_until_reached(listeners: &mut [Listener], count: usize) {
    let texts = listeners.iter_mut().map(Listener::has_text);
    let texts: FuturesUnordered<_> = texts.collect();
    let reached = texts.take(count).collect::<Vec<_>>().await;
    assert_eq!(reached, vec![true; count]);
}

/// Lets all of them leave; what each of them got.
pub async fn received(listeners: Vec<Listener>) -> Vec<Vec<String>> {
    let mut texts = Vec::new();
    for listener in listeners {
        texts.push(listener.leave().await);
    }
    texts
}

/// Sends an event, signed, and waits until all is over.
pub async fn pay(sandbox: &Sandbox, body: &str) -> Answer {
    let signature = sign::generic(SIGNING_SECRET, body.as_bytes());
    let headers = [("X-Signature", signature.as_str())];
    sandboxed::post(sandbox, "/webhook", &headers, body.as_bytes()).await
}

/// Sends an event, signed, on a runtime with one thread; the id of its trail.
pub async fn begin(sandbox: &Sandbox, body: &'static str) -> String {
    let url = sandbox.output("RestApiInvokeUrl").unwrap() + "/webhook";
    let posting = tokio::task::spawn_blocking(move || {
        let signature = sign::generic(SIGNING_SECRET, body.as_bytes());
        let request = ureq::post(url).header("X-Signature", signature);
        let response = request.send(body).unwrap();
        let id = &response.headers()["x-amzn-requestid"];
        id.to_str().unwrap().to_owned()
    });
    posting.await.unwrap()
}

/// Waits until the broadcaster has had so many attempts.
pub async fn wait_until_tried(sandbox: &Sandbox, id: &str, attempts: usize) {
    let tried = |trail: &Trail| {
        let hops = trail.hops.iter();
        hops.filter(|hop| hop.name == "PaymentBroadcaster").count()
    };
    let recorder = sandbox.recorder();
    recorder
        .wait_for(id, |trail| tried(trail) == attempts)
        .await;
}

/// Sends an event, signed, and waits until the broadcaster has had `attempts`
/// attempts; moves the clock to the next one each time.
pub async fn pay_until(sandbox: &Sandbox, body: &'static str, attempts: usize) -> Trail {
    let id = begin(sandbox, body).await;
    for attempt in 1..attempts {
        wait_until_tried(sandbox, &id, attempt).await;
        // One minute after the first attempt, two after the second.
        let pause = Duration::from_secs(60) * u32::try_from(attempt).unwrap();
        sandbox.clock().advance(pause);
    }
    sandbox.trail(&id).await
}

/// Takes a message of the failure queue to the broadcaster, as a person would.
pub async fn send_again(sandbox: &Sandbox, message: &Value) {
    let url = sandbox.services_url().unwrap();
    let url = format!("{url}/2015-03-31/functions/PaymentBroadcaster/invocations");
    let message = message.to_string();
    let posting = tokio::task::spawn_blocking(move || ureq::post(url).send(message));
    let response = posting.await.unwrap().unwrap();
    assert_eq!(response.status(), 200);
    assert!(!response.headers().contains_key("x-amz-function-error"));
}
