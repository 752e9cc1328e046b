//! `POST /webhooks/stripe`: the raw bytes are verified, stored and answered; working on them is a job.

use axum::{
    Router,
    body::Bytes,
    extract::{DefaultBodyLimit, State},
    http::{HeaderMap, StatusCode},
    routing::post,
};

use crate::{app::App, drill, kernel::Fault, payments};

/// Larger than any event that Stripe sends.
const LARGEST: usize = 512 * 1024;

/// The route.
pub fn routes() -> Router<App> {
    Router::new().route("/webhooks/stripe", post(receive)).layer(DefaultBodyLimit::max(LARGEST))
}

async fn receive(State(app): State<App>, headers: HeaderMap, raw: Bytes) -> StatusCode {
    let signature =
        headers.get("stripe-signature").and_then(|header| header.to_str().ok()).unwrap_or_default();
    match payments::receive::receive(&app, &raw, signature).await {
        Ok(_) => {
            drill::point("webhooks.stored");
            StatusCode::OK
        }
        Err(Fault::Broken(cause)) => {
            tracing::error!(
                error = format!("{cause:#}"),
                "a webhook could not be stored: Stripe sends it again"
            );
            StatusCode::INTERNAL_SERVER_ERROR
        }
        Err(fault) => {
            tracing::warn!(?fault, "a webhook was refused");
            StatusCode::BAD_REQUEST
        }
    }
}
