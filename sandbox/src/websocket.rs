//! API Gateway WebSocket APIs: a loopback server that behaves as
//! `wss://<api>.execute-api.<region>.amazonaws.com/<stage>` does, and the
//! `@connections` calls by which functions reach its clients.
//!
//! A client passes through these parts, in this order: `http1` reads its request,
//! `handshake` judges it, `gateway` asks the authorizer and the function of
//! `$connect`, `clients` knows it from then on, `connection` carries its frames,
//! and `gateway` takes its messages through their routes (`routes`) and tells
//! `$disconnect`. `event` makes the events, `response` reads the answers, and
//! `manage` is `@connections`.

mod authorizer;
mod clients;
mod connection;
mod event;
mod gateway;
mod handshake;
mod id;
mod manage;
mod response;
mod routes;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::time::timeout;

use crate::clock::Clock;
use crate::faults::Faults;
use crate::http1;
use crate::lambda::Functions;
use crate::template::model::WebSocketApi;
use crate::trail::{Recorder, TrailContext};

pub(crate) use authorizer::Source;
use clients::{Closing, Count};
use gateway::Gateway;
pub(crate) use id::ConnectionId;
pub(crate) use routes::selection;

/// How long closing waits for clients, on the machine's clock.
const GOOD_BYE: Duration = Duration::from_secs(1);

/// What a WebSocket API needs of the rest of the sandbox.
#[derive(Clone)]
pub struct Services {
    /// Lambda, which answers the routes.
    pub functions: Arc<dyn Functions>,
    /// Where the trail of each connection and message begins.
    pub recorder: Recorder,
    /// The clock of timeouts and limits.
    pub clock: Clock,
    /// Failures to make.
    pub faults: Faults,
}

/// The stage of a WebSocket API. Cheap to clone; all clones are one.
#[derive(Clone)]
pub struct Stage(Arc<Gateway>);

/// Closes the connections of a stage that is not served any more.
struct GoodBye(Arc<Gateway>);

impl Drop for GoodBye {
    fn drop(&mut self) {
        self.0.clients.close(Closing {
            code: 1001,
            reason: "Going away",
            tells_function: false,
        });
    }
}

impl Stage {
    /// The stage of `api`, which may change meanwhile: connections stay, unless
    /// it becomes another API.
    #[must_use]
    pub fn new(api: watch::Receiver<Arc<WebSocketApi>>, services: Services) -> Self {
        Self(Arc::new(Gateway::new(api, services)))
    }

    /// Serves the stage on `listener` until the future is dropped, which also
    /// closes all connections. Invocations that are under way go on.
    pub async fn serve(self, listener: TcpListener) {
        let _good_bye = GoodBye(self.0.clone());
        let gateway = self.0.clone();
        tokio::join!(http1::serve(listener, Arc::new(self)), gateway.follow());
    }

    /// Answers a call of the management API that a function made: the path is
    /// `/<stage>/@connections/<connection id>`.
    pub async fn manage(&self, request: Request<Bytes>, context: &TrailContext) -> Response<Bytes> {
        self.0.manage(request, context).await
    }

    /// Number of clients that are connected: `$connect` let them in, and
    /// `@connections` reaches them.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.0.clients.count().borrow().connected
    }

    /// Waits until exactly `count` clients are connected and `$disconnect` has
    /// run for all others.
    pub async fn wait_until_connected(&self, count: usize) {
        let wanted = Count {
            connected: count,
            leaving: 0,
        };
        // The stage holds the other end.
        let _ = self
            .0
            .clients
            .count()
            .wait_for(|count| *count == wanted)
            .await;
    }

    /// Closes all connections and waits a moment until clients have taken it in.
    pub(crate) async fn close(&self) {
        drop(GoodBye(self.0.clone()));
        let _ = timeout(GOOD_BYE, self.wait_until_connected(0)).await;
    }
}
