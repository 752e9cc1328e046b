//! TLS by the server itself. No file is read here.

use std::path::PathBuf;

use clap::Args;
use serde::Serialize;

/// Whether the server speaks TLS, and as whom.
#[derive(Debug, Clone, Default, Args, Serialize)]
#[command(next_help_heading = "TLS by the server itself, where no proxy in front of it does that")]
pub struct TlsSettings {
    /// The file of the certificate and of those between it and its root, in PEM; read at start. [default: none, no TLS]
    #[arg(long, env = "TLS_CERT")]
    pub tls_cert: Option<PathBuf>,
    /// The file of the certificate's private key, in PEM; read at start.
    #[arg(long, env = "TLS_KEY")]
    pub tls_key: Option<PathBuf>,
}

impl TlsSettings {
    /// `https` where the server itself speaks TLS, otherwise `http`.
    pub fn scheme(&self) -> &'static str {
        if self.tls_cert.is_some() { "https" } else { "http" }
    }
}
