//! API Gateway REST APIs: a loopback HTTP server that behaves as
//! `https://<api>.execute-api.<region>.amazonaws.com/<stage>/…` does.
//!
//! A request passes through these parts, in this order:
//! `http1` reads it, `gateway` judges and routes it (`target`, `router`,
//! `throttle`), `event` makes the function's event of it, `response` reads the
//! function's answer, `http1` writes what the client gets. What API Gateway
//! refuses itself is in `errors`.
//!
//! The listener speaks plain HTTP and stands for the TLS side of AWS. So
//! functions see what they see on AWS: `X-Forwarded-Proto: https`,
//! `X-Forwarded-Port: 443`, and AWS's own host name in `Host` and `domainName`,
//! whatever the local client called it.

mod errors;
mod event;
mod gateway;
mod identity;
mod response;
mod router;
mod throttle;

use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::clock::Clock;
use crate::http1;
use crate::lambda::Functions;
use crate::template::model::RestApi;
use crate::trail::Recorder;

pub(crate) use gateway::Gateway;

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

/// The stage of a REST API. Cheap to clone; all clones are one.
#[derive(Clone)]
pub struct Stage(pub(crate) Arc<Gateway>);

impl Stage {
    /// The stage of `api`, which may change meanwhile: every request is judged
    /// by the API as it is when the request has been read.
    #[must_use]
    pub fn new(api: watch::Receiver<Arc<RestApi>>, services: Services) -> Self {
        Self(Arc::new(Gateway::new(api, services)))
    }

    /// Serves the stage on `listener` until the future is dropped, which also
    /// closes all connections. Invocations that are under way go on.
    pub async fn serve(self, listener: TcpListener) {
        http1::serve(listener, self.0).await;
    }
}
