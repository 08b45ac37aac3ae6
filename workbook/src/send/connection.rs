//! One connection to the endpoint, kept open from send to send.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Request, StatusCode};
use http_body_util::{BodyExt, Full, Limited};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio_rustls::TlsConnector;

use super::endpoint::Endpoint;
use crate::error::{Error, Result, failed};
use crate::net;

/// Time for an answer: above API Gateway's 29 s.
const ANSWER: Duration = Duration::from_secs(40);
/// Longest answer that is read, above API Gateway's 10 MB.
const LONGEST_ANSWER: usize = 16 * 1024 * 1024;

/// An answer to a webhook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Status code.
    pub status: StatusCode,
    /// Headers.
    pub headers: HeaderMap,
    /// Body.
    pub body: Bytes,
}

/// A connection that opens when needed.
pub struct Connection {
    endpoint: Arc<Endpoint>,
    tls: Option<TlsConnector>,
    patience: Duration,
    sender: Option<http1::SendRequest<Full<Bytes>>>,
}

impl Connection {
    /// A connection to `endpoint`, with `tls` if that is an https one.
    #[must_use]
    pub fn new(endpoint: Arc<Endpoint>, tls: Option<TlsConnector>) -> Self {
        Self {
            endpoint,
            tls,
            patience: ANSWER,
            sender: None,
        }
    }

    /// The same, waiting this long for each answer.
    #[must_use]
    pub fn with_patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// Sends a request and reads the whole answer. A request that has left is
    /// never repeated: that would be a second delivery.
    ///
    /// # Errors
    /// If there is no answer; the text says why.
    pub async fn send(&mut self, request: Request<Full<Bytes>>) -> Result<Answer> {
        let answer = tokio::time::timeout(self.patience, self.exchange(request));
        match answer.await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(error)) => {
                self.sender = None;
                Err(error)
            }
            Err(_) => {
                self.sender = None;
                Err(failed(format!(
                    "{} did not answer within {} seconds",
                    self.endpoint.authority(),
                    self.patience.as_secs()
                )))
            }
        }
    }

    async fn exchange(&mut self, mut request: Request<Full<Bytes>>) -> Result<Answer> {
        // A kept connection may have been closed meanwhile. What has not been
        // written comes back and goes over a new one, once.
        for kept in [true, false] {
            let sender = match &mut self.sender {
                Some(sender) if kept && !sender.is_closed() => sender,
                _ => self
                    .sender
                    .insert(open(&self.endpoint, self.tls.as_ref()).await?),
            };
            match sender.try_send_request(request).await {
                Ok(response) => {
                    let (head, body) = response.into_parts();
                    let body = Limited::new(body, LONGEST_ANSWER).collect();
                    let body = body
                        .await
                        .map_err(|error| failed(format!("the answer broke off: {error}")))?;
                    return Ok(Answer {
                        status: head.status,
                        headers: head.headers,
                        body: body.to_bytes(),
                    });
                }
                Err(mut error) => match error.take_message() {
                    Some(unsent) if kept => request = unsent,
                    _ => return Err(self.lost(&error.into_error())),
                },
            }
        }
        Err(failed("the connection was closed before the request left"))
    }

    fn lost(&self, error: &hyper::Error) -> Error {
        let authority = self.endpoint.authority();
        if error.is_incomplete_message() {
            failed(format!(
                "{authority} closed the connection without an answer"
            ))
        } else {
            failed(format!("{authority} gave no proper answer: {error}"))
        }
    }
}

async fn open(
    endpoint: &Endpoint,
    tls: Option<&TlsConnector>,
) -> Result<http1::SendRequest<Full<Bytes>>> {
    let stream = net::connect(endpoint, tls).await?;
    let (sender, connection) = http1::Builder::new()
        // As providers write them: `Stripe-Signature`, not `stripe-signature`.
        .title_case_headers(true)
        .handshake(TokioIo::new(stream))
        .await
        .map_err(|error| {
            let authority = endpoint.authority();
            failed(format!("cannot speak HTTP with {authority}: {error}"))
        })?;
    // Ends with the sender; what goes wrong shows in the send it concerns.
    tokio::spawn(connection);
    Ok(sender)
}
