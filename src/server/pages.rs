//! The few pages of the server itself: the landing page, the page behind the mailed link, and in the sandbox the mails.
//! Their script and style are files of their own, so a strict policy holds.

use askama::Template;
use axum::{
    Router,
    extract::{Path, State},
    http::{HeaderName, StatusCode, header},
    response::{Html, IntoResponse, Response},
    routing::get,
};

use crate::{app::App, ports::mail::Received};

const POLICY: (HeaderName, &str) = (
    header::CONTENT_SECURITY_POLICY,
    "default-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'",
);

/// The routes.
pub fn routes(app: &App) -> Router<App> {
    let pages = Router::new()
        .route("/", get(landing))
        .route("/verify-email", get(|| async { page(&VerifyEmail) }))
        .route(
            "/pages.css",
            get(|| async { ([(header::CONTENT_TYPE, "text/css")], include_str!("pages/pages.css")) }),
        )
        .route(
            "/verify-email.js",
            get(|| async {
                ([(header::CONTENT_TYPE, "text/javascript")], include_str!("pages/verify-email.js"))
            }),
        );
    if app.settings.sandbox() {
        pages.route("/dev/mail", get(mails)).route("/dev/mail/{id}", get(mail))
    } else {
        pages
    }
}

#[derive(Template)]
#[template(path = "pages/landing.html")]
struct Landing {
    sandbox: bool,
}

#[derive(Template)]
#[template(path = "pages/verify_email.html")]
struct VerifyEmail;

#[derive(Template)]
#[template(path = "pages/mails.html")]
struct Mails {
    letters: Vec<Received>,
}

#[derive(Template)]
#[template(path = "pages/mail.html")]
struct Letter {
    letter: Received,
}

async fn landing(State(app): State<App>) -> Response {
    page(&Landing { sandbox: app.settings.sandbox() })
}

async fn mails(State(app): State<App>) -> Response {
    let letters = match app.mail.outbox() {
        Some(outbox) => outbox.latest(100).await,
        None => Ok(Vec::new()),
    };
    match letters {
        Ok(letters) => page(&Mails { letters }),
        Err(cause) => broken(&cause),
    }
}

async fn mail(State(app): State<App>, Path(id): Path<String>) -> Response {
    let Some(outbox) = app.mail.outbox() else { return StatusCode::NOT_FOUND.into_response() };
    match outbox.letter(&id).await {
        Ok(Some(letter)) => page(&Letter { letter }),
        Ok(None) => StatusCode::NOT_FOUND.into_response(),
        Err(cause) => broken(&cause),
    }
}

fn page(template: &impl Template) -> Response {
    match template.render() {
        Ok(html) => ([POLICY, (header::CACHE_CONTROL, "no-store")], Html(html)).into_response(),
        Err(error) => broken(&error.into()),
    }
}

fn broken(cause: &anyhow::Error) -> Response {
    tracing::error!(error = format!("{cause:#}"), "a page could not be made");
    StatusCode::INTERNAL_SERVER_ERROR.into_response()
}
