//! Certificates and keys, checked when a stream starts and not when the broker is there.

use super::error::MqttError;
use crate::data::with_nearest_file;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The files of an encrypted connection.
#[derive(Clone, Debug, Default)]
pub struct TlsFiles {
    /// PEM of the authorities; none means the system's.
    pub ca: Option<PathBuf>,
    /// PEM of our own certificate and of its key.
    pub own: Option<(PathBuf, PathBuf)>,
}

impl TlsFiles {
    /// What a connection is made with.
    ///
    /// # Errors
    /// A file that is missing, holds nothing of its kind, or a key that is not the certificate's.
    pub fn load(&self) -> Result<Arc<ClientConfig>, MqttError> {
        let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|error| wrong(Path::new("TLS"), error))?
            .with_root_certificates(self.authorities()?);
        let Some((certificate, key)) = &self.own else { return Ok(Arc::new(builder.with_no_client_auth())) };
        let chain = certificates(certificate)?;
        let secret = PrivateKeyDer::from_pem_slice(&read(key)?);
        let secret = secret.map_err(|_| wrong(key, "it holds no private key in PEM"))?;
        let problem = |error| wrong(key, format!("it does not fit {}: {error}", certificate.display()));
        builder.with_client_auth_cert(chain, secret).map(Arc::new).map_err(problem)
    }

    fn authorities(&self) -> Result<RootCertStore, MqttError> {
        let mut store = RootCertStore::empty();
        let Some(path) = &self.ca else {
            let found = rustls_native_certs::load_native_certs();
            store.add_parsable_certificates(found.certs);
            let problem =
                "the system has no certificates of authorities; name the broker's with ca in the file for --mqtt";
            return if store.is_empty() { Err(wrong(Path::new("mqtts"), problem)) } else { Ok(store) };
        };
        for certificate in certificates(path)? {
            store.add(certificate).map_err(|error| wrong(path, format!("a certificate is damaged: {error}")))?;
        }
        Ok(store)
    }
}

/// The certificates in a file, one at least.
fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, MqttError> {
    let bytes = read(path)?;
    let list: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&bytes).collect();
    let list = list.map_err(|error| wrong(path, format!("it is not PEM: {error}")))?;
    if list.is_empty() { Err(wrong(path, "it holds no certificate in PEM")) } else { Ok(list) }
}

fn read(path: &Path) -> Result<Vec<u8>, MqttError> {
    std::fs::read(path).map_err(|error| wrong(path, with_nearest_file(path, error)))
}

fn wrong(path: &Path, problem: impl ToString) -> MqttError {
    MqttError::File { path: path.into(), problem: problem.to_string().replace('\n', " ") }
}
