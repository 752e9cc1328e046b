//! Feeds: calendars of other sites, fetched from addresses that hosts give us, so with limits on address, size and time.
//! What a feed says is not read here, and its address, which is a secret of its host's, is never logged.

mod address;
#[cfg(test)]
mod tests;

use std::{error::Error, net::SocketAddr, sync::Arc, time::Duration};

use anyhow::Context;
use bytes::{Bytes, BytesMut};
use reqwest::{
    Client, Response, StatusCode,
    dns::{Name, Resolve, Resolving},
    header, redirect,
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use url::{Host, Url};

use self::address::is_public;

/// How often a site may send us on.
const MOST_REDIRECTS: usize = 3;

/// Feeds that one process fetches at once: fewer than it works on jobs, so that slow sites keep no hold from ending.
const AT_ONCE: usize = 4;

/// How long a connection may take to stand.
const CONNECT: Duration = Duration::from_secs(3);

/// Where feeds may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// Anywhere, this machine too: for the sandbox.
    Anywhere,
    /// Only at public addresses, and at the ports of the web.
    Public,
}

/// How much of a feed is taken, and how long it may take.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// The largest feed.
    pub bytes: usize,
    /// From asking to the last byte, with all redirects.
    pub time: Duration,
}

/// Why there is no feed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FeedError {
    /// Another scheme than `http` and `https`.
    #[error("a feed's address begins with https:// or http://")]
    NotHttp,
    /// A private address, or a port that is not the web's.
    #[error("a feed must be at a public address, on port 80 or 443")]
    AddressNotAllowed,
    /// No such host, no answer, no valid certificate, or the connection broke.
    #[error("the site could not be reached")]
    Unreachable,
    /// It took too long.
    #[error("the site took too long to answer")]
    TooSlow,
    /// It is too large, or has no end.
    #[error("the feed is too large")]
    TooLarge,
    /// It came compressed, though we asked for it as it is: unpacking could make anything of it.
    #[error("the feed came compressed")]
    Encoded,
    /// The site said something else than 200.
    #[error("the site answered with status {0}")]
    Status(u16),
    /// Sent from one address to the next.
    #[error("the site sent us from one address to the next")]
    TooManyRedirects,
}

/// The way to other sites' calendars. Clones share its places.
#[derive(Clone)]
pub struct Feeds {
    http: Client,
    reach: Reach,
    limits: Limits,
    places: Arc<Semaphore>,
}

impl Feeds {
    /// Opens the way.
    pub fn open(reach: Reach, limits: Limits) -> anyhow::Result<Self> {
        super::use_ring_for_tls();
        let http = Client::builder()
            // A proxy would resolve names where we can't look.
            .no_proxy()
            .redirect(redirect::Policy::none())
            .dns_resolver(Arc::new(Vetted { reach }))
            .connect_timeout(CONNECT)
            .pool_max_idle_per_host(0)
            .referer(false)
            .user_agent("Sojourn")
            .build()
            .context("no client for feeds")?;
        Ok(Self { http, reach, limits, places: Arc::new(Semaphore::new(AT_ONCE)) })
    }

    /// A place among those who fetch; `None` while all are taken. Keep it until the feed is there.
    pub fn place(&self) -> Option<OwnedSemaphorePermit> {
        self.places.clone().try_acquire_owned().ok()
    }

    /// Whether a feed may be at this address, as far as that can be seen without looking up its name.
    pub fn judge(&self, url: &Url) -> Result<(), FeedError> {
        if !matches!(url.scheme(), "http" | "https") {
            return Err(FeedError::NotHttp);
        }
        // The resolver is not asked about addresses that are written as numbers.
        let public = match url.host() {
            Some(Host::Ipv4(ip)) => is_public(ip.into()),
            Some(Host::Ipv6(ip)) => is_public(ip.into()),
            Some(Host::Domain(_)) => true,
            None => false,
        };
        let of_the_web = matches!(url.port_or_known_default(), Some(80 | 443));
        match self.reach {
            Reach::Public if !public || !of_the_web => Err(FeedError::AddressNotAllowed),
            _ => Ok(()),
        }
    }

    /// Fetches a feed whole, or not at all.
    pub async fn fetch(&self, url: &Url) -> Result<Bytes, FeedError> {
        crate::drill::outside("another site");
        let all = async { self.body(self.follow(url.clone()).await?).await };
        tokio::time::timeout(self.limits.time, all).await.unwrap_or(Err(FeedError::TooSlow))
    }

    /// Goes where the site sends us, judging each address anew.
    async fn follow(&self, mut url: Url) -> Result<Response, FeedError> {
        for _ in 0..=MOST_REDIRECTS {
            self.judge(&url)?;
            let response = self
                .http
                .get(url.clone())
                .header(header::ACCEPT, "text/calendar, */*;q=0.1")
                .header(header::ACCEPT_ENCODING, "identity")
                .send()
                .await
                .map_err(|error| why(&error))?;
            match (response.status(), response.headers().get(header::LOCATION)) {
                (StatusCode::OK, _) => return Ok(response),
                (status, Some(to)) if status.is_redirection() => {
                    let to = to.to_str().ok().and_then(|to| url.join(to).ok());
                    url = to.ok_or(FeedError::Status(status.as_u16()))?;
                }
                (status, _) => return Err(FeedError::Status(status.as_u16())),
            }
        }
        Err(FeedError::TooManyRedirects)
    }

    async fn body(&self, mut response: Response) -> Result<Bytes, FeedError> {
        let encoding = response.headers().get(header::CONTENT_ENCODING);
        if encoding.is_some_and(|encoding| !encoding.as_bytes().eq_ignore_ascii_case(b"identity")) {
            return Err(FeedError::Encoded);
        }
        let mut all = BytesMut::new();
        while let Some(part) = response.chunk().await.map_err(|error| why(&error))? {
            if all.len() + part.len() > self.limits.bytes {
                return Err(FeedError::TooLarge);
            }
            all.extend_from_slice(&part);
        }
        Ok(all.freeze())
    }
}

/// Hands on only those addresses of a name that may be asked. It is the one that connects, so a name that is public
/// when it is judged can't be private a moment later.
struct Vetted {
    reach: Reach,
}

/// A name without an address that may be asked.
#[derive(Debug, thiserror::Error)]
#[error("no public address")]
struct NotPublic;

impl Resolve for Vetted {
    fn resolve(&self, name: Name) -> Resolving {
        let reach = self.reach;
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let may = |address: &SocketAddr| reach == Reach::Anywhere || is_public(address.ip());
            let vetted: Vec<SocketAddr> = found.filter(may).collect();
            if vetted.is_empty() {
                return Err(NotPublic.into());
            }
            Ok(Box::new(vetted.into_iter()) as Box<dyn Iterator<Item = SocketAddr> + Send>)
        })
    }
}

/// What went wrong, without the words of the error, which repeat the address.
fn why(error: &reqwest::Error) -> FeedError {
    let mut cause: Option<&dyn Error> = Some(error);
    while let Some(inner) = cause {
        if inner.is::<NotPublic>() {
            return FeedError::AddressNotAllowed;
        }
        cause = inner.source();
    }
    if error.is_timeout() { FeedError::TooSlow } else { FeedError::Unreachable }
}
