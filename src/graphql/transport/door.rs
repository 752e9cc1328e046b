//! What the transport needs from the server: a schema, a gate, and who is asking. No protocol.

use std::{
    future::Future,
    net::{IpAddr, Ipv6Addr, SocketAddr},
    pin::Pin,
    sync::Arc,
    time::Duration,
};

use async_graphql::{Data, Executor, parser::types::OperationType};
use axum::{
    extract::ConnectInfo,
    http::{HeaderMap, header, request::Parts},
};
use tokio::sync::Semaphore;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use uuid::Uuid;

use super::{
    code::{Code, Refusal},
    cost::CostModel,
    crowd::{Crowd, Seat},
    document::Documents,
    inputs::Inputs,
    limits::Limits,
};

/// The server, as the transport sees it.
pub trait Door: Clone + Send + Sync + 'static {
    /// The schema, usually `async_graphql::Schema<…>`.
    type Schema: Executor;

    /// The same schema without [`super::nulls::ErrorsStayLocal`], nor anything else that is asked about each field.
    type Plain: Executor;

    /// What operations are executed on.
    fn schema(&self) -> &Self::Schema;

    /// What queries are tried on first: where nothing fails, nobody had to watch.
    fn plain(&self) -> &Self::Plain;

    /// The limits and what is shared by all connections.
    fn gate(&self) -> &Gate;

    /// Finds out who is asking, from the bearer token if there is one. Asked once per HTTP request or socket.
    ///
    /// Refuse with [`Code::Unauthenticated`] if the token is invalid, expired or revoked: HTTP answers 401, and a
    /// socket is closed with 4403. With [`Code::RateLimited`], HTTP answers 429.
    fn admit(
        &self,
        bearer: Option<&str>,
        caller: &Caller,
    ) -> impl Future<Output = Result<Admitted, Refusal>> + Send;

    /// Asked before each operation, whatever the transport, and after each refused one: the place for rate limits by
    /// cost. `None` says that there is no limit. Refuse with [`Code::RateLimited`] and a time.
    fn allow(
        &self,
        _person: Option<&str>,
        _caller: &Caller,
        _cost: u64,
    ) -> impl Future<Output = Result<Option<Allowance>, Refusal>> + Send {
        async { Ok(None) }
    }

    /// Told of each operation: the place for counts.
    fn observe(&self, _observed: Observed) {}

    /// The text of a document that a client registered at another server, by the SHA-256 in hexadecimal.
    fn recall(&self, _hash: &str) -> impl Future<Output = Option<String>> + Send {
        async { None }
    }

    /// A client has registered a document here for the first time: others may want to know it, for a while.
    fn remember(&self, _hash: &str, _text: &str) -> impl Future<Output = ()> + Send {
        async {}
    }
}

/// What somebody may ask for besides this operation. Found in the context by `ctx.data_opt::<Allowance>()`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Allowance {
    /// How much cost is left, now.
    pub left: u64,
    /// How much comes back per minute; there is never more left than that.
    pub per_minute: u64,
}

/// An operation that was answered or refused, to be counted.
#[derive(Debug, Clone, Copy)]
pub struct Observed {
    /// Its kind; `None` where it was refused before that was known.
    pub kind: Option<OperationType>,
    /// The code of its first error.
    pub code: Option<Code>,
    /// How long it ran; for a subscription, until it began.
    pub time: Duration,
    /// What it cost.
    pub cost: u64,
}

/// The answer of [`Door::admit`].
pub struct Admitted {
    /// Who is asking.
    pub who: Who,
    /// Ready when the token has expired or the session or a role was revoked: then open streams end.
    pub ends: Pin<Box<dyn Future<Output = ()> + Send>>,
}

/// Who is asking.
#[derive(Clone)]
pub struct Who {
    /// Whether the larger budget applies.
    pub signed_in: bool,
    /// The key under which a person's connections are counted; `None` counts by address.
    pub person: Option<String>,
    /// Makes what the resolvers of one operation find in their context: the viewer, fresh loaders, the standing for
    /// [`super::rule`]. Called once per operation, so that no loader's cache outlives it.
    pub data: Arc<dyn Fn() -> Data + Send + Sync>,
}

impl Admitted {
    /// A stranger, whose streams may stay open.
    pub fn stranger(data: impl Fn() -> Data + Send + Sync + 'static) -> Self {
        let who = Who { signed_in: false, person: None, data: Arc::new(data) };
        Self { who, ends: Box::pin(std::future::pending()) }
    }
}

/// By which road a request came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Transport {
    /// A POST or GET, including one that is answered by an event stream.
    Http,
    /// A WebSocket.
    Socket,
    /// From within the server: a REST route, an admin page.
    Inside,
}

/// Where a request comes from. Resolvers find it by `ctx.data::<Arc<Caller>>()`.
#[derive(Debug, Clone)]
pub struct Caller {
    /// The client's address, as far as it is known.
    pub address: Option<IpAddr>,
    /// Names this request in answers and logs.
    pub request_id: String,
    /// By which road it came.
    pub transport: Transport,
    /// The headers of the request, or of the socket's upgrade.
    pub headers: HeaderMap,
}

/// The client's address, put among a request's extensions by whoever knows which proxies to trust. Without it, the
/// peer's own address counts.
#[derive(Debug, Clone, Copy)]
pub struct ClientAddress(pub IpAddr);

/// The request's id, put among a request's extensions by whoever logs it. Without it, a sane `x-request-id` of the
/// client counts, or a new one is made.
#[derive(Debug, Clone)]
pub struct RequestId(pub String);

impl Caller {
    /// Reads who sends a request.
    pub fn from_parts(parts: &Parts, transport: Transport) -> Self {
        let peer = || parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(peer)| peer.ip());
        let sent_id = || {
            let id = parts.headers.get("x-request-id")?.to_str().ok()?;
            let sane = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
            ((1..=64).contains(&id.len()) && id.bytes().all(sane)).then(|| id.to_owned())
        };
        Self {
            address: parts.extensions.get::<ClientAddress>().map(|known| known.0).or_else(peer),
            request_id: parts
                .extensions
                .get::<RequestId>()
                .map(|known| known.0.clone())
                .or_else(sent_id)
                .unwrap_or_else(|| Uuid::now_v7().to_string()),
            transport,
            headers: parts.headers.clone(),
        }
    }

    /// A header's text, if it was sent once and is text.
    pub fn header(&self, name: impl header::AsHeaderName) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The token of an `Authorization: Bearer …` header.
    pub fn bearer(&self) -> Option<&str> {
        bearer(self.header(header::AUTHORIZATION)?)
    }
}

/// The token in `Bearer …`, which may be empty; `None` for any other scheme.
pub(super) fn bearer(authorization: &str) -> Option<&str> {
    let (scheme, token) = authorization.split_once(' ').unwrap_or((authorization, ""));
    scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
}

/// From which pages a browser may open a socket. Clients that aren't browsers send no `Origin` and pass.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origins {
    /// From everywhere: for the sandbox.
    Any,
    /// From the server's own pages and from these, as `https://host[:port]`.
    Listed(Vec<String>),
}

impl Origins {
    pub(super) fn allow(&self, headers: &HeaderMap) -> bool {
        let Some(origin) = headers.get(header::ORIGIN) else { return true };
        let (Self::Listed(listed), Ok(origin)) = (self, origin.to_str()) else { return *self == Self::Any };
        let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
        let own = origin.split_once("://").is_some_and(|(_, origin)| Some(origin) == host);
        own || listed.iter().any(|listed| listed == origin)
    }
}

/// What all connections share; built once.
#[derive(Debug)]
pub struct Gate {
    /// What a client may ask for.
    pub limits: Limits,
    /// What the schema's fields cost.
    pub costs: CostModel,
    /// What the schema's inputs are.
    pub inputs: Inputs,
    /// The guard of documents.
    pub documents: Documents,
    /// From where browsers may open sockets.
    pub origins: Origins,
    /// Places for forms with files.
    pub(super) forms: Arc<Semaphore>,
    /// The open connections.
    pub crowd: Crowd,
    /// Cancelled when the server goes: sockets close with 1012, event streams end.
    pub shutdown: CancellationToken,
    /// The sockets: HTTP's own graceful end doesn't know of them once they are upgraded.
    pub(super) sockets: TaskTracker,
}

impl Gate {
    /// A gate for a schema, given as `schema.sdl()`.
    pub fn new(
        sdl: &str,
        limits: Limits,
        origins: Origins,
        shutdown: CancellationToken,
    ) -> anyhow::Result<Self> {
        let sockets = TaskTracker::new();
        sockets.close();
        let (costs, documents) = (CostModel::from_sdl(sdl)?, Documents::new(&limits));
        let inputs = Inputs::from_sdl(sdl)?;
        let forms = Arc::new(Semaphore::new(limits.forms));
        Ok(Self {
            limits,
            costs,
            inputs,
            documents,
            origins,
            forms,
            crowd: Crowd::default(),
            shutdown,
            sockets,
        })
    }

    /// Waits until no socket is open any more; to be awaited after `shutdown` was cancelled, within some patience.
    pub async fn drained(&self) {
        self.sockets.wait().await;
    }

    /// A place for one more open connection.
    pub(super) fn seat(&self, person: Option<&str>, caller: &Caller) -> Result<Seat, Refusal> {
        let (key, most) = match (person, caller.address) {
            (Some(person), _) => (format!("person {person}"), self.limits.connections),
            (None, address) => (network(address), self.limits.connections_per_address),
        };
        let refusal =
            || Refusal::new(Code::RateLimited, format!("At most {most} connections may be open at once."));
        self.crowd.sit(key, most).ok_or_else(refusal)
    }
}

/// An address as limits count it: who holds one IPv6 address holds its /64.
pub fn network(address: Option<IpAddr>) -> String {
    match address.map(|address| address.to_canonical()) {
        None => "unknown".to_owned(),
        Some(IpAddr::V4(address)) => address.to_string(),
        Some(IpAddr::V6(address)) => Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << 64)).to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_are_compared_whole() {
        let allows = |origins: &Origins, origin: Option<&str>| {
            let mut headers = HeaderMap::new();
            headers.insert(header::HOST, "api.example.com".parse().unwrap());
            if let Some(origin) = origin {
                headers.insert(header::ORIGIN, origin.parse().unwrap());
            }
            origins.allow(&headers)
        };
        let listed = Origins::Listed(vec!["https://app.example.com".to_owned()]);
        assert!(allows(&listed, None));
        assert!(allows(&listed, Some("https://app.example.com")));
        assert!(allows(&listed, Some("https://api.example.com")));
        assert!(!allows(&listed, Some("https://app.example.com.evil.test")));
        assert!(!allows(&listed, Some("null")));
        assert!(allows(&Origins::Any, Some("https://elsewhere.test")));
    }

    #[test]
    fn bearer_tokens_are_read_whatever_the_case() {
        assert_eq!(bearer("Bearer abc"), Some("abc"));
        assert_eq!(bearer("bearer  abc "), Some("abc"));
        assert_eq!(bearer("Bearer"), Some(""));
        assert_eq!(bearer("Basic abc"), None);
    }

    #[test]
    fn neighbours_in_one_ipv6_network_are_counted_together() {
        assert_eq!(network("2001:db8::1".parse().ok()), network("2001:db8::ffff:2".parse().ok()));
        assert_ne!(network("2001:db8::1".parse().ok()), network("2001:db8:0:1::1".parse().ok()));
        assert_eq!(network("::ffff:10.0.0.1".parse().ok()), "10.0.0.1");
    }
}
