//! Connections to this machine and to AWS, with TLS where the URL asks for it.

use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use crate::error::{Error, Result, failed};
use crate::send::endpoint::Endpoint;

/// Time to connect, TLS included.
const CONNECT: Duration = Duration::from_secs(10);

/// An open connection, with TLS or without.
pub type Stream = Box<dyn Duplex>;

/// What can be read from and written to.
pub trait Duplex: AsyncRead + AsyncWrite + Unpin + Send {}

impl<S: AsyncRead + AsyncWrite + Unpin + Send> Duplex for S {}

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

/// Connects to `endpoint`, with `tls` if that is given.
///
/// # Errors
/// If nothing answers there; the text says why.
pub async fn connect(endpoint: &Endpoint, tls: Option<&TlsConnector>) -> Result<Stream> {
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
            return Ok(Box::new(stream) as Stream);
        };
        let name = ServerName::try_from(endpoint.host.clone())
            .map_err(|_| failed(format!("{authority} is not a name for a certificate")))?;
        let stream = tls
            .connect(name, stream)
            .await
            .map_err(|error| failed(format!("TLS with {authority}: {error}")))?;
        Ok(Box::new(stream) as Stream)
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
