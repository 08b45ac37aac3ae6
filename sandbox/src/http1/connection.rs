//! One TCP connection: reads requests one after the other, writes the answers.
//!
//! While nothing is under way a connection holds no buffer, so a thousand idle
//! ones cost next to nothing.

use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::clock::Moment;
use crate::http1::body::{BODY_LIMIT, ChunkedBody};
use crate::http1::framing::Framing;
use crate::http1::head::{Head, HeadReader, Refusal};
use crate::http1::reply::{Reply, Wire};
use crate::http1::{Answer, Front, Request, Upgrade};

/// How much room to have for a read.
const READ_SIZE: usize = 8 * 1024;
/// Bodies up to here are written together with their head.
const SMALL_BODY: usize = 16 * 1024;

/// How long clients are waited for. The numbers of AWS are not documented.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Patience {
    /// For the first byte of a request, on the machine's clock: moving the
    /// sandbox's must not cut connections that a client keeps for later.
    pub(crate) idle: Duration,
    /// For the rest of a head, on the sandbox's clock.
    pub(crate) head: Duration,
    /// For a whole body, on the sandbox's clock.
    pub(crate) body: Duration,
    /// For a client to take an answer, on the machine's clock.
    pub(crate) write: Duration,
    /// For a client to close its side after the last answer, likewise.
    pub(crate) linger: Duration,
    /// How many bytes are thrown away meanwhile.
    pub(crate) linger_bytes: usize,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            idle: Duration::from_secs(350),
            head: Duration::from_secs(30),
            body: Duration::from_secs(60),
            write: Duration::from_secs(60),
            linger: Duration::from_secs(5),
            linger_bytes: 256 * 1024 * 1024,
        }
    }
}

/// Why a request could not be read.
enum Unread {
    /// The client is gone, or idle for too long: there is nobody to answer.
    Gone,
    Refused(Refusal, Option<Head>),
}

impl From<io::Error> for Unread {
    fn from(_: io::Error) -> Self {
        Self::Gone
    }
}

impl From<Refusal> for Unread {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal, None)
    }
}

struct Connection<F> {
    stream: TcpStream,
    /// Bytes that were read and belong to the next request.
    buffer: BytesMut,
    front: Arc<F>,
    patience: Patience,
}

/// What follows an exchange.
enum Next {
    Request,
    End,
    Upgrade(Upgrade),
}

/// Serves a connection until either side ends it.
pub(crate) async fn run<F: Front>(
    stream: TcpStream,
    peer: IpAddr,
    front: Arc<F>,
    patience: Patience,
) {
    // Answers are written whole; waiting for more only delays them.
    let _ = stream.set_nodelay(true);
    let mut connection = Connection {
        stream,
        buffer: BytesMut::new(),
        front,
        patience,
    };
    loop {
        // In a box, so that an idle connection does not keep the room that its
        // busiest moment needs.
        match Box::pin(connection.exchange(peer)).await {
            Next::Request => {}
            Next::End => return,
            Next::Upgrade(take_over) => {
                return take_over(connection.stream, connection.buffer).await;
            }
        }
    }
}

impl<F: Front> Connection<F> {
    /// One request and its answer.
    async fn exchange(&mut self, peer: IpAddr) -> Next {
        let (reply, head_only, keep_alive) = match self.read_request(peer).await {
            Ok(request) => match self.front.answer(&request).await {
                Answer::Upgrade(take_over) => return Next::Upgrade(take_over),
                Answer::Reply(reply) => (
                    reply,
                    request.head.method == "HEAD",
                    request.head.keeps_alive(),
                ),
            },
            Err(Unread::Gone) => return Next::End,
            Err(Unread::Refused(refusal, head)) => {
                let reply = self.front.refuse(refusal, head.as_ref(), peer);
                (reply, head.is_some_and(|head| head.method == "HEAD"), false)
            }
        };
        if self.buffer.is_empty() {
            self.buffer = BytesMut::new();
        }
        let wire = Wire {
            head_only,
            keep_alive,
            now: self.front.timestamp(),
        };
        let written = timeout(self.patience.write, self.write(&reply, wire)).await;
        if !matches!(written, Ok(Ok(()))) {
            return Next::End;
        }
        if keep_alive {
            return Next::Request;
        }
        let _ = timeout(self.patience.linger, self.linger()).await;
        Next::End
    }

    async fn read_request(&mut self, peer: IpAddr) -> Result<Request, Unread> {
        let head = self.read_head().await?;
        match self.read_body(&head).await {
            Ok(body) => Ok(Request { head, body, peer }),
            Err(Unread::Refused(refusal, _)) => Err(Unread::Refused(refusal, Some(head))),
            Err(Unread::Gone) => Err(Unread::Gone),
        }
    }

    async fn read_head(&mut self) -> Result<Head, Unread> {
        let mut reader = HeadReader::default();
        let mut deadline = None;
        loop {
            if let Some(head) = reader.take(&mut self.buffer)? {
                return Ok(head);
            }
            if self.buffer.is_empty() {
                // A closed connection between two requests is no error.
                match timeout(self.patience.idle, self.fill()).await {
                    Ok(Ok(1..)) => {}
                    Ok(_) | Err(_) => return Err(Unread::Gone),
                }
            } else {
                let clock = self.front.clock();
                let due = *deadline.get_or_insert_with(|| clock.moment().after(self.patience.head));
                self.fill_before(due, "the connection ended within the head")
                    .await?;
            }
        }
    }

    async fn read_body(&mut self, head: &Head) -> Result<Bytes, Unread> {
        let framing = head.framing()?;
        if framing == Framing::None {
            return Ok(Bytes::new());
        }
        let length = match framing {
            Framing::Length(length) => {
                let fits = usize::try_from(length)
                    .ok()
                    .filter(|length| *length <= BODY_LIMIT);
                Some(fits.ok_or(Refusal::BodyTooLarge)?)
            }
            Framing::Chunked | Framing::None => None,
        };
        if head.waits_for_continue() && self.buffer.is_empty() {
            self.stream
                .write_all(b"HTTP/1.1 100 Continue\r\n\r\n")
                .await?;
        }
        let mut chunked = ChunkedBody::new(BODY_LIMIT);
        let due = self.front.clock().moment().after(self.patience.body);
        loop {
            match length {
                Some(length) if self.buffer.len() >= length => {
                    return Ok(self.buffer.split_to(length).freeze());
                }
                Some(_) => {}
                None => {
                    if let Some(body) = chunked.take(&mut self.buffer)? {
                        return Ok(body);
                    }
                }
            }
            self.fill_before(due, "the connection ended within the body")
                .await?;
        }
    }

    async fn fill_before(&mut self, due: Moment, ended: &'static str) -> Result<(), Unread> {
        let clock = self.front.clock().clone();
        match clock.before(due, self.fill()).await {
            None => Err(Refusal::TooSlow.into()),
            Some(Err(_)) => Err(Unread::Gone),
            // The client may have closed only its sending side, and can be told.
            Some(Ok(0)) => Err(Refusal::Malformed(ended).into()),
            Some(Ok(_)) => Ok(()),
        }
    }

    /// Reads what there is; 0 at the end of the stream.
    async fn fill(&mut self) -> io::Result<usize> {
        loop {
            self.stream.readable().await?;
            self.buffer.reserve(READ_SIZE);
            match self.stream.try_read_buf(&mut self.buffer) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    if self.buffer.is_empty() {
                        self.buffer = BytesMut::new();
                    }
                }
                outcome => return outcome,
            }
        }
    }

    async fn write(&mut self, reply: &Reply, wire: Wire) -> io::Result<()> {
        let (mut head, body) = reply.write(wire);
        if body.len() <= SMALL_BODY {
            head.extend_from_slice(&body);
            return self.stream.write_all(&head).await;
        }
        self.stream.write_all(&head).await?;
        self.stream.write_all(&body).await
    }

    /// Ends our side and throws away what the client still sends, within
    /// bounds: closing at once would reset the connection, and the client could
    /// lose the answer that it has not read yet.
    async fn linger(&mut self) -> io::Result<()> {
        self.stream.shutdown().await?;
        let mut left = self.patience.linger_bytes;
        loop {
            self.buffer.clear();
            match self.fill().await? {
                0 => return Ok(()),
                read => left = left.checked_sub(read).ok_or(io::ErrorKind::QuotaExceeded)?,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncReadExt;
    use tokio::net::TcpListener;

    use super::*;
    use crate::clock::Clock;

    /// An endpoint that has nothing to say.
    struct Mute(Clock);

    impl Front for Mute {
        fn clock(&self) -> &Clock {
            &self.0
        }

        async fn answer(&self, _: &Request) -> Answer {
            Answer::Reply(Reply::new(404, "text/plain", b""))
        }

        fn refuse(&self, refusal: Refusal, _: Option<&Head>, _: IpAddr) -> Reply {
            refusal.reply()
        }
    }

    /// A client of a connection that is served with this patience.
    async fn served(patience: Patience) -> TcpStream {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap())
            .await
            .unwrap();
        let (stream, peer) = listener.accept().await.unwrap();
        let front = Arc::new(Mute(Clock::new()));
        tokio::spawn(run(stream, peer.ip(), front, patience));
        client
    }

    #[tokio::test]
    async fn an_idle_connection_is_closed_in_the_end() {
        let patience = Patience {
            idle: Duration::ZERO,
            ..Patience::default()
        };
        let mut client = served(patience).await;
        assert_eq!(client.read(&mut [0; 1]).await.unwrap(), 0);
    }

    #[tokio::test]
    async fn a_client_that_goes_on_sending_after_a_refusal_is_cut_off() {
        let patience = Patience {
            linger_bytes: 1 << 20,
            ..Patience::default()
        };
        let mut client = served(patience).await;
        // Ends only if the server closes the connection.
        while client.write_all(&[0; 64 * 1024]).await.is_ok() {}
    }
}
