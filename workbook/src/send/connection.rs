//! One connection to the endpoint, kept open from send to send.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, StatusCode};
use http_body_util::{BodyExt, Full, Limited};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use super::endpoint::Endpoint;
use crate::error::{Error, Result, failed};

/// Time to connect, TLS included.
const CONNECT: Duration = Duration::from_secs(10);
/// Time for an answer: above API Gateway's 29 s.
const ANSWER: Duration = Duration::from_secs(40);
/// Longest answer that is read, above API Gateway's 10 MB.
const LONGEST_ANSWER: usize = 16 * 1024 * 1024;

/// An answer to a webhook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Status code.
    pub status: StatusCode,
    /// Body.
    pub body: Bytes,
}

/// A connection that opens when needed.
pub struct Connection {
    endpoint: Arc<Endpoint>,
    tls: Option<TlsConnector>,
    sender: Option<http1::SendRequest<Full<Bytes>>>,
}

/// What speaks TLS, with the certificates that this machine trusts.
///
/// # Errors
/// If the machine has none.
pub fn tls() -> Result<TlsConnector> {
    let found = rustls_native_certs::load_native_certs();
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(found.certs);
    if roots.is_empty() {
        return Err(failed(
            "this machine has no trusted certificates for https; \
             install its ca-certificates package or set SSL_CERT_FILE",
        ));
    }
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| failed(format!("TLS cannot be set up: {error}")))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(TlsConnector::from(Arc::new(config)))
}

impl Connection {
    /// A connection to `endpoint`, with `tls` if that is an https one.
    #[must_use]
    pub fn new(endpoint: Arc<Endpoint>, tls: Option<TlsConnector>) -> Self {
        Self {
            endpoint,
            tls,
            sender: None,
        }
    }

    /// Sends a request and reads the whole answer. A request that has left is
    /// never repeated: that would be a second delivery.
    ///
    /// # Errors
    /// If there is no answer; the text says why.
    pub async fn send(&mut self, request: Request<Full<Bytes>>) -> Result<Answer> {
        let answer = tokio::time::timeout(ANSWER, self.exchange(request));
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
                    ANSWER.as_secs()
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
                    let status = response.status();
                    let body = Limited::new(response.into_body(), LONGEST_ANSWER).collect();
                    let body = body
                        .await
                        .map_err(|error| failed(format!("the answer broke off: {error}")))?;
                    return Ok(Answer {
                        status,
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
    let authority = endpoint.authority();
    let connecting = async {
        let stream = TcpStream::connect((endpoint.host.as_str(), endpoint.port))
            .await
            .map_err(|error| unreachable_error(&authority, &error))?;
        // Small requests must not wait for each other's acknowledgements.
        stream
            .set_nodelay(true)
            .map_err(|error| unreachable_error(&authority, &error))?;
        let Some(tls) = tls else {
            return handshake(stream, &authority).await;
        };
        let name = ServerName::try_from(endpoint.host.clone())
            .map_err(|_| failed(format!("{authority} is not a name for a certificate")))?;
        let stream = tls
            .connect(name, stream)
            .await
            .map_err(|error| failed(format!("TLS with {authority}: {error}")))?;
        handshake(stream, &authority).await
    };
    tokio::time::timeout(CONNECT, connecting)
        .await
        .unwrap_or_else(|_| {
            let seconds = CONNECT.as_secs();
            Err(failed(format!(
                "no connection to {authority} within {seconds} seconds"
            )))
        })
}

fn unreachable_error(authority: &str, error: &std::io::Error) -> Error {
    match error.kind() {
        std::io::ErrorKind::ConnectionRefused => failed(format!(
            "nothing is running at {authority}; start it with `cargo workbook up`"
        )),
        _ => failed(format!("cannot connect to {authority}: {error}")),
    }
}

async fn handshake<S>(stream: S, authority: &str) -> Result<http1::SendRequest<Full<Bytes>>>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (sender, connection) = http1::Builder::new()
        // As providers write them: `Stripe-Signature`, not `stripe-signature`.
        .title_case_headers(true)
        .handshake(TokioIo::new(stream))
        .await
        .map_err(|error| failed(format!("cannot speak HTTP with {authority}: {error}")))?;
    // Ends with the sender; what goes wrong shows in the send it concerns.
    tokio::spawn(connection);
    Ok(sender)
}
