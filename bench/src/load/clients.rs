//! WebSocket clients that do next to nothing, so that thousands of them leave
//! the processor to what is measured: one task each, one buffer for all.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::Notify;
use tokio::task::spawn_local;
use tokio::time::{sleep, timeout};

use super::Place;

/// How many connect at once: each is an invocation, and so many environments.
const AT_ONCE: usize = 4;
/// Pause after API Gateway said that there were too many.
const TOO_MANY: Duration = Duration::from_millis(50);
/// What the id of every event of the benchmark begins with; a number follows.
pub const ID: &[u8] = b"evt_bench_";

/// All clients.
#[derive(Default)]
pub struct Clients {
    shared: Rc<Shared>,
    count: usize,
}

#[derive(Default)]
struct Shared {
    buffer: RefCell<Vec<u8>>,
    messages: Cell<u64>,
    /// At how many messages somebody wants to know, and when there were so many.
    target: Cell<u64>,
    reached: Cell<Option<Instant>>,
    changed: Notify,
    closed: Cell<usize>,
    /// How often each client got each event, while that is of interest.
    seen: RefCell<Option<Vec<Vec<u8>>>>,
}

impl Clients {
    /// How many there are.
    pub fn count(&self) -> usize {
        self.count
    }

    /// How many messages all of them got.
    pub fn messages(&self) -> u64 {
        self.shared.messages.get()
    }

    /// How many connections the other side closed.
    pub fn closed(&self) -> usize {
        self.shared.closed.get()
    }

    /// Connects until there are `count`.
    pub async fn grow_to(&mut self, count: usize, api: &Place) {
        self.shared.buffer.borrow_mut().resize(64 * 1024, 0);
        let next = Rc::new(Cell::new(self.count));
        let connecting: Vec<_> = (0..AT_ONCE)
            .map(|_| {
                let (next, shared) = (next.clone(), self.shared.clone());
                let api = api.clone();
                spawn_local(async move {
                    while next.get() < count {
                        let index = next.replace(next.get() + 1);
                        let stream = connect(&api).await;
                        spawn_local(read(index, stream, shared.clone()));
                    }
                })
            })
            .collect();
        for one in connecting {
            one.await.expect("the clients connect");
        }
        self.count = count;
    }

    /// From now on it is noted how often each client gets each of `events`.
    pub fn watch(&self, events: usize) {
        *self.shared.seen.borrow_mut() = Some(vec![vec![0; events]; self.count]);
    }

    /// What was noted, by client and event.
    pub fn seen(&self) -> Vec<Vec<u8>> {
        self.shared.seen.borrow_mut().take().unwrap_or_default()
    }

    /// Says that somebody will wait for that many more messages.
    pub fn expect(&self, more: u64) {
        self.shared.reached.set(None);
        self.shared.target.set(self.messages() + more);
    }

    /// Waits for them. The moment of the last, or `None` if they do not come.
    pub async fn all(&self, patience: Duration) -> Option<Instant> {
        let all = async {
            loop {
                if let Some(reached) = self.shared.reached.get() {
                    return reached;
                }
                self.shared.changed.notified().await;
            }
        };
        timeout(patience, all).await.ok()
    }
}

impl Shared {
    fn message(&self, client: usize, payload: &[u8]) {
        self.messages.set(self.messages.get() + 1);
        if self.messages.get() == self.target.get() {
            self.reached.set(Some(Instant::now()));
            self.changed.notify_one();
        }
        let mut seen = self.seen.borrow_mut();
        if let (Some(seen), Some(number)) = (seen.as_mut(), number(payload))
            && let Some(count) = seen.get_mut(client).and_then(|seen| seen.get_mut(number))
        {
            *count += 1;
        }
    }
}

/// The number of the event in a payload.
fn number(payload: &[u8]) -> Option<usize> {
    let place = payload.windows(ID.len()).position(|part| part == ID)?;
    let digits = payload[place + ID.len()..].split(|byte| !byte.is_ascii_digit());
    str::from_utf8(digits.into_iter().next()?)
        .ok()?
        .parse()
        .ok()
}

async fn connect(api: &Place) -> TcpStream {
    let Place { address, path } = api;
    loop {
        let mut stream = TcpStream::connect(address).await.expect("it accepts");
        let request = format!(
            "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        );
        stream
            .write_all(request.as_bytes())
            .await
            .expect("it reads the handshake");
        // Byte by byte, so that no frame is read with it; it is once a client.
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(stream.read_u8().await.expect("it answers the handshake"));
        }
        match head.get(9..12) {
            Some(b"101") => return stream,
            Some(b"429") => sleep(TOO_MANY).await,
            _ => panic!("no handshake: {}", String::from_utf8_lossy(&head)),
        }
    }
}

/// Reads frames until the other side closes.
async fn read(client: usize, stream: TcpStream, shared: Rc<Shared>) {
    let mut frames = Frames::default();
    while stream.readable().await.is_ok() {
        let mut buffer = shared.buffer.borrow_mut();
        match stream.try_read(&mut buffer) {
            Ok(0) => break,
            Ok(length) => frames.read(&buffer[..length], |payload| shared.message(client, payload)),
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
            Err(_) => break,
        }
    }
    shared.closed.set(shared.closed.get() + 1);
}

/// Takes unmasked frames apart. Messages of more than one frame are not sent
/// here.
#[derive(Default)]
struct Frames {
    /// The start of a frame that is not whole yet.
    rest: Vec<u8>,
}

impl Frames {
    fn read(&mut self, bytes: &[u8], mut message: impl FnMut(&[u8])) {
        if self.rest.is_empty() {
            let used = take(bytes, &mut message);
            self.rest.extend_from_slice(&bytes[used..]);
        } else {
            self.rest.extend_from_slice(bytes);
            let used = take(&self.rest, &mut message);
            self.rest.drain(..used);
        }
    }
}

/// Tells of the whole messages in `bytes`; returns how many bytes they take.
fn take(bytes: &[u8], message: &mut impl FnMut(&[u8])) -> usize {
    let mut start = 0;
    while let Some((head, payload)) = frame(&bytes[start..]) {
        let end = start + head + payload;
        if bytes.len() < end {
            break;
        }
        // Text; the rest is about the connection.
        if bytes[start] == 0x81 {
            message(&bytes[start + head..end]);
        }
        start = end;
    }
    start
}

/// Lengths of a frame's head and of its payload, once they are there.
fn frame(bytes: &[u8]) -> Option<(usize, usize)> {
    let length = |bytes: &[u8]| {
        let bytes = bytes.iter();
        bytes.fold(0, |length, byte| length << 8 | usize::from(*byte))
    };
    match bytes.get(1)? & 0x7f {
        126 => Some((4, length(bytes.get(2..4)?))),
        127 => Some((10, length(bytes.get(2..10)?))),
        short => Some((2, usize::from(short))),
    }
}
