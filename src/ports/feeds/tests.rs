//! The door against sites of every kind, on this machine.

use std::convert::Infallible;

use axum::{
    Router,
    body::Body,
    http::{StatusCode, header},
    response::{IntoResponse, Redirect},
    routing::get,
};
use futures_util::stream;
use tokio::net::TcpListener;

use super::*;

const CALENDAR: &str = "BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n";

fn limits(milliseconds: u64) -> Limits {
    Limits { bytes: 100_000, time: Duration::from_millis(milliseconds) }
}

async fn site() -> Url {
    let endless = || async { Body::from_stream(stream::repeat(Ok::<_, Infallible>(CALENDAR))) };
    let silent = || async { Body::from_stream(stream::pending::<Result<&str, Infallible>>()) };
    let to = |to: &'static str| get(move || std::future::ready(Redirect::to(to)));
    let packed = || async { ([(header::CONTENT_ENCODING, "gzip")], [0x1f_u8, 0x8b, 8, 0]).into_response() };
    let site = Router::new()
        .route("/ok", get(|| async { CALENDAR }))
        .route("/once", to("/ok"))
        .route("/thrice", to("/twice"))
        .route("/twice", to("once"))
        .route("/round", to("/round"))
        .route("/file", to("file:///etc/passwd"))
        .route("/gone", get(|| async { StatusCode::GONE }))
        .route("/packed", get(packed))
        .route("/endless", get(endless))
        .route("/silent", get(silent));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, site).await });
    url.parse().unwrap()
}

#[tokio::test]
async fn a_feed_comes_whole_or_not_at_all() {
    let site = site().await;
    let feeds = Feeds::open(Reach::Anywhere, limits(20_000)).unwrap();
    let fetch = async |path: &str| feeds.fetch(&site.join(path).unwrap()).await;
    for path in ["/ok", "/once", "/thrice"] {
        assert_eq!(fetch(path).await, Ok(Bytes::from(CALENDAR)), "{path}");
    }
    assert_eq!(fetch("/round").await, Err(FeedError::TooManyRedirects));
    assert_eq!(fetch("/file").await, Err(FeedError::NotHttp));
    assert_eq!(fetch("/gone").await, Err(FeedError::Status(410)));
    assert_eq!(fetch("/packed").await, Err(FeedError::Encoded));
    assert_eq!(fetch("/endless").await, Err(FeedError::TooLarge));
    assert_eq!(feeds.fetch(&"http://127.0.0.1:1/".parse().unwrap()).await, Err(FeedError::Unreachable));
    assert_eq!(
        feeds.fetch(&"http://no.such.host.invalid/".parse().unwrap()).await,
        Err(FeedError::Unreachable)
    );
    let hasty = Feeds::open(Reach::Anywhere, limits(50)).unwrap();
    assert_eq!(hasty.fetch(&site.join("/silent").unwrap()).await, Err(FeedError::TooSlow));
}

#[tokio::test]
async fn only_public_addresses_are_asked_outside_the_sandbox() {
    let feeds = Feeds::open(Reach::Public, limits(20_000)).unwrap();
    let site = site().await;
    let named = format!("http://localhost:{}/ok", site.port().unwrap());
    for url in [
        site.as_str(),
        &named,
        "http://127.0.0.1/",
        "http://2130706433/",
        "http://0x7f.1/",
        "https://[::1]/",
        "https://[::ffff:192.168.0.1]/",
        "http://169.254.169.254/latest/meta-data/",
        "https://example.org:8443/",
        "http://localhost/",
    ] {
        assert_eq!(feeds.fetch(&url.parse().unwrap()).await, Err(FeedError::AddressNotAllowed), "{url}");
    }
    for url in ["ftp://example.org/a", "file:///etc/passwd", "gopher://x/"] {
        assert_eq!(feeds.judge(&url.parse().unwrap()), Err(FeedError::NotHttp), "{url}");
    }
    assert_eq!(feeds.judge(&"https://example.org/calendar.ics".parse().unwrap()), Ok(()));
}

#[tokio::test]
async fn few_feeds_are_fetched_at_once() {
    let feeds = Feeds::open(Reach::Anywhere, limits(1)).unwrap();
    let places: Vec<_> = (0..AT_ONCE).map(|_| feeds.place().unwrap()).collect();
    assert!(feeds.clone().place().is_none());
    drop(places);
    assert!(feeds.place().is_some());
}
