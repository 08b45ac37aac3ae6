//! A WebSocket client.

use futures_util::{SinkExt, StreamExt};
use tokio_rustls::TlsConnector;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use workbook::listen::socket::{self, Socket};
use workbook::send::endpoint::Endpoint;

/// A client that is connected.
pub struct Client {
    name: &'static str,
    socket: Socket,
}

impl Client {
    pub async fn connect(
        name: &'static str,
        endpoint: &Endpoint,
        tls: Option<&TlsConnector>,
    ) -> Result<Self, String> {
        match socket::connect(endpoint, tls).await {
            Ok(socket) => Ok(Self { name, socket }),
            Err(trouble) => Err(format!("client {name}: {}", trouble.message)),
        }
    }

    pub async fn say(&mut self, text: &str) -> Result<(), String> {
        let saying = self.socket.send(Message::text(text)).await;
        saying.map_err(|error| format!("client {} cannot send: {error}", self.name))
    }

    /// The next text, or why there will be none.
    pub async fn hear(&mut self) -> Result<String, String> {
        let ended = loop {
            match self.socket.next().await {
                Some(Ok(Message::Text(text))) => return Ok(text.to_string()),
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                Some(Ok(Message::Close(Some(frame)))) => break format!("closed with {frame}"),
                Some(Ok(Message::Close(None))) | None => break "closed".to_owned(),
                Some(Ok(other)) => break format!("sent {other:?}, which is no text"),
                Some(Err(error)) => break format!("broke: {error}"),
            }
        };
        Err(format!("client {}: the connection {ended}", self.name))
    }

    /// Waits for this text. Before it may come what `earlier` has: a topic delivers
    /// at least once.
    pub async fn hear_exactly(&mut self, text: &str, earlier: &[String]) -> Result<(), String> {
        loop {
            let heard = self.hear().await?;
            if heard == text {
                return Ok(());
            }
            self.must_be_of(earlier, &heard)?;
        }
    }

    fn must_be_of(&self, earlier: &[String], heard: &str) -> Result<(), String> {
        match earlier.iter().any(|one| one == heard) {
            true => Ok(()),
            false => Err(format!(
                "client {} got what it should not: {heard:?}",
                self.name
            )),
        }
    }

    /// Says good-bye, and makes sure that nothing is left but what `earlier` has.
    pub async fn leave(mut self, earlier: &[String]) -> Result<(), String> {
        let goodbye = CloseFrame {
            code: CloseCode::Normal,
            reason: "".into(),
        };
        let closing = self.socket.close(Some(goodbye)).await;
        closing.map_err(|error| format!("client {} cannot leave: {error}", self.name))?;
        while let Ok(heard) = self.hear().await {
            self.must_be_of(earlier, &heard)?;
        }
        Ok(())
    }
}
