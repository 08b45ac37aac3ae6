//! CloudFront distributions: the edge in front of the APIs, on loopback.
//!
//! A request passes through these parts, in this order: `http1` reads it,
//! `visit` takes it apart, `edge` judges it (`pattern` finds its behavior, `behavior` applies it), a
//! Function may change it (`engine` runs it, `event` and `outcome` speak its
//! language), `origin` makes the request that the API gets, and the answer comes
//! back the same way. What CloudFront answers itself is in `errors`.
//!
//! The listener speaks plain HTTP and stands for the TLS side of AWS; the header
//! [`VIEWER_PROTOCOL_HEADER`](crate::VIEWER_PROTOCOL_HEADER) stands for port 80.
//! Nothing is cached: the loader refuses policies that would.

mod behavior;
mod edge;
mod engine;
mod errors;
mod event;
mod ids;
mod origin;
mod outcome;
mod pattern;
mod visit;

use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::clock::Clock;
use crate::faults::Faults;
use crate::http1;
use crate::rest;
use crate::template::model::Distribution;
use crate::trail::Recorder;
use crate::waf::Waf;

/// Finds the API that is behind a host name of AWS.
pub type Origins = Arc<dyn Fn(&str) -> Option<rest::Stage> + Send + Sync>;

/// Whether CloudFront can run a Function with this code, or why not.
pub(crate) fn check(code: &str) -> Result<(), String> {
    engine::check(code.to_owned())
}

/// What a distribution needs of the rest of the sandbox.
#[derive(Clone)]
pub struct Services {
    /// The APIs that may be origins.
    pub origins: Origins,
    /// Where the trail of each request begins.
    pub recorder: Recorder,
    /// The clock of timeouts and dates.
    pub clock: Clock,
    /// Failures to make.
    pub faults: Faults,
    /// The web ACLs, of which one may protect the distribution.
    pub waf: Waf,
}

/// A distribution at work. Cheap to clone; all clones are one.
#[derive(Clone)]
pub struct Edge(Arc<edge::Location>);

impl Edge {
    /// The edge of `distribution`, which may change meanwhile: every request is
    /// served by the distribution as it is when the request has been read.
    #[must_use]
    pub fn new(distribution: watch::Receiver<Arc<Distribution>>, services: Services) -> Self {
        Self(Arc::new(edge::Location::new(distribution, services)))
    }

    /// Serves the distribution on `listener` until the future is dropped, which
    /// also closes all connections.
    pub async fn serve(self, listener: TcpListener) {
        http1::serve(listener, self.0).await;
    }
}
