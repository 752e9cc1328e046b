//! The server: doors opened, routes laid, a worker at work, all of it stopped in good order.
//! No domain rule and no SQL: routes take apart requests and hand them on.

mod client_address;
pub mod demo;
mod door;
pub mod graphiql;
mod health;
mod limits;
mod listen;
pub mod open;
mod pages;
mod reactions;
mod uploads;
mod webhooks;

use std::{net::SocketAddr, sync::Arc, time::Duration};

use anyhow::Context;
use axum::{
    Router,
    http::{HeaderValue, Request, header},
    middleware,
};
use futures_util::StreamExt;
use tokio::{net::TcpListener, task::JoinHandle};
use tokio_util::sync::CancellationToken;
use tower_http::{
    catch_panic::CatchPanicLayer,
    compression::CompressionLayer,
    cors::{AllowOrigin, CorsLayer},
};

use self::door::FrontDoor;
use crate::{
    app::App, graphql::transport, jobs::Worker, kernel::Fault, listings::darkroom::Darkroom, sandbox, search,
};

/// A running server.
pub struct Server {
    /// Where it listens.
    pub address: SocketAddr,
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
        let stop = CancellationToken::new();
        let door = FrontDoor::new(app.clone(), stop.clone())?;
        if let Some(emulator) = &app.emulator {
            // The emulator lives in this process, so loopback reaches us wherever else we listen.
            let port = address.port();
            let host =
                if address.ip().is_unspecified() { "127.0.0.1".to_owned() } else { address.ip().to_string() };
            emulator.set_webhook_url(format!("http://{host}:{port}/webhooks/stripe").parse()?);
        }
        arm(&app).await?;
        let router = router(&app, door.clone(), explorer, &stop);
        let mut tasks = vec![
            tokio::spawn(listen::serve(listener, router, stop.clone())),
            tokio::spawn(follow_clock(app.clone(), stop.clone())),
        ];
        let jobs_at_once = app.settings.jobs_at_once;
        if jobs_at_once > 0 {
            let handler = reactions::handler(app.clone());
            let worker = Worker::new(app.db.clone(), app.clock.clone(), handler, jobs_at_once);
            tasks.push(tokio::spawn(worker.run(stop.clone())));
        }
        Ok(Self { address, app, gate: Arc::new(door), stop, tasks })
    }

    /// Stops taking work, lets what runs end, and returns.
    pub async fn stop(self) {
        use transport::door::Door;
        self.stop.cancel();
        tokio::time::timeout(listen::DRAIN, self.gate.gate().drained()).await.ok();
        for task in self.tasks {
            let abort = task.abort_handle();
            if tokio::time::timeout(listen::DRAIN + Duration::from_secs(1), task).await.is_err() {
                abort.abort();
            }
        }
    }
}

/// All routes, and what stands before them.
fn router(app: &App, door: FrontDoor, explorer: Explorer, stop: &CancellationToken) -> Router {
    let mut routes = Router::new()
        .merge(webhooks::routes())
        .merge(uploads::routes(Darkroom::default()))
        .merge(health::routes(stop.clone()))
        .merge(pages::routes(app))
        .with_state(app.clone())
        .merge(transport::http::routes(door));
    if app.settings.explore() {
        routes = routes.merge(graphiql::routes(move || explorer()));
    }
    let trusted: Arc<[ipnet::IpNet]> = app.settings.http.trusted_proxies.clone().into();
    routes
        .layer(middleware::from_fn_with_state(app.clone(), limits::count))
        .layer(middleware::from_fn(secure))
        .layer(middleware::from_fn_with_state(trusted, client_address::find))
        .layer(cors(app))
        .layer(CompressionLayer::new())
        .layer(CatchPanicLayer::new())
}

/// Headers that every answer has.
async fn secure(request: Request<axum::body::Body>, next: middleware::Next) -> axum::response::Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
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
        .allow_headers([header::AUTHORIZATION, header::CONTENT_TYPE, header::ACCEPT])
}

/// What comes back every day is asked for the first time here.
async fn arm(app: &App) -> anyhow::Result<()> {
    let now = app.clock.now();
    let armed = app.db.write(|tx| async move {
        Ok::<_, Fault<crate::kernel::Never>>(search::turn_day::arm(&tx, now).await?)
    });
    armed.await.context("the daily work cannot be stored")
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
    }
}
