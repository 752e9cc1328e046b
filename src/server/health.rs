//! `/livez` and `/readyz`: whether the process runs, and whether it should be sent work. And the keys that verify our
//! tokens.

use axum::{Json, Router, extract::State, http::StatusCode, routing::get};
use tokio_util::sync::CancellationToken;

use crate::app::App;

/// The routes. `stop` makes the server unready at once.
pub fn routes(stop: CancellationToken) -> Router<App> {
    Router::new()
        .route("/livez", get(|| async { "ok" }))
        .route("/readyz", get(move |State(app): State<App>| ready(app, stop.clone())))
        .route("/.well-known/jwks.json", get(|State(app): State<App>| async move { Json(app.keys.jwks()) }))
}

async fn ready(app: App, stop: CancellationToken) -> (StatusCode, &'static str) {
    if stop.is_cancelled() {
        return (StatusCode::SERVICE_UNAVAILABLE, "stopping");
    }
    match app.db.read().ping().await {
        Ok(()) => (StatusCode::OK, "ready"),
        Err(error) => {
            tracing::warn!(%error, "the database does not answer");
            (StatusCode::SERVICE_UNAVAILABLE, "the database does not answer")
        }
    }
}
