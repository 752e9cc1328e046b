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
        Ok(()) if !app.search.is_loaded() => (StatusCode::SERVICE_UNAVAILABLE, "search is loading"),
        Ok(()) => (StatusCode::OK, "ready"),
        Err(error) => {
            tracing::warn!(%error, "the database does not answer");
            (StatusCode::SERVICE_UNAVAILABLE, "the database does not answer")
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::{config::Settings, kernel::Clock, server::open};

    #[derive(Parser)]
    struct Cli {
        #[command(flatten)]
        settings: Settings,
    }

    #[tokio::test]
    async fn a_server_that_stops_or_loads_or_has_no_database_is_not_ready() {
        let folder = tempfile::tempdir().unwrap();
        let data_dir = format!("--data-dir={}", folder.path().display());
        let settings = Cli::parse_from(["test", &data_dir]).settings;
        let app = open::app(settings, Clock::ticking(), &[]).await.unwrap();
        let stop = CancellationToken::new();
        assert_eq!(
            ready(app.clone(), stop.clone()).await,
            (StatusCode::SERVICE_UNAVAILABLE, "search is loading")
        );
        app.search.load(&app.db).await.unwrap();
        assert_eq!(ready(app.clone(), stop.clone()).await.0, StatusCode::OK);
        app.db.read().close().await;
        assert_eq!(ready(app.clone(), stop.clone()).await.0, StatusCode::SERVICE_UNAVAILABLE);
        stop.cancel();
        assert_eq!(ready(app, stop).await, (StatusCode::SERVICE_UNAVAILABLE, "stopping"));
    }
}
