//! CloudFront distributions: the edge in front of the APIs, on loopback.

use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::clock::Clock;
use crate::faults::Faults;
use crate::rest;
use crate::template::model::Distribution;
use crate::trail::Recorder;

/// Finds the API that is behind a host name of AWS.
pub(crate) type Origins = Arc<dyn Fn(&str) -> Option<rest::Stage> + Send + Sync>;

/// What a distribution needs of the rest of the sandbox.
#[derive(Clone)]
pub(crate) struct Services {
    /// The APIs that may be origins.
    pub(crate) origins: Origins,
    /// Where the trail of each request begins.
    pub(crate) recorder: Recorder,
    /// The clock of timeouts and dates.
    pub(crate) clock: Clock,
    /// Failures to make.
    pub(crate) faults: Faults,
}

/// A distribution at work. Cheap to clone; all clones are one.
#[derive(Clone)]
pub(crate) struct Edge {
    _services: Services,
}

impl Edge {
    /// The edge of `distribution`, which may change meanwhile.
    pub(crate) fn new(
        _distribution: watch::Receiver<Arc<Distribution>>,
        services: Services,
    ) -> Self {
        Self {
            _services: services,
        }
    }

    /// Serves the distribution on `listener` until the future is dropped.
    pub(crate) async fn serve(self, _listener: TcpListener) {
        std::future::pending().await
    }
}
