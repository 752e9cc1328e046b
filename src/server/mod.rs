//! The server: doors opened, routes laid, a worker at work, all of it stopped in good order.
//! No domain rule and no SQL: routes take apart requests and hand them on.

mod calendars;
mod client_address;
pub mod demo;
mod door;
pub mod graphiql;
mod health;
mod limits;
mod listen;
mod metrics;
pub mod open;
mod pages;
mod patience;
mod reactions;
mod tls;
mod uploads;
mod webhooks;

use std::{net::SocketAddr, sync::Arc, time::Duration};

use anyhow::Context;
use axum::{
    Router,
    extract::State,
    http::{HeaderName, HeaderValue, Request, header},
    middleware,
};
use futures_util::StreamExt;
use tokio::{net::TcpListener, sync::Semaphore, task::JoinHandle};
use tokio_util::sync::CancellationToken;
use tower::ServiceBuilder;
use tower_http::{
    catch_panic::CatchPanicLayer,
    compression::CompressionLayer,
    cors::{AllowOrigin, CorsLayer},
};

use self::{door::FrontDoor, metrics::Metrics};
use crate::{
    app::App,
    calendar,
    event::Event,
    graphql::transport::{self, door::Door},
    jobs::{Pace, Worker},
    kernel::{Fault, JobId, Never},
    listings::darkroom::Darkroom,
    ports::bus::Delivery,
    pricing, sandbox,
};

/// Where servers tell each other that a job was stored.
const JOBS: &str = "jobs";

/// How long the index of search waits for a database that failed.
const BEFORE_LOADING_AGAIN: Duration = Duration::from_secs(1);

/// How often the server looks whether what comes back by itself still does.
const LOOK_AGAIN: Duration = Duration::from_secs(15 * 60);

/// A running server.
pub struct Server {
    /// Where it listens.
    pub address: SocketAddr,
    /// Where it tells what it counts, if it does.
    pub metrics: Option<SocketAddr>,
    /// Its hands.
    pub app: App,
    gate: Arc<FrontDoor>,
    stop: CancellationToken,
    tasks: Vec<JoinHandle<()>>,
}

/// What else a server offers: what GraphiQL is filled in with.
pub type Explorer =
    Arc<dyn Fn() -> futures_util::future::BoxFuture<'static, graphiql::Settings> + Send + Sync>;

impl Server {
    /// Binds the address, lays the routes and sets the worker to work.
    pub async fn start(app: App, listener: TcpListener, explorer: Explorer) -> anyhow::Result<Self> {
        let address = listener.local_addr()?;
        let tls = tls::acceptor(&app.settings.tls)?;
        let stop = CancellationToken::new();
        let metrics = Metrics::default();
        let darkroom = Darkroom::default();
        let door = FrontDoor::new(app.clone(), darkroom.clone(), metrics.clone(), stop.clone())?;
        if let Some(emulator) = &app.emulator {
            // The emulator lives in this process, so loopback reaches us wherever else we listen.
            let port = address.port();
            let host =
                if address.ip().is_unspecified() { "127.0.0.1".to_owned() } else { address.ip().to_string() };
            let scheme = app.settings.tls.scheme();
            emulator.set_webhook_url(format!("{scheme}://{host}:{port}/webhooks/stripe").parse()?);
        }
        arm(&app).await?;
        let counted = metrics::routes(metrics.clone(), app.clone(), door.gate().crowd.clone());
        let router = router(&app, door.clone(), darkroom, metrics, explorer, &stop);
        let mut tasks = vec![
            tokio::spawn(listen::serve(listener, router, app.settings.limits.clone(), tls, stop.clone())),
            tokio::spawn(follow_clock(app.clone(), stop.clone())),
            tokio::spawn(pass_on_jobs(app.clone(), stop.clone())),
            tokio::spawn(keep_armed(app.clone(), stop.clone())),
            tokio::spawn(follow_rates(app.clone(), stop.clone())),
            tokio::spawn(load_search(app.clone(), stop.clone())),
        ];
        let mut metrics = None;
        if let Some(address) = app.settings.metrics_listen {
            let listener = TcpListener::bind(address)
                .await
                .with_context(|| format!("cannot listen on {address} for METRICS_LISTEN"))?;
            metrics = Some(listener.local_addr()?);
            tasks.push(tokio::spawn(listen::serve(
                listener,
                counted,
                app.settings.limits.clone(),
                None,
                stop.clone(),
            )));
        }
        let jobs_at_once = app.settings.jobs_at_once;
        if jobs_at_once > 0 {
            let handler = reactions::handler(app.clone());
            let pace = Pace { limit: reactions::limit, ..Pace::default() };
            let worker = Worker::new(app.db.clone(), app.clock.clone(), handler, jobs_at_once).at_pace(pace);
            tasks.push(tokio::spawn(worker.run(stop.clone())));
        }
        Ok(Self { address, metrics, app, gate: Arc::new(door), stop, tasks })
    }

    /// Stops taking work, lets what runs end, and returns.
    pub async fn stop(self) {
        self.stop_within(listen::DRAIN).await;
    }

    /// The same with another limit: one for all of it, however much hangs. What is cut off is taken up again by the
    /// next server.
    pub async fn stop_within(self, limit: Duration) {
        let deadline = tokio::time::Instant::now() + limit;
        self.stop.cancel();
        tokio::time::timeout_at(deadline, self.gate.gate().drained()).await.ok();
        for task in self.tasks {
            let abort = task.abort_handle();
            if tokio::time::timeout_at(deadline, task).await.is_err() {
                abort.abort();
            }
        }
    }
}

/// All routes, and what stands before them.
fn router(
    app: &App,
    door: FrontDoor,
    darkroom: Darkroom,
    metrics: Metrics,
    explorer: Explorer,
    stop: &CancellationToken,
) -> Router {
    let mut routes = Router::new()
        .merge(webhooks::routes())
        .merge(calendars::routes())
        .merge(uploads::routes(darkroom))
        .merge(health::routes(stop.clone()))
        .merge(pages::routes(app))
        .with_state(app.clone())
        .merge(transport::http::routes(door));
    if app.settings.explore() {
        routes = routes.merge(graphiql::routes(move || explorer()));
    }
    let trusted: Arc<[ipnet::IpNet]> = app.settings.http.trusted_proxies.clone().into();
    let places = Arc::new(Semaphore::new(app.settings.limits.requests_at_once));
    let settings = Arc::clone(&app.settings);
    // One stack, the outermost first. A layer at a time, the router would box each, and copy all boxes within it for each
    // request.
    routes.layer(
        ServiceBuilder::new()
            .layer(middleware::from_fn_with_state(metrics, metrics::observe))
            .layer(CompressionLayer::new())
            .layer(middleware::from_fn_with_state(settings.behind_tls(), secure))
            .layer(cors(app))
            .layer(CatchPanicLayer::new())
            .layer(middleware::from_fn_with_state(places, limits::cap))
            .layer(middleware::from_fn_with_state(trusted, client_address::find))
            .layer(middleware::from_fn_with_state(limits::Borders::new(app), limits::guard))
            .layer(middleware::from_fn_with_state(Arc::new(app.clone()), limits::count))
            .layer(middleware::from_fn_with_state(settings, limits::hurry)),
    )
}

/// Headers that every answer has. What is said to somebody who is signed in is for nobody's cache.
async fn secure(
    State(behind_tls): State<bool>,
    request: Request<axum::body::Body>,
    next: middleware::Next,
) -> axum::response::Response {
    let signed_in = request.headers().contains_key(header::AUTHORIZATION);
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    let policy = || HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'");
    headers.entry(header::CONTENT_SECURITY_POLICY).or_insert_with(policy);
    if behind_tls {
        let for_a_year = HeaderValue::from_static("max-age=31536000");
        headers.insert(header::STRICT_TRANSPORT_SECURITY, for_a_year);
    }
    if signed_in {
        headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    }
    response
}

/// Frontends elsewhere may call if their origin is listed; in a sandbox without a list, all may, but never with
/// cookies: tokens travel in a header that only the frontend's own script can set.
fn cors(app: &App) -> CorsLayer {
    let listed: Vec<HeaderValue> = app.settings.http.origins.iter().filter_map(|o| o.parse().ok()).collect();
    let origins = if listed.is_empty() && app.settings.sandbox() {
        AllowOrigin::any()
    } else {
        AllowOrigin::list(listed)
    };
    CorsLayer::new()
        .allow_origin(origins)
        .allow_methods([axum::http::Method::GET, axum::http::Method::POST])
        .allow_headers([
            header::AUTHORIZATION,
            header::CONTENT_TYPE,
            header::ACCEPT,
            HeaderName::from_static("graphql-preflight"),
            HeaderName::from_static("x-sojourn-preflight"),
            HeaderName::from_static("apollo-require-preflight"),
            HeaderName::from_static("x-request-id"),
        ])
        .expose_headers([header::RETRY_AFTER, HeaderName::from_static("x-request-id")])
        .max_age(Duration::from_secs(60 * 60))
}

/// What comes back by itself is asked for where nothing of its kind waits: the first time of all, and after one died.
async fn arm(app: &App) -> anyhow::Result<()> {
    let now = app.clock.now();
    let armed = app.db.write(|tx| async move {
        for event in Event::RECURRING {
            event.emit_if_none(&tx, now).await?;
        }
        calendar::feeds::arm(&tx, now).await?;
        Ok::<_, Fault<Never>>(())
    });
    armed.await.context("the daily work cannot be stored")
}

/// Looks again and again whether what comes back by itself still does.
async fn keep_armed(app: App, stop: CancellationToken) {
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(LOOK_AGAIN) => {}
        }
        if let Err(error) = arm(&app).await {
            tracing::warn!(error = format!("{error:#}"), "the daily work could not be looked after");
        }
    }
}

/// Tells other servers that a job was stored, and wakes this one's worker when they say so: whoever has a place free
/// takes the job at once. The message is the sender's name, so that nobody hears himself.
async fn pass_on_jobs(app: App, stop: CancellationToken) {
    let me = bytes::Bytes::from(JobId::new().to_string());
    let mut told = app.bus.subscribe(JOBS).await;
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = app.db.job_to_tell() => app.bus.publish(JOBS, me.clone()).await,
            heard = told.next() => match heard {
                None => return,
                Some(Delivery::Message(sender)) if sender == me => {}
                Some(Delivery::Message(_) | Delivery::Missed) => app.db.wake_worker(),
            },
        }
    }
}

/// Another server has moved the sandbox's clock: so do we.
async fn follow_clock(app: App, stop: CancellationToken) {
    let mut moves = app.bus.subscribe(sandbox::TOPIC).await;
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            moved = moves.next() => if moved.is_none() { return },
        }
        if let Err(error) = sandbox::read_offset(&app.db, &app.clock).await {
            tracing::warn!(%error, "the clock could not be read");
        }
        app.db.wake_worker();
    }
}

/// Loads the index of search, however often the database fails meanwhile: until then the server isn't ready, so nobody is
/// sent here who would have it loaded.
async fn load_search(app: App, stop: CancellationToken) {
    let loaded = async {
        while let Err(error) = app.search.load(&app.db).await {
            tracing::warn!(%error, "the index of search can't be loaded: once more in a moment");
            tokio::time::sleep(BEFORE_LOADING_AGAIN).await;
        }
    };
    tokio::select! {
        () = stop.cancelled() => {}
        () = loaded => {}
    }
}

/// Some server has stored new rates of exchange: they are read again.
async fn follow_rates(app: App, stop: CancellationToken) {
    let mut changes = app.bus.subscribe(pricing::refresh_rates::TOPIC).await;
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            changed = changes.next() => if changed.is_none() { return },
        }
        if let Err(error) = app.rates.read(app.db.read()).await {
            tracing::warn!(%error, "the rates of exchange could not be read");
        }
    }
}
