//! A certificate made for one run, so that what TLS costs can be measured on
//! this machine.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rcgen::{CertifiedKey, generate_simple_self_signed};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

use crate::error::{Result, cannot};

/// A certificate for `localhost`.
pub struct Certificate {
    acceptor: TlsAcceptor,
    file: PathBuf,
}

impl Certificate {
    /// Makes one, and writes it where functions can be told to trust it.
    ///
    /// # Errors
    /// If it cannot be made or written.
    pub fn make(folder: &Path) -> Result<Self> {
        let CertifiedKey { cert, signing_key } =
            generate_simple_self_signed(["localhost".to_owned()])
                .map_err(cannot("make a certificate"))?;
        let file = folder.join("certificate.pem");
        std::fs::write(&file, cert.pem())
            .map_err(cannot(format_args!("write {}", file.display())))?;
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(signing_key.serialize_der()));
        let config = ServerConfig::builder()
            .with_no_client_auth()
            .with_single_cert(vec![cert.der().clone()], key)
            .map_err(cannot("use a certificate"))?;
        let acceptor = TlsAcceptor::from(Arc::new(config));
        Ok(Self { acceptor, file })
    }

    /// Speaks TLS with it.
    pub fn acceptor(&self) -> TlsAcceptor {
        self.acceptor.clone()
    }

    /// Where it is, for `SSL_CERT_FILE`.
    pub fn file(&self) -> &Path {
        &self.file
    }
}
