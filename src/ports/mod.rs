//! DOORS to the outside: what this server touches besides its database is what `ls` answers here. No domain rule.
//!
//! A door is a struct that opens from a URL. Bytes go through it below, one typed API stands above, and callers
//! never see which adapter answers: the same contract test runs on each.

pub mod bus;
pub mod cache;
pub mod files;
pub mod mail;
mod redis;
pub mod stripe;
pub mod tally;
pub mod throttle;

pub use bus::{Bus, Delivery};
pub use cache::Cache;
pub use files::{FileKey, Files};
pub use mail::{Letter, Mail};
pub use tally::Tally;
pub use throttle::{Meter, Throttle};

use std::path::{Path, PathBuf};

/// Makes ring this process's TLS provider, unless one is installed already. Doors that speak TLS call it when they
/// open, since their libraries are built without a provider of their own.
pub fn use_ring_for_tls() {
    // An error says that there is a provider: just what we want.
    let _ = rustls::crypto::ring::default_provider().install_default();
}

/// The folder that a `file:` URL names: `file:` alone is `fallback`, `file:mail` is relative to where the process
/// runs, `file:/srv/mail` and `file:///srv/mail` are absolute. `None` for another scheme.
fn folder(url: &str, fallback: PathBuf) -> Option<PathBuf> {
    let path = url.strip_prefix("file:")?;
    let path = path.strip_prefix("//").unwrap_or(path);
    Some(if path.is_empty() { fallback } else { Path::new(path).to_owned() })
}

/// What the scheme of a URL is, for an error message that must not repeat the password in it.
fn scheme(url: &str) -> &str {
    url.split_once(':').map_or("", |(scheme, _)| scheme)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The Redis that tests may use, from TEST_REDIS_URL. Without it the adapter goes untested, and that is said
    /// where the test runner can't swallow it.
    #[allow(clippy::disallowed_methods, reason = "tests have no settings")]
    pub fn redis_url() -> Option<String> {
        let url = std::env::var("TEST_REDIS_URL").ok().filter(|url| !url.is_empty());
        if url.is_none() {
            use std::io::Write;
            let _ = writeln!(std::io::stderr(), "skipped: TEST_REDIS_URL is not set");
        }
        url
    }

    /// A prefix that no other test uses.
    pub fn fresh_prefix() -> String {
        format!("test-{}:", uuid::Uuid::now_v7().simple())
    }

    #[test]
    fn a_file_url_names_a_folder() {
        let named = |url| folder(url, PathBuf::from("data/mail"));
        assert_eq!(named("file:"), Some("data/mail".into()));
        assert_eq!(named("file:out"), Some("out".into()));
        assert_eq!(named("file:/srv/out"), Some("/srv/out".into()));
        assert_eq!(named("file:///srv/out"), Some("/srv/out".into()));
        assert_eq!(named("s3://bucket"), None);
    }
}
