//! One accepted connection: one task that reads frames, sends what waits, and
//! watches the limits.
//!
//! Reading is tungstenite's. What is sent does not go through its buffer, which
//! would keep the room of the largest message for each of thousands of clients:
//! a frame is its header and the payload as it came, written together.

use std::collections::VecDeque;
use std::io::{self, ErrorKind, IoSlice, Read, Write};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::io::{AsyncWriteExt, Interest};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Data, OpCode};
use tokio_tungstenite::tungstenite::protocol::frame::{CloseFrame, FrameHeader};
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig, WebSocketContext};
use tokio_tungstenite::tungstenite::{Error, Message};

use super::clients::{Client, Closing};
use super::gateway::Gateway;

/// Largest frame and message from a client (API Gateway Developer Guide, "Quotas
/// for configuring and running a WebSocket API").
const FRAME_LIMIT: usize = 32 * 1024;
const MESSAGE_LIMIT: usize = 128 * 1024;
/// A connection that nothing has gone through for so long is closed. A client
/// keeps it open by pings; that what functions send counts too is not confirmed.
const IDLE_LIMIT: Duration = Duration::from_secs(10 * 60);
/// So long may a connection live at most.
const LIFE_LIMIT: Duration = Duration::from_secs(2 * 3600);

/// How much is read at once. Every connection holds this much.
const READ_SIZE: usize = 1024;
/// How many messages of one client its functions work on at once; those after
/// them are not read yet.
const AT_ONCE: usize = 64;
/// How many frames are read before others get a turn.
const FRAMES_IN_TURN: usize = 32;
/// How many messages go to the socket in one call.
const FRAMES_IN_CALL: usize = 16;
/// While this much has not left, nothing is read: a client that pings and never
/// reads would fill the memory with pongs.
const UNSENT_LIMIT: usize = 64;
/// How long a client has to take the last frames and close its side, on the
/// machine's clock.
const GRACE: Duration = Duration::from_secs(5);

/// How a connection ended, in the words of `$disconnect`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Ended {
    pub(super) code: u16,
    pub(super) reason: String,
    /// Whether the function of `$disconnect` is to be told.
    tells_function: bool,
}

impl Ended {
    fn new(code: u16, reason: impl Into<String>) -> Self {
        Self {
            code,
            reason: reason.into(),
            tells_function: true,
        }
    }
}

/// Why nothing more is read or sent.
enum Stop {
    /// The client closed the connection, or vanished.
    Ended(Ended),
    /// This side closes it.
    Close(Closing),
}

impl Stop {
    fn close(code: u16, reason: &'static str) -> Self {
        Self::Close(Closing {
            code,
            reason,
            tells_function: true,
        })
    }

    /// The connection broke without a closing frame.
    fn broken() -> Self {
        Self::Ended(Ended::new(1006, ""))
    }
}

impl From<io::Error> for Stop {
    fn from(_: io::Error) -> Self {
        Self::broken()
    }
}

struct Socket {
    stream: TcpStream,
    protocol: WebSocketContext,
    /// What goes to the socket next, in pieces.
    unsent: VecDeque<Bytes>,
    /// Bytes of messages among them.
    owed: usize,
}

/// What tungstenite sees of the socket: it reads from it, and what it writes
/// (pongs and closing frames) is put behind what is on its way.
struct Wire<'a> {
    stream: &'a TcpStream,
    unsent: &'a mut VecDeque<Bytes>,
}

impl Read for Wire<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.stream.try_read(buffer)
    }
}

impl Write for Wire<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.unsent.push_back(Bytes::copy_from_slice(bytes));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Serves a connection that was let in until it ends, and tells `$disconnect`.
/// `head` is the answer to the handshake, `read` what followed it already.
pub(super) async fn run(
    gateway: Arc<Gateway>,
    client: Arc<Client>,
    stream: TcpStream,
    read: Vec<u8>,
    head: Bytes,
) {
    let config = WebSocketConfig::default()
        .read_buffer_size(READ_SIZE)
        .write_buffer_size(0)
        .max_frame_size(Some(FRAME_LIMIT))
        .max_message_size(Some(MESSAGE_LIMIT));
    let mut socket = Socket {
        stream,
        protocol: WebSocketContext::from_partially_read(read, Role::Server, Some(config)),
        unsent: VecDeque::from([head]),
        owed: 0,
    };
    let ended = match socket.serve(&gateway, &client).await {
        Stop::Ended(ended) => ended,
        Stop::Close(closing) => socket.close(closing),
    };
    gateway.clients.remove(&client);
    let disconnect = async {
        if ended.tells_function {
            gateway.disconnect(&client, &ended).await;
        }
        gateway.clients.forget();
    };
    Box::pin(async { tokio::join!(socket.finish(), disconnect) }).await;
}

impl Socket {
    async fn serve(&mut self, gateway: &Arc<Gateway>, client: &Arc<Client>) -> Stop {
        match self.exchange(gateway, client).await {
            Ok(never) => match never {},
            Err(stop) => stop,
        }
    }

    async fn exchange(
        &mut self,
        gateway: &Arc<Gateway>,
        client: &Arc<Client>,
    ) -> Result<std::convert::Infallible, Stop> {
        let clock = &gateway.services.clock;
        let slots = Arc::new(Semaphore::new(AT_ONCE));
        let end = client.connected.after(LIFE_LIMIT);
        let due = || client.last_active().after(IDLE_LIMIT).min(end);
        let mut alarm = pin!(clock.sleep_until(due()));
        loop {
            let full = slots.available_permits() == 0;
            let reads = !full && self.unsent.len() < UNSENT_LIMIT;
            if reads && self.read(gateway, client, &slots)? {
                tokio::task::yield_now().await;
                continue;
            }
            self.take(client)?;
            if self.write(client, gateway)? {
                continue;
            }
            let interest = match (reads, self.unsent.is_empty()) {
                (true, true) => Some(Interest::READABLE),
                (true, false) => Some(Interest::READABLE | Interest::WRITABLE),
                (false, false) => Some(Interest::WRITABLE),
                (false, true) => None,
            };
            tokio::select! {
                () = client.wake.notified() => {}
                ready = self.stream.ready(interest.unwrap_or(Interest::READABLE)), if interest.is_some() => drop(ready?),
                _ = slots.acquire(), if full => {}
                () = &mut alarm => {
                    if due() <= clock.moment() {
                        return Err(Stop::close(1001, "Going away"));
                    }
                    alarm.set(clock.sleep_until(due()));
                }
            }
        }
    }

    /// Reads what has come; `true` if there may be more.
    fn read(
        &mut self,
        gateway: &Arc<Gateway>,
        client: &Arc<Client>,
        slots: &Arc<Semaphore>,
    ) -> Result<bool, Stop> {
        let mut wire = Wire {
            stream: &self.stream,
            unsent: &mut self.unsent,
        };
        for _ in 0..FRAMES_IN_TURN {
            let Ok(slot) = slots.clone().try_acquire_owned() else {
                return Ok(false);
            };
            let message = match self.protocol.read(&mut wire) {
                Ok(message) => message,
                Err(Error::Io(error)) if error.kind() == ErrorKind::WouldBlock => return Ok(false),
                Err(error) => return Err(wrong(&error)),
            };
            client.touch(gateway.services.clock.moment());
            match message {
                Message::Text(text) => {
                    let (gateway, client) = (gateway.clone(), client.clone());
                    // AWS works on a client's messages side by side too.
                    tokio::spawn(async move {
                        gateway.message(&client, &text).await;
                        drop(slot);
                    });
                }
                Message::Binary(_) => {
                    return Err(Stop::close(1003, "binary frames are not supported"));
                }
                Message::Close(frame) => {
                    // Puts our closing frame behind what is on its way.
                    let _ = self.protocol.flush(&mut wire);
                    return Err(Stop::Ended(closed_by_client(frame)));
                }
                Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => {}
            }
        }
        Ok(true)
    }

    /// Takes messages that wait, once those before them have left.
    fn take(&mut self, client: &Client) -> Result<(), Stop> {
        if !self.unsent.is_empty() {
            return Ok(());
        }
        for _ in 0..FRAMES_IN_CALL {
            let Some(message) = client.next() else { break };
            self.owed += message.len();
            self.unsent.push_back(header(message.len()));
            self.unsent.push_back(message);
        }
        match client.closing() {
            Some(closing) if self.unsent.is_empty() => Err(Stop::Close(closing)),
            _ => Ok(()),
        }
    }

    /// Writes what the socket takes now; `true` if all has left.
    fn write(&mut self, client: &Client, gateway: &Gateway) -> Result<bool, Stop> {
        if self.unsent.is_empty() {
            return Ok(false);
        }
        let sent = self.push()?;
        if sent && self.owed > 0 {
            client.sent(std::mem::take(&mut self.owed));
            client.touch(gateway.services.clock.moment());
        }
        Ok(sent)
    }

    fn push(&mut self) -> io::Result<bool> {
        while !self.unsent.is_empty() {
            let mut slices = [IoSlice::new(&[]); 2 * FRAMES_IN_CALL];
            let pieces = slices.len().min(self.unsent.len());
            for (slice, piece) in slices.iter_mut().zip(&self.unsent) {
                *slice = IoSlice::new(piece);
            }
            match self.stream.try_write_vectored(&slices[..pieces]) {
                Ok(written) => self.advance(written),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(false),
                Err(error) => return Err(error),
            }
        }
        // What grew in a burst goes back.
        self.unsent.shrink_to(2);
        Ok(true)
    }

    fn advance(&mut self, mut written: usize) {
        while let Some(piece) = self.unsent.front_mut() {
            if written < piece.len() {
                bytes::Buf::advance(piece, written);
                return;
            }
            written -= piece.len();
            self.unsent.pop_front();
        }
    }

    /// Closes the connection from this side.
    fn close(&mut self, closing: Closing) -> Ended {
        let frame = CloseFrame {
            code: closing.code.into(),
            reason: closing.reason.into(),
        };
        let mut wire = Wire {
            stream: &self.stream,
            unsent: &mut self.unsent,
        };
        let _ = self.protocol.close(&mut wire, Some(frame));
        let reason = match closing.code {
            1000 => CLOSED_NORMALLY,
            _ => "",
        };
        Ended {
            tells_function: closing.tells_function,
            ..Ended::new(closing.code, reason)
        }
    }

    /// Sends the last frames, ends this side and waits until the client has
    /// ended its own: else it could lose the closing frame.
    async fn finish(&mut self) {
        let _ = timeout(GRACE, async {
            while !self.push()? {
                self.stream.writable().await?;
            }
            self.stream.shutdown().await?;
            let mut rest = vec![0; READ_SIZE];
            loop {
                self.stream.readable().await?;
                match self.stream.try_read(&mut rest) {
                    Ok(0) => return Ok(()),
                    Ok(_) => {}
                    Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                    Err(error) => return Err(error),
                }
            }
        })
        .await;
    }
}

/// In the words of AWS, recorded.
const CLOSED_NORMALLY: &str = "Connection Closed Normally";
const NO_STATUS: &str = "Client-side close frame status not set";

fn closed_by_client(frame: Option<CloseFrame>) -> Ended {
    match frame {
        None => Ended::new(1005, NO_STATUS),
        Some(frame) => match u16::from(frame.code) {
            1000 => Ended::new(1000, CLOSED_NORMALLY),
            code => Ended::new(code, frame.reason.as_str()),
        },
    }
}

fn wrong(error: &Error) -> Stop {
    use tokio_tungstenite::tungstenite::error::ProtocolError;
    match error {
        Error::Capacity(_) => Stop::close(
            1009,
            "a frame has at most 32 KB and a message at most 128 KB",
        ),
        Error::Utf8(_) => Stop::close(1007, "a text message must be UTF-8"),
        Error::Protocol(ProtocolError::ResetWithoutClosingHandshake) => Stop::broken(),
        Error::Protocol(_) => Stop::close(1002, "the frame is not allowed here"),
        _ => Stop::broken(),
    }
}

/// The header of a whole text message.
fn header(length: usize) -> Bytes {
    let header = FrameHeader {
        opcode: OpCode::Data(Data::Text),
        ..FrameHeader::default()
    };
    let mut bytes = Vec::with_capacity(10);
    // A vector takes whatever is written.
    let _ = header.format(length as u64, &mut bytes);
    bytes.into()
}
