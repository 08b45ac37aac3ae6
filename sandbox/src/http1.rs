//! HTTP/1.1 as the public endpoints of AWS speak it: request heads with the
//! client's own casing, bodies within limits, answers written whole.
//!
//! Each kind of endpoint (a REST API, a WebSocket API, a distribution) is a
//! [`Front`]: it is handed requests that were read, and answers them.

pub(crate) mod body;
pub(crate) mod connection;
pub(crate) mod framing;
pub(crate) mod groups;
pub(crate) mod head;
pub(crate) mod reply;
pub(crate) mod target;

use std::future::Future;
use std::net::IpAddr;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use jiff::Timestamp;
use tokio::net::{TcpListener, TcpStream};

use crate::aws::same_header;
use crate::clock::Clock;
use crate::lambda::Boxed;
use crate::loopback;
use connection::Patience;
use head::{Head, Refusal};
use reply::Reply;

/// Header by which a local caller says which address it pretends to come from.
///
/// Everything local comes from 127.0.0.1, so a test or `--from` names the
/// address here. A valid one counts as the TCP peer; the header itself never
/// reaches a function.
pub const VIEWER_HEADER: &str = "x-sandbox-viewer";

/// Header by which a local caller says `http` to stand for a request on port 80
/// of a distribution, since the listeners stand for the TLS side.
///
/// It counts at distributions alone and, like [`VIEWER_HEADER`], never reaches
/// a function.
pub const VIEWER_PROTOCOL_HEADER: &str = "x-sandbox-viewer-protocol";

/// Whether a header is one of the sandbox's own, which AWS never sees.
pub(crate) fn is_local(name: &str) -> bool {
    same_header(name, VIEWER_HEADER) || same_header(name, VIEWER_PROTOCOL_HEADER)
}

/// A request as it was read.
pub(crate) struct Request {
    pub(crate) head: Head,
    pub(crate) body: Bytes,
    pub(crate) peer: IpAddr,
}

impl Request {
    /// The address that counts as the client's.
    pub(crate) fn viewer(&self) -> IpAddr {
        viewer(&self.head, self.peer)
    }
}

/// The address to take for the peer's: the one that the viewer header names, if
/// it is one.
pub(crate) fn viewer(head: &Head, peer: IpAddr) -> IpAddr {
    let named = head.values(VIEWER_HEADER).next_back();
    named
        .and_then(|value| value.trim().parse().ok())
        .unwrap_or(peer)
        .to_canonical()
}

/// What becomes of a connection after a request.
pub(crate) enum Answer {
    /// This is written, and the next request read.
    Reply(Reply),
    /// The connection is handed over as it is, with bytes that were read
    /// already; the future ends when the connection may close.
    Upgrade(Upgrade),
}

/// Takes a connection over.
pub(crate) type Upgrade = Box<dyn FnOnce(TcpStream, BytesMut) -> Boxed<'static, ()> + Send>;

/// An endpoint that clients connect to.
pub(crate) trait Front: Send + Sync + 'static {
    /// The sandbox's clock: of deadlines and of `Date`.
    fn clock(&self) -> &Clock;

    /// Answers a request.
    fn answer(&self, request: &Request) -> impl Future<Output = Answer> + Send;

    /// What the client gets for a request that could not be read.
    fn refuse(&self, refusal: Refusal, head: Option<&Head>, peer: IpAddr) -> Reply;

    /// Most bytes that request line and header values may have together: API
    /// Gateway's number unless an endpoint has another.
    fn line_and_values_limit(&self) -> usize {
        head::LINE_AND_VALUES_LIMIT
    }

    /// The date for a response; the sandbox's clock stays in the years that
    /// exist, so this does not fall back.
    fn timestamp(&self) -> Timestamp {
        Timestamp::try_from(self.clock().now()).unwrap_or_default()
    }
}

/// Serves `front` on `listener` until the future is dropped, which also closes
/// all connections.
pub(crate) async fn serve(listener: TcpListener, front: Arc<impl Front>) {
    loopback::accept(listener, |stream, peer| {
        connection::run(stream, peer.ip(), front.clone(), Patience::default())
    })
    .await;
}
