//! The few pages of the server itself: the landing page, the page behind the mailed link, and in the sandbox the mails.
//! Their script and style are files of their own, so a strict policy holds.

use askama::Template;
use axum::{
    Json, Router,
    extract::{Path, Query, State},
    http::{HeaderName, StatusCode, header},
    response::{Html, IntoResponse, Response},
    routing::get,
};
use serde::Deserialize;
use serde_json::json;

use crate::{app::App, ports::mail::Received, seed};

const POLICY: (HeaderName, &str) = (
    header::CONTENT_SECURITY_POLICY,
    "default-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'",
);

/// The routes.
pub fn routes(app: &App) -> Router<App> {
    let file = |kind: &'static str, text: &'static str| {
        get(move || std::future::ready(([(header::CONTENT_TYPE, kind)], text)))
    };
    let pages = Router::new()
        .route("/", get(landing))
        .route("/verify-email", get(|| async { page(&VerifyEmail) }))
        .route("/pages.css", file("text/css", include_str!("pages/pages.css")))
        .route("/icon.svg", file("image/svg+xml", include_str!("pages/icon.svg")))
        .route("/verify-email.js", file("text/javascript", include_str!("pages/verify-email.js")));
    if app.settings.sandbox() {
        pages
            .route("/dev/mail", get(mails))
            .route("/dev/mail.json", get(mails_for_programs))
            .route("/dev/mail/{id}", get(mail))
    } else {
        pages
    }
}

#[derive(Template)]
#[template(path = "pages/landing.html")]
struct Landing {
    sandbox: bool,
    explore: bool,
    demo: Option<Demo>,
}

/// The people of the demo market.
struct Demo {
    password: &'static str,
    /// Address, and what they are.
    people: [(&'static str, &'static str); 3],
}

const DEMO: Demo = Demo {
    password: seed::PASSWORD,
    people: [
        (seed::GUEST, "A guest, with stays behind and ahead."),
        (seed::HOST, "A host, with places to let."),
        (seed::ADMIN, "Who runs the market."),
    ],
};

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
    let (sandbox, explore) = (app.settings.sandbox(), app.settings.explore());
    page(&Landing { sandbox, explore, demo: sandbox.then_some(DEMO) })
}

async fn mails(State(app): State<App>) -> Response {
    match latest(&app).await {
        Ok(letters) => page(&Mails { letters: letters.unwrap_or_default() }),
        Err(cause) => broken(&cause),
    }
}

/// Whose letters.
#[derive(Deserialize)]
struct Whose {
    to: Option<String>,
}

/// The same for programs, the latest first, of one recipient where `to` says whose.
async fn mails_for_programs(State(app): State<App>, Query(Whose { to }): Query<Whose>) -> Response {
    let letters = match latest(&app).await {
        Ok(Some(letters)) => letters,
        Ok(None) => return StatusCode::NOT_FOUND.into_response(),
        Err(cause) => return broken(&cause),
    };
    let wanted = |letter: &&Received| to.as_ref().is_none_or(|to| letter.to == to.to_lowercase());
    let as_json = |letter: &Received| {
        json!({ "id": letter.id, "to": letter.to, "subject": letter.subject, "at": letter.at,
                "text": letter.text, "links": letter.links() })
    };
    let letters: Vec<_> = letters.iter().filter(wanted).map(as_json).collect();
    ([(header::CACHE_CONTROL, "no-store")], Json(json!({ "letters": letters }))).into_response()
}

/// The latest letters; `None` where mail goes elsewhere.
async fn latest(app: &App) -> anyhow::Result<Option<Vec<Received>>> {
    match app.mail.outbox() {
        Some(outbox) => outbox.latest(100).await.map(Some),
        None => Ok(None),
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
