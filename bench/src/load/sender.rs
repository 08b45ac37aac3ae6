//! A connection that webhooks are posted over.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::Place;
use crate::events::signature;

/// Posts one webhook after the other.
pub struct Sender {
    stream: TcpStream,
    head: String,
    secret: String,
    answer: Vec<u8>,
}

impl Sender {
    /// Connects to where webhooks go.
    pub async fn connect(webhook: &Place, secret: &str) -> Self {
        let stream = TcpStream::connect(webhook.address)
            .await
            .expect("it accepts");
        stream.set_nodelay(true).expect("a socket takes options");
        let head = format!(
            "POST {} HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\n",
            webhook.path, webhook.address
        );
        Self {
            stream,
            head,
            secret: secret.to_owned(),
            answer: Vec::new(),
        }
    }

    /// Signs and posts an event; returns the status of the answer.
    pub async fn post(&mut self, event: &[u8]) -> u16 {
        let signature = signature(&self.secret, event);
        let head = format!(
            "{}X-Signature: {signature}\r\nContent-Length: {}\r\n\r\n",
            self.head,
            event.len()
        );
        let request = [head.as_bytes(), event].concat();
        self.stream
            .write_all(&request)
            .await
            .expect("it reads the request");
        self.answer.clear();
        loop {
            if let Some(status) = whole(&self.answer) {
                return status;
            }
            let read = self.stream.read_buf(&mut self.answer).await;
            assert_ne!(read.expect("it answers"), 0, "the connection was closed");
        }
    }
}

/// The status of an answer that is there with its whole body.
fn whole(answer: &[u8]) -> Option<u16> {
    let end = answer.windows(4).position(|part| part == b"\r\n\r\n")? + 4;
    let head = str::from_utf8(&answer[..end]).ok()?;
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(": ")?;
        name.eq_ignore_ascii_case("content-length").then_some(value)
    });
    let length: usize = length?.parse().ok()?;
    let status = head.get(9..12)?.parse().ok()?;
    (answer.len() >= end + length).then_some(status)
}
