//! A Stripe of our own on a loopback port, for sandbox and tests: it speaks Stripe's wire format, keeps state, refuses
//! what Stripe refuses and posts signed webhooks. It knows nothing of bookings, and no real card number comes near it.

mod accounts;
mod books;
pub mod cards;
mod charges;
mod contract;
mod disputes;
mod errors;
mod events;
mod form;
mod idempotency;
mod intents;
mod journal;
mod onboarding;
mod paying;
mod planting;
mod refunds;
mod routes;
mod service;
mod shelf;
mod switches;
mod transfers;

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use anyhow::Context;
use axum::{
    Router,
    body::{Body, Bytes},
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::Response,
};
use tokio::sync::{Notify, watch};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use url::Url;

use self::{
    books::{Books, mint},
    errors::ApiError,
    form::Params,
    idempotency::Answer,
    journal::Journal,
    service::{Call, Service},
};
use crate::kernel::Clock;

pub use self::{
    cards::{CARDS, TestCard, payment_method_for},
    planting::{OldAccount, OldCharge, OldTransfer},
    switches::Switches,
};

/// More than any form that Stripe takes.
const LARGEST_BODY: usize = 1024 * 1024;

/// How the emulator is opened.
#[derive(Clone)]
pub struct EmulatorSettings {
    /// A loopback address; port 0 takes a free one.
    pub listen: SocketAddr,
    /// The key that calls must carry (`sk_test_…`).
    pub secret_key: String,
    /// What webhooks are signed with (`whsec_…`).
    pub webhook_secret: String,
    /// Where webhooks go; may be set later, and they wait until then.
    pub webhook_url: Option<Url>,
    /// The domain's clock: authorisations lapse by it.
    pub clock: Clock,
    /// The file that keeps everything over a restart; `None` is memory only.
    pub snapshot: Option<PathBuf>,
}

/// What an emulator's file says, as JSON: `intents`, `charges`, `refunds` and so on, each by id.
pub fn read_file(path: &Path) -> anyhow::Result<serde_json::Value> {
    Ok(serde_json::to_value(journal::read(path)?)?)
}

/// A running emulator. Dropping it ends it.
pub struct Emulator {
    service: Arc<Service>,
    url: Url,
    stop: CancellationToken,
    tasks: TaskTracker,
}

impl Drop for Emulator {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

impl Emulator {
    /// Reads the file and begins to listen. Fails when the address is not a loopback one, or is taken, or the file
    /// can't be read.
    pub async fn start(settings: EmulatorSettings) -> anyhow::Result<Self> {
        anyhow::ensure!(settings.listen.ip().is_loopback(), "the Stripe emulator listens on loopback only");
        let (books, journal) = match &settings.snapshot {
            Some(path) => {
                let (books, journal) = Journal::open(path).with_context(|| {
                    format!("the Stripe emulator's file {} can't be read", path.display())
                })?;
                (books, Some(Mutex::new(journal)))
            }
            None => (Books::default(), None),
        };
        let listener = tokio::net::TcpListener::bind(settings.listen).await?;
        let url = Url::parse(&format!("http://{}/", listener.local_addr()?))?;
        let service = Arc::new(Service {
            url: url.clone(),
            secret_key: settings.secret_key,
            webhook_secret: settings.webhook_secret,
            clock: settings.clock,
            journal,
            books: Mutex::new(books),
            switches: Mutex::default(),
            webhook_url: Mutex::new(settings.webhook_url),
            in_flight: Mutex::default(),
            changed: Notify::new(),
            undelivered: watch::Sender::new(0),
            misfits: Mutex::default(),
        });
        service.wake();

        // The HTTP client asks for a TLS provider even where there is no TLS; whoever installs one first is right.
        let _ = rustls::crypto::ring::default_provider().install_default();
        // Webhooks go to the server that it lives in, by loopback, whose certificate names another host.
        let http = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none());
        let http = http.tls_danger_accept_invalid_certs(true).build()?;
        let (stop, tasks) = (CancellationToken::new(), TaskTracker::new());
        let router = Router::new().fallback(handle).with_state(Arc::clone(&service));
        let until = stop.clone().cancelled_owned();
        tasks.spawn(async move {
            if let Err(cause) = axum::serve(listener, router).with_graceful_shutdown(until).await {
                tracing::error!(%cause, "the Stripe emulator stopped");
            }
        });
        let (delivering, until) = (Arc::clone(&service), stop.clone());
        tasks.spawn(async move { events::deliver(&delivering, &http, &until).await });
        tasks.close();
        Ok(Self { service, url, stop, tasks })
    }

    /// Where it listens, as [`StripeSettings::api_url`](super::StripeSettings) wants it.
    pub fn url(&self) -> Url {
        self.url.clone()
    }

    /// Says where webhooks go; those that wait are sent at once.
    pub fn set_webhook_url(&self, url: Url) {
        *self.service.webhook_url.lock().unwrap_or_else(PoisonError::into_inner) = Some(url);
        self.service.wake();
    }

    /// Resolves when every webhook that can be delivered has been. Those that are held, or that have nowhere to go, do
    /// not count.
    pub async fn idle(&self) {
        let mut undelivered = self.service.undelivered.subscribe();
        // The sender lives as long as `self`, so this can't fail.
        let _ = undelivered.wait_for(|count| *count == 0).await;
    }

    /// Does what Stripe would have done by itself up to the clock's now; to be called after the clock was moved.
    pub fn catch_up(&self) {
        self.service.catch_up();
    }

    /// The switches for tests.
    pub fn switches(&self) -> Switches {
        Switches(Arc::clone(&self.service))
    }

    /// Ends it and waits until the port is free and nothing more is written.
    pub async fn stop(self) {
        self.stop.cancel();
        self.tasks.wait().await;
    }
}

/// One call. The work is a task of its own: a caller who goes away does not undo what was begun.
async fn handle(State(service): State<Arc<Service>>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let Ok(body) = axum::body::to_bytes(body, LARGEST_BODY).await else {
        return respond(ApiError::parameter("body", None, "The request is too large.").answer(), None);
    };
    let method = head.method.as_str().to_owned();
    let encoded = match head.method.as_str() {
        "POST" => &body[..],
        _ => head.uri.query().unwrap_or_default().as_bytes(),
    };
    let call = Call {
        path: head.uri.path().to_owned(),
        query: head.uri.query().map(str::to_owned),
        params: Params::parse(encoded),
        secret: text(&head.headers, &header::AUTHORIZATION)
            .and_then(|value| value.strip_prefix("Bearer "))
            .map(str::to_owned),
        key: text(&head.headers, &HeaderName::from_static("idempotency-key"))
            .filter(|_| method == "POST")
            .map(str::to_owned),
        request: mint("req"),
        method,
    };
    if let Some(page) = onboarding::page(&service, &call) {
        return page;
    }
    tokio::spawn(work(service, call)).await.unwrap_or_else(|_| respond(ApiError::broken().answer(), None))
}

/// The call with all the trouble that the switches make.
async fn work(service: Arc<Service>, call: Call) -> Response {
    let trouble = {
        let mut switches = service.switches.lock().unwrap_or_else(PoisonError::into_inner);
        switches.meet(&call.route(), &call.name())
    };
    let _under_way = match service.begin(call.key.as_deref()) {
        Ok(guard) => guard,
        Err(refusal) => return respond(refusal.answer(), Some(&call)),
    };
    if !trouble.delay.is_zero() {
        tokio::time::sleep(trouble.delay).await;
    }
    if trouble.fail {
        return respond(ApiError::broken().answer(), Some(&call));
    }
    if trouble.reset {
        return broken_off();
    }
    let (answer, replayed) = service.answer(&call);
    if trouble.silent {
        return broken_off();
    }
    let mut response = respond(answer, Some(&call));
    if replayed {
        let yes = HeaderValue::from_static("true");
        response.headers_mut().insert(HeaderName::from_static("idempotent-replayed"), yes);
    }
    response
}

fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

fn respond(answer: Answer, call: Option<&Call>) -> Response {
    let mut response = Response::new(Body::from(answer.body.to_string()));
    *response.status_mut() = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    if let Some(id) = call.and_then(|call| HeaderValue::from_str(&call.request).ok()) {
        headers.insert(HeaderName::from_static("request-id"), id);
    }
    response
}

/// An answer whose connection breaks in the middle of the body.
fn broken_off() -> Response {
    let parts = [Ok(Bytes::from_static(b"{")), Err(std::io::Error::other("broken off on purpose"))];
    Response::new(Body::from_stream(futures_util::stream::iter(parts)))
}
