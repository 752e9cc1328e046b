//! The page behind an account link: in place of Stripe's form, one button. Only browsers come here, without a key, and
//! only on this machine.

use axum::{
    body::Body,
    http::{HeaderValue, StatusCode, header},
    response::Response,
};
use url::Url;

use super::{accounts, books::Turn, form::Params, service::Call, service::Service};

/// The answer to a browser; none where the address is not of this page.
pub fn page(service: &Service, call: &Call) -> Option<Response> {
    let account = call.path.strip_prefix("/setup/")?;
    let known = service.turn(|turn| turn.books.accounts.contains_key(account));
    if !known {
        return Some(html(StatusCode::NOT_FOUND, "There is no such account."));
    }
    if call.method != "POST" {
        let button = "<h1>Stripe's form</h1><p>This sandbox has an emulator in Stripe's place: there is nothing to \
                      fill in.</p><form method=post><button>Submit</button></form>";
        return Some(html(StatusCode::OK, button));
    }
    service.turn(|turn: &mut Turn<'_>| accounts::complete(turn, account, &Params::default()).is_ok());
    let query = call.query.as_deref().unwrap_or_default();
    let back = Params::parse(query.as_bytes());
    let back = back.text("return_url").and_then(|text| Url::parse(text).ok());
    let back = back.filter(|url| matches!(url.scheme(), "http" | "https"));
    let Some(back) = back.and_then(|url| HeaderValue::from_str(url.as_str()).ok()) else {
        return Some(html(StatusCode::OK, "Done. You may close this page."));
    };
    let mut response = html(StatusCode::SEE_OTHER, "Done.");
    response.headers_mut().insert(header::LOCATION, back);
    Some(response)
}

fn html(status: StatusCode, body: &str) -> Response {
    let mut response = Response::new(Body::from(format!("<!doctype html><meta charset=utf-8>{body}")));
    *response.status_mut() = status;
    let kind = HeaderValue::from_static("text/html; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    response
}
