//! GraphQL over HTTP, as the audits of `graphql-http` test it. No guard, no cost, no execution of its own.

use std::sync::Arc;

use async_graphql::{Response as Answer, parser::types::OperationType};
use axum::{
    Router,
    body::{Body, Bytes},
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header, request::Parts},
    response::{IntoResponse, Redirect, Response},
    routing::any,
};
use futures_util::StreamExt;

use super::{
    code::{Code, Refusal, is_request_error, whole_seconds},
    door::{Admitted, Caller, Door, Transport},
    limits::Limits,
    media::{Accept, Media, is_json},
    run::{self, Ask},
    socket, sse,
};

/// `/graphql` for POST, GET and WebSockets.
///
/// Mount it with `Router::new().merge(graphql::http::routes(door))`. CORS, compression, client addresses
/// ([`super::door::ClientAddress`]) and request ids ([`super::door::RequestId`]) are layers around it.
pub fn routes<D: Door>(door: D) -> Router {
    Router::new().route("/graphql", any(serve::<D>)).with_state(door)
}

async fn serve<D: Door>(State(door): State<D>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    if parts.method == Method::GET && parts.headers.contains_key(header::UPGRADE) {
        return socket::upgrade(door, parts).await;
    }
    let caller = Arc::new(Caller::from_parts(&parts, Transport::Http));
    let accept = Accept::read(&parts.headers);
    let media = accept.media.unwrap_or(Media::Json);
    let mut response = match answer(&door, &parts, body, &caller, accept).await {
        Ok(response) => response,
        Err(refusal) => refused(run::charge(&door, None, &caller, refusal).await, media, &caller),
    };
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Ok(id) = HeaderValue::from_str(&caller.request_id) {
        headers.insert("x-request-id", id);
    }
    response
}

async fn answer<D: Door>(
    door: &D,
    parts: &Parts,
    body: Body,
    caller: &Arc<Caller>,
    accept: Accept,
) -> Result<Response, Refusal> {
    let gate = door.gate();
    let is_get = parts.method == Method::GET;
    if !is_get && parts.method != Method::POST {
        return Err(Refusal { allow: Some("GET, POST"), ..not_allowed("GraphQL is asked by POST or GET.") });
    }
    if is_get && accept.html && parts.uri.query().is_none_or(|query| !query.contains("query=")) {
        return Ok(Redirect::to("/graphiql").into_response());
    }
    let Some(media) = accept.media.or(accept.events.then_some(Media::Json)) else {
        let message = "Accept application/graphql-response+json, application/json or text/event-stream.";
        return Err(Refusal::malformed(message).with_status(StatusCode::NOT_ACCEPTABLE));
    };
    if is_get && from_elsewhere(&parts.headers) && !accept.deliberate {
        let message = "Name a GraphQL type in Accept, or send the header GraphQL-Preflight: 1.";
        return Err(Refusal::new(Code::CsrfPrevention, message));
    }
    // A page can't send JSON elsewhere without asking first (a CORS preflight), so this is the guard for POST.
    if !is_get && !is_json(&parts.headers) {
        let message = "Send application/json in UTF-8. Files are sent to POST /uploads.";
        return Err(Refusal::malformed(message).with_status(StatusCode::UNSUPPORTED_MEDIA_TYPE));
    }
    let Admitted { who, ends } = door.admit(caller.bearer(), caller).await?;
    let ask = if is_get {
        Ask::from_query_string(parts.uri.query().unwrap_or_default(), &gate.limits)?
    } else {
        let bytes = read(body, &gate.limits).await?;
        let json = serde_json::from_slice(&bytes).map_err(|_| Refusal::malformed("The body is not JSON."))?;
        Ask::from_json(json, &gate.limits)?
    };
    let prepared = run::prepare(gate, &who, caller, ask)?;
    if is_get && prepared.kind == OperationType::Mutation {
        return Err(Refusal { allow: Some("POST"), ..not_allowed("Mutations are sent by POST.") });
    }
    if accept.events && (accept.media.is_none() || prepared.kind == OperationType::Subscription) {
        return sse::respond(door, Admitted { who, ends }, caller, prepared).await;
    }
    if prepared.kind == OperationType::Subscription {
        let message = "Subscriptions need a WebSocket (graphql-transport-ws), or Accept: text/event-stream.";
        return Err(Refusal::new(Code::BadUserInput, message));
    }
    let answer = run::execute(door, &who, caller, prepared).await?;
    let status = match media {
        Media::GraphQl if is_request_error(&answer) => StatusCode::BAD_REQUEST,
        Media::GraphQl | Media::Json => StatusCode::OK,
    };
    Ok(written(answer, status, media))
}

fn not_allowed(message: &str) -> Refusal {
    Refusal::malformed(message).with_status(StatusCode::METHOD_NOT_ALLOWED)
}

/// Whether a browser says that a page from elsewhere made it ask, without having asked us whether it may.
fn from_elsewhere(headers: &HeaderMap) -> bool {
    let site = headers.get("sec-fetch-site").map(HeaderValue::as_bytes);
    let elsewhere = headers.contains_key(header::ORIGIN)
        || site.is_some_and(|site| site != b"same-origin" && site != b"none");
    let preflighted =
        ["graphql-preflight", "x-sojourn-preflight", "apollo-require-preflight", "authorization"];
    elsewhere && !preflighted.iter().any(|name| headers.contains_key(*name))
}

/// Reads a body, and stops reading one that is too large or too slow.
async fn read(body: Body, limits: &Limits) -> Result<Bytes, Refusal> {
    let reading = async {
        let mut stream = body.into_data_stream();
        let mut bytes = Vec::new();
        while let Some(chunk) = stream.next().await {
            let chunk = chunk.map_err(|_| Refusal::malformed("The body broke off."))?;
            if bytes.len() + chunk.len() > limits.body_bytes {
                let message = format!("A body may have at most {} bytes.", limits.body_bytes);
                return Err(Refusal::new(Code::PayloadTooLarge, message));
            }
            bytes.extend_from_slice(&chunk);
        }
        Ok(Bytes::from(bytes))
    };
    let late = |_| Refusal::malformed("The body took too long.").with_status(StatusCode::REQUEST_TIMEOUT);
    tokio::time::timeout(limits.body_time, reading).await.map_err(late)?
}

/// What didn't come to be executed. Refusals of the document are 200 for `application/json`, as the audits want it.
fn refused(refusal: Refusal, media: Media, caller: &Caller) -> Response {
    let status = refusal.status.unwrap_or(match (refusal.code, media) {
        (Code::Unauthenticated, _) => StatusCode::UNAUTHORIZED,
        (Code::Forbidden | Code::CsrfPrevention, _) => StatusCode::FORBIDDEN,
        (Code::RateLimited, _) => StatusCode::TOO_MANY_REQUESTS,
        (Code::PayloadTooLarge, _) => StatusCode::PAYLOAD_TOO_LARGE,
        (Code::Internal, _) => StatusCode::INTERNAL_SERVER_ERROR,
        (_, Media::GraphQl) => StatusCode::BAD_REQUEST,
        (_, Media::Json) => StatusCode::OK,
    });
    let (allow, retry_after) = (refusal.allow, refusal.retry_after);
    let mut response = written(refusal.into_response(&caller.request_id), status, media);
    let headers = response.headers_mut();
    if let Some(methods) = allow {
        headers.insert(header::ALLOW, HeaderValue::from_static(methods));
    }
    if let Some(wait) = retry_after {
        headers.insert(header::RETRY_AFTER, HeaderValue::from(whole_seconds(wait)));
    }
    if status == StatusCode::UNAUTHORIZED {
        let challenge = if caller.bearer().is_some() { "Bearer error=\"invalid_token\"" } else { "Bearer" };
        headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
    }
    response
}

/// A response in its form; a request error has no `data` entry, and headers that resolvers set are kept.
fn written(mut answer: Answer, status: StatusCode, media: Media) -> Response {
    let headers = std::mem::take(&mut answer.http_headers);
    let body = if is_request_error(&answer) {
        serde_json::to_vec(&WithoutData { errors: &answer.errors, extensions: &answer.extensions })
    } else {
        serde_json::to_vec(&answer)
    };
    let mut response = match body {
        Ok(body) => (status, Body::from(body)).into_response(),
        Err(error) => {
            tracing::error!(%error, "a response can't be written as JSON");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    };
    response.headers_mut().extend(headers);
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(media.content_type()));
    response
}

#[derive(serde::Serialize)]
struct WithoutData<'a> {
    errors: &'a [async_graphql::ServerError],
    #[serde(skip_serializing_if = "std::collections::BTreeMap::is_empty")]
    extensions: &'a std::collections::BTreeMap<String, async_graphql::Value>,
}
