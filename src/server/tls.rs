//! The server's own TLS: its certificate and key, for HTTP/2 and HTTP/1.1. No connection is accepted here.

use std::{path::Path, sync::Arc};

use anyhow::Context;
use rustls::{
    ServerConfig,
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
};
use tokio_rustls::TlsAcceptor;

use crate::config::TlsSettings;

/// What turns a connection into one by TLS; `None` where the settings name no certificate. Fails where a file can't be read,
/// or the key is not the certificate's.
pub fn acceptor(settings: &TlsSettings) -> anyhow::Result<Option<TlsAcceptor>> {
    let (certificate, key) = match (&settings.tls_cert, &settings.tls_key) {
        (None, None) => return Ok(None),
        (Some(certificate), Some(key)) => (certificate, key),
        _ => anyhow::bail!("TLS_CERT and TLS_KEY belong together: only one of them is set"),
    };
    let chain = chain(certificate).with_context(|| format!("TLS_CERT: {}", certificate.display()))?;
    let key = PrivateKeyDer::from_pem_file(key).with_context(|| format!("TLS_KEY: {}", key.display()))?;
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .context("TLS_CERT and TLS_KEY make no TLS")?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Some(TlsAcceptor::from(Arc::new(config))))
}

/// The certificate, and those between it and its root.
fn chain(path: &Path) -> anyhow::Result<Vec<CertificateDer<'static>>> {
    let chain = CertificateDer::pem_file_iter(path)?.collect::<Result<Vec<_>, _>>()?;
    anyhow::ensure!(!chain.is_empty(), "there is no certificate in it");
    Ok(chain)
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    fn refused(tls_cert: Option<PathBuf>, tls_key: Option<PathBuf>) -> String {
        format!("{:#}", acceptor(&TlsSettings { tls_cert, tls_key }).err().unwrap())
    }

    #[test]
    fn it_says_which_file_is_wrong() {
        assert!(acceptor(&TlsSettings::default()).unwrap().is_none());
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str, text: &str| {
            let path = folder.path().join(name);
            std::fs::write(&path, text).unwrap();
            Some(path)
        };
        let made = |host: &str| rcgen::generate_simple_self_signed([host.to_owned()]).unwrap();
        let (ours, other) = (made("example.org"), made("example.com"));
        let (cert, key) = (file("a.crt", &ours.cert.pem()), file("a.key", &ours.signing_key.serialize_pem()));
        let settings = TlsSettings { tls_cert: cert.clone(), tls_key: key.clone() };
        assert!(acceptor(&settings).unwrap().is_some());

        assert!(refused(cert.clone(), None).contains("TLS_KEY"));
        assert!(refused(None, key.clone()).contains("TLS_CERT"));
        let missing = Some(folder.path().join("none.pem"));
        assert!(refused(missing.clone(), key.clone()).starts_with("TLS_CERT: "));
        assert!(refused(cert.clone(), missing).starts_with("TLS_KEY: "));
        let empty = file("empty", "no PEM at all");
        assert!(refused(empty.clone(), key).contains("no certificate"));
        assert!(refused(cert.clone(), empty).starts_with("TLS_KEY: "));
        let theirs = file("b.key", &other.signing_key.serialize_pem());
        assert!(refused(cert, theirs).contains("make no TLS"), "another's key");
    }
}
