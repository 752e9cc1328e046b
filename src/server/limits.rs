//! How often an address may come: requests per minute, for every route that has no limit of its own. GraphQL is measured
//! by cost, behind its door; Stripe may come as often as it likes.

use std::time::Duration;

use axum::{
    extract::{Request, State},
    http::{HeaderValue, StatusCode, header},
    middleware::Next,
    response::Response,
};

use super::uploads::problem;
use crate::{
    app::App,
    graphql::{
        Code,
        transport::door::{ClientAddress, network},
    },
    ports::Meter,
};

/// What isn't counted: it is counted elsewhere, or asked by those who watch over the server.
const UNCOUNTED: [&str; 4] = ["/graphql", "/webhooks/stripe", "/livez", "/readyz"];

/// Counts a request, and passes it on unless there were too many.
pub async fn count(State(app): State<App>, request: Request, next: Next) -> Response {
    let address = request.extensions().get::<ClientAddress>().map(|known| known.0);
    let per_minute = app.settings.limits.rate_limit_requests;
    if UNCOUNTED.contains(&request.uri().path()) {
        return next.run(request).await;
    }
    match take(&app, "requests", &network(address), per_minute).await {
        Ok(()) => next.run(request).await,
        Err(wait) => too_often(wait),
    }
}

/// Takes one of what `who` may do per minute; an error says when the next may come.
pub async fn take(app: &App, what: &str, who: &str, per_minute: u64) -> Result<(), Duration> {
    if per_minute == 0 {
        return Ok(());
    }
    let meter = Meter { key: format!("{what} {who}"), per_minute };
    app.throttle.take(&[meter], 1).await.map(drop)
}

/// 429, and when to come again.
pub fn too_often(wait: Duration) -> Response {
    let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
    let code = Code::RateLimited.as_str();
    let mut response =
        problem(StatusCode::TOO_MANY_REQUESTS, code, &format!("Too many requests: wait {seconds} s."));
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    response
}
