//! API Gateway WebSocket APIs: a loopback server that behaves as
//! `wss://<api>.execute-api.<region>.amazonaws.com/<stage>` does, and the
//! `@connections` calls by which functions reach its clients.

use std::sync::Arc;

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::clock::Clock;
use crate::faults::Faults;
use crate::lambda::Functions;
use crate::template::model::WebSocketApi;
use crate::trail::{Recorder, TrailContext};

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
pub struct Stage {}

impl Stage {
    /// The stage of `api`, which may change meanwhile.
    #[must_use]
    pub fn new(_api: watch::Receiver<Arc<WebSocketApi>>, _services: Services) -> Self {
        Self {}
    }

    /// Serves the stage on `listener` until the future is dropped, which also
    /// closes all connections.
    pub async fn serve(self, _listener: TcpListener) {
        std::future::pending().await
    }

    /// Answers a call of the management API that a function made: the path is
    /// `/<stage>/@connections/<connection id>`.
    pub async fn manage(
        &self,
        _request: Request<Bytes>,
        _context: &TrailContext,
    ) -> Response<Bytes> {
        let mut response = Response::new(Bytes::new());
        *response.status_mut() = StatusCode::NOT_IMPLEMENTED;
        response
    }
}
