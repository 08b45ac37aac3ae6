//! API Gateway REST APIs: a loopback HTTP server that behaves as
//! `https://<api>.execute-api.<region>.amazonaws.com/<stage>/…` does.
//!
//! A request passes through these parts, in this order:
//! `connection` reads it (`head`, `framing`, `body`), `gateway` judges and routes it
//! (`target`, `router`, `throttle`), `event` makes the function's event of it,
//! `response` reads the function's answer, `reply` writes what the client
//! gets. What API Gateway refuses itself is in `errors`.
//!
//! The listener speaks plain HTTP and stands for the TLS side of AWS. So
//! functions see what they see on AWS: `X-Forwarded-Proto: https`,
//! `X-Forwarded-Port: 443`, and AWS's own host name in `Host` and `domainName`,
//! whatever the local client called it.

mod body;
mod connection;
mod errors;
mod event;
mod framing;
mod gateway;
mod head;
mod identity;
mod reply;
mod response;
mod router;
mod target;
mod throttle;

use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::clock::Clock;
use crate::lambda::Functions;
use crate::template::model::RestApi;
use crate::trail::Recorder;

use connection::Patience;
use gateway::Gateway;

/// Header by which a local caller says which address it pretends to come from.
///
/// Everything local comes from 127.0.0.1, so a test or `--from` names the
/// address here. A valid one counts as the TCP peer; the header itself never
/// reaches a function.
pub const VIEWER_HEADER: &str = "x-sandbox-viewer";

/// How long to wait when the system has no file descriptor left for the next
/// connection: others must close first, and asking at once again helps nobody.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// What a REST API needs of the rest of the sandbox.
#[derive(Clone)]
pub struct Services {
    /// Lambda, which answers the methods.
    pub functions: Arc<dyn Functions>,
    /// Where the trail of each request begins.
    pub recorder: Recorder,
    /// The clock of timeouts, throttling and dates.
    pub clock: Clock,
}

/// Serves the stage of a REST API on `listener` until the future is dropped,
/// which also closes all connections.
///
/// `api` may change meanwhile; every request is judged by the API as it is when
/// the request has been read. Invocations that are under way go on.
pub async fn serve(listener: TcpListener, api: watch::Receiver<Arc<RestApi>>, services: Services) {
    let gateway = Arc::new(Gateway::new(api, services));
    // The set ends its connections when it is dropped with this future.
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => {
                    connections.spawn(connection::run(
                        stream,
                        peer.ip(),
                        gateway.clone(),
                        Patience::default(),
                    ));
                }
                // A connection that died in the queue, or no descriptor left:
                // neither is a reason to stop serving the others.
                Err(_) => tokio::time::sleep(ACCEPT_PAUSE).await,
            },
            Some(_) = connections.join_next() => {}
        }
    }
}
