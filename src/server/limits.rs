//! How much the server takes on: requests at once and per minute, and how long a body may take. GraphQL is measured by
//! cost, behind its door; Stripe may come as often as it likes.

use std::{sync::Arc, time::Duration};

use axum::{
    body::{Body, HttpBody},
    extract::{Request, State},
    http::{HeaderValue, StatusCode, header},
    middleware::Next,
    response::Response,
};
use futures_util::{StreamExt, stream};
use ipnet::IpNet;
use tokio::{
    sync::Semaphore,
    time::{Instant, timeout_at},
};

use super::uploads::problem;
use crate::{
    app::App,
    config::Settings,
    graphql::{
        Code,
        transport::{
            code::whole_seconds,
            door::{ClientAddress, network},
        },
    },
    ports::Meter,
};

/// Asked by those who watch over the server, however busy it is.
const WATCHED: [&str; 2] = ["/livez", "/readyz"];

/// What isn't counted per minute either: it is counted elsewhere, or must not be refused.
const UNCOUNTED: [&str; 2] = ["/graphql", "/webhooks/stripe"];

/// Passes a request on if there are not too many already.
pub async fn cap(State(places): State<Arc<Semaphore>>, request: Request, next: Next) -> Response {
    if WATCHED.contains(&request.uri().path()) {
        return next.run(request).await;
    }
    let Ok(_place) = places.try_acquire() else {
        return later(StatusCode::SERVICE_UNAVAILABLE, Duration::from_secs(1), "The server is busy");
    };
    next.run(request).await
}

/// Counts a request, and passes it on unless there were too many.
pub async fn count(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    if UNCOUNTED.contains(&path) || WATCHED.contains(&path) {
        return next.run(request).await;
    }
    let address = request.extensions().get::<ClientAddress>().map(|known| known.0);
    let per_minute = app.settings.limits.rate_limit_requests;
    match take(&app, "requests", &network(address), per_minute).await {
        Ok(()) => next.run(request).await,
        Err(wait) => too_often(wait),
    }
}

/// Takes one of what `who` may do per minute; an error says when the next may come.
async fn take(app: &App, what: &str, who: &str, per_minute: u64) -> Result<(), Duration> {
    if per_minute == 0 {
        return Ok(());
    }
    let meter = Meter { key: format!("{what} {who}"), per_minute };
    app.throttle.take(&[meter], 1).await.map(drop)
}

/// 429, and when to come again.
pub fn too_often(wait: Duration) -> Response {
    later(StatusCode::TOO_MANY_REQUESTS, wait, "Too many requests")
}

/// 503, and when to come again.
pub fn busy() -> Response {
    later(StatusCode::SERVICE_UNAVAILABLE, Duration::from_secs(1), "The server is busy")
}

fn later(status: StatusCode, wait: Duration, why: &str) -> Response {
    let seconds = whole_seconds(wait);
    let mut response =
        problem(status, Code::RateLimited.as_str(), &format!("{why}: come again in {seconds} s."));
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    response
}

/// Breaks off a body that takes too long, whoever reads it.
pub async fn hurry(State(settings): State<Arc<Settings>>, request: Request, next: Next) -> Response {
    if request.uri().path() == "/graphql" {
        // It reads its bodies itself, and says in GraphQL what was wrong.
        return next.run(request).await;
    }
    let until = Instant::now() + Duration::from_secs(settings.limits.body_seconds);
    let in_time = request.map(|body| {
        if body.is_end_stream() {
            return body;
        }
        Body::from_stream(stream::unfold(Some(body.into_data_stream()), move |rest| async move {
            let mut rest = rest?;
            match timeout_at(until, rest.next()).await {
                Ok(chunk) => chunk.map(|chunk| (chunk, Some(rest))),
                Err(late) => Some((Err(axum::Error::new(late)), None)),
            }
        }))
    });
    next.run(in_time).await
}

/// From where one may come, and from where not.
#[derive(Clone)]
pub struct Borders {
    allow: Arc<[IpNet]>,
    deny: Arc<[IpNet]>,
}

impl Borders {
    /// Those of the settings.
    pub fn new(app: &App) -> Self {
        let http = &app.settings.http;
        Self { allow: http.allow_addresses.clone().into(), deny: http.deny_addresses.clone().into() }
    }

    fn open_for(&self, address: Option<ClientAddress>) -> bool {
        let within = |nets: &[IpNet]| {
            address.is_some_and(|address| nets.iter().any(|net| net.contains(&address.0.to_canonical())))
        };
        (self.allow.is_empty() || within(&self.allow)) && !within(&self.deny)
    }
}

/// Passes on who may come.
pub async fn guard(State(borders): State<Borders>, request: Request, next: Next) -> Response {
    let address = request.extensions().get::<ClientAddress>().copied();
    if WATCHED.contains(&request.uri().path()) || borders.open_for(address) {
        return next.run(request).await;
    }
    problem(StatusCode::FORBIDDEN, Code::Forbidden.as_str(), "This server is not open to your network.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_denied_is_denied_although_it_is_allowed() {
        let nets = |nets: &[&str]| nets.iter().map(|net| net.parse().unwrap()).collect::<Vec<IpNet>>().into();
        let is_open = |borders: &Borders, address: &str| {
            borders.open_for(Some(ClientAddress(address.parse().unwrap())))
        };
        let all = Borders { allow: nets(&[]), deny: nets(&[]) };
        assert!(is_open(&all, "203.0.113.9") && all.open_for(None));
        let some = Borders { allow: nets(&["10.0.0.0/8", "2001:db8::/32"]), deny: nets(&["10.6.6.0/24"]) };
        assert!(is_open(&some, "10.1.1.1") && is_open(&some, "::ffff:10.1.1.1"));
        assert!(is_open(&some, "2001:db8::1"));
        assert!(!is_open(&some, "10.6.6.6") && !is_open(&some, "203.0.113.9") && !some.open_for(None));
    }
}
