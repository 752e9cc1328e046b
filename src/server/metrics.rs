//! What the server counts, as Prometheus reads it: on an address of its own, for those who watch over it. No label holds
//! an id, or a text that a client chose.

use std::{
    sync::{Arc, atomic::Ordering},
    time::{Duration, Instant},
};

use async_graphql::parser::types::OperationType;
use axum::{
    Router,
    extract::{MatchedPath, Request, State},
    http::{Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
    routing::get,
};
use prometheus_client::{
    encoding::{EncodeLabelSet, text::encode},
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram},
    registry::Registry,
};

use crate::{
    app::App,
    graphql::transport::{crowd::Crowd, door::Observed},
    jobs,
};

/// Upper bounds of durations, in seconds.
const SECONDS: [f64; 12] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0];
/// Upper bounds of costs.
const COSTS: [f64; 8] = [1.0, 5.0, 20.0, 50.0, 100.0, 500.0, 1_000.0, 5_000.0];

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfRequest {
    method: &'static str,
    route: String,
    status: u16,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfRoute {
    route: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfOperation {
    kind: &'static str,
    code: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfKind {
    kind: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfState {
    state: &'static str,
}

type Histograms<L> = Family<L, Histogram, fn() -> Histogram>;

/// All that is counted. Clones share the counts.
#[derive(Clone)]
pub struct Metrics {
    registry: Arc<Registry>,
    requests: Family<OfRequest, Counter>,
    request_seconds: Histograms<OfRoute>,
    operations: Family<OfOperation, Counter>,
    operation_seconds: Histograms<OfKind>,
    operation_cost: Histograms<OfKind>,
    open_streams: Gauge,
    jobs: Family<OfState, Gauge>,
    statements: Counter,
    connections: Family<OfState, Gauge>,
}

impl Default for Metrics {
    fn default() -> Self {
        let durations: fn() -> Histogram = || Histogram::new(SECONDS);
        let costs: fn() -> Histogram = || Histogram::new(COSTS);
        let mut registry = Registry::with_prefix("sojourn");
        let mut metrics = Self {
            registry: Arc::default(),
            requests: Family::default(),
            request_seconds: Family::new_with_constructor(durations),
            operations: Family::default(),
            operation_seconds: Family::new_with_constructor(durations),
            operation_cost: Family::new_with_constructor(costs),
            open_streams: Gauge::default(),
            jobs: Family::default(),
            statements: Counter::default(),
            connections: Family::default(),
        };
        let m = &metrics;
        registry.register("http_requests", "Requests by route and status", m.requests.clone());
        registry.register(
            "http_request_seconds",
            "How long a request took until its answer began",
            m.request_seconds.clone(),
        );
        registry.register("graphql_operations", "Operations by kind and code", m.operations.clone());
        registry.register(
            "graphql_operation_seconds",
            "How long an operation ran",
            m.operation_seconds.clone(),
        );
        registry.register("graphql_operation_cost", "What an operation cost", m.operation_cost.clone());
        registry.register("open_streams", "WebSockets and event streams", m.open_streams.clone());
        registry.register("jobs", "Jobs that wait, run, or are dead", m.jobs.clone());
        registry.register("db_statements", "Statements that were run", m.statements.clone());
        registry.register("db_connections", "Connections to the database", m.connections.clone());
        metrics.registry = Arc::new(registry);
        metrics
    }
}

impl Metrics {
    /// Counts an operation.
    pub fn operation(&self, observed: &Observed) {
        let kind = match observed.kind {
            Some(OperationType::Query) => "query",
            Some(OperationType::Mutation) => "mutation",
            Some(OperationType::Subscription) => "subscription",
            None => "unknown",
        };
        let code = observed.code.map_or("OK", |code| code.as_str());
        self.operations.get_or_create(&OfOperation { kind, code }).inc();
        if observed.kind.is_some() {
            let kind = OfKind { kind };
            self.operation_seconds.get_or_create(&kind).observe(observed.time.as_secs_f64());
            self.operation_cost
                .get_or_create(&kind)
                .observe(f64::from(u32::try_from(observed.cost).unwrap_or(u32::MAX)));
        }
    }

    fn request(&self, method: &Method, route: String, status: StatusCode, time: Duration) {
        let method = match *method {
            Method::GET => "GET",
            Method::POST => "POST",
            Method::PUT => "PUT",
            Method::PATCH => "PATCH",
            Method::DELETE => "DELETE",
            Method::HEAD => "HEAD",
            Method::OPTIONS => "OPTIONS",
            _ => "other",
        };
        self.request_seconds.get_or_create(&OfRoute { route: route.clone() }).observe(time.as_secs_f64());
        self.requests.get_or_create(&OfRequest { method, route, status: status.as_u16() }).inc();
    }

    /// Looks at what isn't counted as it happens.
    async fn look(&self, app: &App, crowd: &Crowd) -> anyhow::Result<()> {
        self.open_streams.set(i64::try_from(*crowd.watch().borrow())?);
        self.statements.inner().store(app.db.statements(), Ordering::Relaxed);
        let (open, idle) = app.db.connections();
        for (state, count) in [("open", open), ("idle", idle)] {
            self.connections.get_or_create(&OfState { state }).set(i64::try_from(count)?);
        }
        let counts = jobs::counts(&app.db).await?;
        for (state, count) in
            [("waiting", counts.waiting), ("running", counts.running), ("dead", counts.dead)]
        {
            self.jobs.get_or_create(&OfState { state }).set(count);
        }
        Ok(())
    }
}

/// Counts a request, by the route that it met.
pub async fn observe(State(metrics): State<Metrics>, request: Request, next: Next) -> Response {
    let (begin, method) = (Instant::now(), request.method().clone());
    // What a client asked for that is no route of ours has no name.
    let route = request.extensions().get::<MatchedPath>().map_or("none", MatchedPath::as_str).to_owned();
    let response = next.run(request).await;
    metrics.request(&method, route, response.status(), begin.elapsed());
    response
}

/// `/metrics`, to be served where strangers don't come.
pub fn routes(metrics: Metrics, app: App, crowd: Crowd) -> Router {
    let answer = move || {
        let (metrics, app, crowd) = (metrics.clone(), app.clone(), crowd.clone());
        async move {
            if let Err(error) = metrics.look(&app, &crowd).await {
                // What can't be asked for now keeps its last value; the rest is told all the same.
                tracing::warn!(error = format!("{error:#}"), "not everything could be counted");
            }
            let mut text = String::new();
            match encode(&mut text, &metrics.registry) {
                Ok(()) => {
                    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
                    ([(header::CONTENT_TYPE, kind)], text).into_response()
                }
                Err(error) => {
                    tracing::error!(%error, "the metrics cannot be written");
                    StatusCode::INTERNAL_SERVER_ERROR.into_response()
                }
            }
        }
    };
    Router::new().route("/metrics", get(answer))
}
