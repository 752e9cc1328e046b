//! `POST /uploads` and `GET /files/…`: pictures come in and go out. What is stored is decided by `listings`.

use axum::{
    Json, Router,
    body::{Body, Bytes},
    extract::{DefaultBodyLimit, FromRequest, Multipart, Path, Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde_json::json;

use super::{door::admitted, limits};
use crate::{
    app::App,
    graphql::{
        Caller, Code,
        transport::{code::Refusal as Refused, door::Transport},
    },
    kernel::Fault,
    listings::{
        darkroom::Darkroom,
        picture::{MAX_BYTES, NotAPicture},
        store_upload::{Refusal, store_upload},
    },
    ports::files::FileKey,
};

/// The routes. The darkroom is this process's: a few pictures at a time.
pub fn routes(darkroom: Darkroom) -> Router<App> {
    let upload =
        post(move |State(app): State<App>, request: Request| receive(app, darkroom.clone(), request));
    Router::new()
        // Room for the form around the file.
        .route("/uploads", upload.layer(DefaultBodyLimit::max(MAX_BYTES + 64 * 1024)))
        .route("/files/{*key}", get(send))
}

/// Takes a picture as the body itself (`image/…`) or as the field `file` of a form.
async fn receive(app: App, darkroom: Darkroom, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let caller = Caller::from_parts(&parts, Transport::Http);
    let Some(token) = caller.bearer() else {
        return problem(StatusCode::UNAUTHORIZED, Code::Unauthenticated.as_str(), "Sign in first.");
    };
    let viewer = match admitted(&app, token).await {
        Ok(viewer) => viewer,
        Err(Refused { code: Code::Internal, message, .. }) => {
            return problem(StatusCode::INTERNAL_SERVER_ERROR, Code::Internal.as_str(), &message);
        }
        Err(refusal) => return problem(StatusCode::UNAUTHORIZED, refusal.code.as_str(), &refusal.message),
    };
    let per_minute = app.settings.limits.rate_limit_uploads;
    if let Err(wait) = limits::take(&app, "uploads", &viewer.user.to_string(), per_minute).await {
        return limits::too_often(wait);
    }
    let bytes = match file_of(Request::from_parts(parts, body)).await {
        Ok(bytes) => bytes,
        Err(response) => return response,
    };
    match store_upload(&app, &darkroom, &viewer, bytes).await {
        Ok(upload) => {
            let stored = json!({
                "id": upload.id.to_string(), "width": upload.width, "height": upload.height,
                "blurhash": upload.blurhash, "color": upload.color,
            });
            (StatusCode::CREATED, Json(stored)).into_response()
        }
        Err(Fault::Refused(refusal)) => {
            let (status, code) = match &refusal {
                Refusal::NotAPicture(NotAPicture::TooLarge) => {
                    (StatusCode::PAYLOAD_TOO_LARGE, "PAYLOAD_TOO_LARGE")
                }
                Refusal::NotAPicture(_) => (StatusCode::UNPROCESSABLE_ENTITY, "NOT_A_PICTURE"),
                Refusal::TooMany => (StatusCode::CONFLICT, "TOO_MANY_UPLOADS"),
            };
            problem(status, code, &refusal.to_string())
        }
        Err(Fault::Forbidden) => {
            problem(StatusCode::FORBIDDEN, Code::Forbidden.as_str(), "This is not allowed.")
        }
        Err(fault) => {
            tracing::error!(?fault, request_id = caller.request_id, "an upload could not be stored");
            problem(
                StatusCode::INTERNAL_SERVER_ERROR,
                Code::Internal.as_str(),
                "Something went wrong on our side.",
            )
        }
    }
}

async fn file_of(request: Request) -> Result<Bytes, Response> {
    let kind =
        request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let too_large =
        || problem(StatusCode::PAYLOAD_TOO_LARGE, "PAYLOAD_TOO_LARGE", "A picture has at most 10 MiB.");
    if kind.starts_with("image/") {
        return Bytes::from_request(request, &()).await.map_err(|_| too_large());
    }
    if !kind.starts_with("multipart/form-data") {
        let say = "Send a picture as the body, or as the field `file` of a form.";
        return Err(problem(StatusCode::UNSUPPORTED_MEDIA_TYPE, "BAD_USER_INPUT", say));
    }
    let bad = |say: &str| problem(StatusCode::BAD_REQUEST, "BAD_USER_INPUT", say);
    let mut form = Multipart::from_request(request, &()).await.map_err(|_| bad("This is no form."))?;
    loop {
        match form.next_field().await {
            Ok(Some(field)) if field.name() == Some("file") => {
                return field.bytes().await.map_err(|error| {
                    if error.status() == StatusCode::PAYLOAD_TOO_LARGE {
                        too_large()
                    } else {
                        bad("The form ends too soon.")
                    }
                });
            }
            Ok(Some(_)) => {}
            Ok(None) => return Err(bad("The form has no field `file`.")),
            Err(error) if error.status() == StatusCode::PAYLOAD_TOO_LARGE => return Err(too_large()),
            Err(_) => return Err(bad("This is no form.")),
        }
    }
}

/// Sends a stored file. Its name is random and its content never changes, so it may be kept for good.
async fn send(State(app): State<App>, Path(key): Path<String>, headers: HeaderMap) -> Response {
    let missing = || problem(StatusCode::NOT_FOUND, Code::NotFound.as_str(), "There is no such file.");
    let Ok(key) = FileKey::new(key) else { return missing() };
    let etag = format!("\"{key}\"");
    if headers.get(header::IF_NONE_MATCH).is_some_and(|seen| seen.as_bytes() == etag.as_bytes()) {
        return StatusCode::NOT_MODIFIED.into_response();
    }
    match app.files.get(&key).await {
        Ok(Some(file)) => {
            let mut response = Body::from(file.bytes).into_response();
            let headers = response.headers_mut();
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(file.content_type));
            headers.insert(
                header::CACHE_CONTROL,
                HeaderValue::from_static("public, max-age=31536000, immutable"),
            );
            headers.insert(
                header::CONTENT_SECURITY_POLICY,
                HeaderValue::from_static("default-src 'none'; sandbox"),
            );
            if let Ok(etag) = HeaderValue::from_str(&etag) {
                headers.insert(header::ETAG, etag);
            }
            response
        }
        Ok(None) => missing(),
        Err(cause) => {
            tracing::error!(error = format!("{cause:#}"), "a file could not be read");
            problem(
                StatusCode::INTERNAL_SERVER_ERROR,
                Code::Internal.as_str(),
                "Something went wrong on our side.",
            )
        }
    }
}

/// An error as RFC 9457 writes it.
pub fn problem(status: StatusCode, code: &str, detail: &str) -> Response {
    let body = json!({ "status": status.as_u16(), "code": code, "detail": detail });
    (status, [(header::CONTENT_TYPE, "application/problem+json")], body.to_string()).into_response()
}
