//! A WebSocket client, and events for it.

use std::time::Duration;

use futures_util::StreamExt;
use sandbox::Sandbox;
use sandbox::trail::Trail;
use serde_json::Value;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{WebSocketStream, client_async};

use crate::sandboxed::{self, Answer};
use crate::sign::{self, SIGNING_SECRET};

/// A client of the WebSocket API.
pub struct Listener(WebSocketStream<TcpStream>);

impl Listener {
    /// Connects, or returns the status that refused the handshake.
    pub async fn connect(sandbox: &Sandbox) -> Result<Self, u16> {
        let url = sandbox.output("WebSocketApiUrl").unwrap();
        let address = url.split('/').nth(2).unwrap();
        let tcp = TcpStream::connect(address).await.unwrap();
        match client_async(url, tcp).await {
            Ok((socket, _)) => Ok(Listener(socket)),
            Err(Error::Http(response)) => Err(response.status().as_u16()),
            Err(error) => panic!("no handshake: {error}"),
        }
    }

    /// Says good-bye and reads what is left: the texts that came before.
    pub async fn leave(mut self) -> Vec<String> {
        self.0.close(None).await.unwrap();
        let mut texts = Vec::new();
        while let Some(Ok(message)) = self.0.next().await {
            if let Message::Text(text) = message {
                texts.push(text.to_string());
            }
        }
        texts
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

/// The same on a runtime with one thread: it waits until the broadcaster has had
/// `attempts` attempts, and moves the clock to the next one each time.
pub async fn pay_until(sandbox: &Sandbox, body: &'static str, attempts: usize) -> Trail {
    let url = sandbox.output("RestApiInvokeUrl").unwrap() + "/webhook";
    let posting = tokio::task::spawn_blocking(move || {
        let signature = sign::generic(SIGNING_SECRET, body.as_bytes());
        let request = ureq::post(url).header("X-Signature", signature);
        let response = request.send(body).unwrap();
        let id = &response.headers()["x-amzn-requestid"];
        id.to_str().unwrap().to_owned()
    });
    let id = posting.await.unwrap();

    let tried = |trail: &Trail| {
        let hops = trail.hops.iter();
        hops.filter(|hop| hop.name == "PaymentBroadcaster").count()
    };
    for attempt in 1..attempts {
        let recorder = sandbox.recorder();
        recorder
            .wait_for(&id, |trail| tried(trail) == attempt)
            .await;
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
