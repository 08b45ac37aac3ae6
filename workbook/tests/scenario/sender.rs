//! Signs webhooks, well and badly, and posts them.

use std::sync::Arc;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HOST};
use http::{HeaderName, Request};
use http_body_util::Full;
use tokio_rustls::TlsConnector;
use workbook::send::connection::{Answer, Connection};
use workbook::send::endpoint::Endpoint;
use workbook::signing;

/// A way to sign.
#[derive(Clone, Copy)]
pub enum Scheme {
    Stripe,
    Generic,
}

impl Scheme {
    /// A header for `body`, signed at `time` (Unix seconds) as far as the scheme
    /// knows of time.
    pub fn sign(self, secret: &str, time: i64, body: &str) -> Header {
        let body = body.as_bytes();
        match self {
            Self::Stripe => ("Stripe-Signature", signing::stripe(secret, time, body)),
            Self::Generic => ("X-Signature", signing::generic(secret, body)),
        }
    }
}

impl std::fmt::Display for Scheme {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Stripe => "Stripe-Signature",
            Self::Generic => "X-Signature",
        })
    }
}

pub type Header = (&'static str, String);

/// Posts over one connection.
pub struct Sender {
    endpoint: Arc<Endpoint>,
    connection: Connection,
}

impl Sender {
    pub fn new(endpoint: &Endpoint, tls: Option<TlsConnector>) -> Self {
        let endpoint = Arc::new(endpoint.clone());
        Self {
            connection: Connection::new(endpoint.clone(), tls),
            endpoint,
        }
    }

    pub async fn post(&mut self, headers: &[Header], body: &str) -> Result<Answer, String> {
        let wrong = |error: &dyn std::fmt::Display| format!("{}: {error}", self.endpoint.url());
        let mut request = Request::post(&self.endpoint.path)
            .header(HOST, self.endpoint.authority())
            .header(CONTENT_TYPE, "application/json");
        for (name, value) in headers {
            request = request.header(
                HeaderName::try_from(*name).map_err(|error| wrong(&error))?,
                value,
            );
        }
        let body = Full::new(Bytes::from(body.to_owned()));
        let request = request.body(body).map_err(|error| wrong(&error))?;
        let answer = self.connection.send(request).await;
        answer.map_err(|error| format!("{}: {error}", self.endpoint.url()))
    }
}

/// Status and body of an answer, to be read by a person.
pub fn shown(answer: &Answer) -> String {
    let body = String::from_utf8_lossy(&answer.body);
    format!("{} {body}", answer.status.as_u16())
}
