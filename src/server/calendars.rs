//! `GET /calendars/{secret}.ics`: a listing's calendar for other sites. What stands in it is decided by `calendar`.

use axum::{
    Router,
    extract::{Path, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};

use super::uploads::problem;
use crate::{app::App, calendar, graphql::Code};

/// The route.
pub fn routes() -> Router<App> {
    Router::new().route("/calendars/{file}", get(send))
}

async fn send(State(app): State<App>, Path(file): Path<String>, headers: HeaderMap) -> Response {
    let missing = || problem(StatusCode::NOT_FOUND, Code::NotFound.as_str(), "There is no such calendar.");
    let Some(secret) = file.strip_suffix(".ics") else { return missing() };
    let export = match calendar::export(&app, secret).await {
        Ok(Some(export)) => export,
        Ok(None) => return missing(),
        Err(error) => {
            tracing::error!(%error, "a calendar could not be read");
            let say = "Something went wrong on our side.";
            return problem(StatusCode::INTERNAL_SERVER_ERROR, Code::Internal.as_str(), say);
        }
    };

    let etag = format!("\"{}\"", export.etag);
    let seen = headers.get(header::IF_NONE_MATCH).and_then(|seen| seen.to_str().ok()).unwrap_or_default();
    let is_seen = seen.split(',').any(|one| one.trim().trim_start_matches("W/") == etag);
    let mut response = if is_seen {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        ([(header::CONTENT_TYPE, "text/calendar; charset=utf-8")], export.text).into_response()
    };
    // Whoever has the address may keep the calendar, but must ask whether it is still so.
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    if let Ok(etag) = HeaderValue::from_str(&etag) {
        response.headers_mut().insert(header::ETAG, etag);
    }
    response
}
