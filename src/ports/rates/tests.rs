//! What both sources of rates do, and what an address may do that is none.

use axum::{Router, body::Body, http::StatusCode, response::IntoResponse, routing::get};
use futures_util::stream;
use tokio::net::TcpListener;
use tokio_util::task::AbortOnDropHandle;

use super::*;
use crate::kernel::Currency;

/// An address that answers as `routes` do.
async fn stand_in(routes: Router) -> (String, AbortOnDropHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let serving = async move { axum::serve(listener, routes).await.unwrap() };
    (url, AbortOnDropHandle::new(tokio::spawn(serving)))
}

/// What every source does: it names all currencies of the table, with numbers.
async fn keeps_its_contract(source: &RateSource) -> Told {
    let told = source.fetch().await.unwrap();
    assert_eq!(told.base, "EUR");
    for currency in Currency::ALL.iter().filter(|currency| **currency != Currency::EUR) {
        let written = &told.rates[currency.code()];
        assert!(written.parse::<f64>().is_ok_and(|rate| rate > 0.0), "{currency}: {written}");
    }
    assert_eq!(told.rates["KWD"], "0.355");
    assert_eq!(source.fetch().await.unwrap(), told);
    told
}

#[tokio::test]
async fn both_sources_tell_the_same_in_the_same_words() {
    let recorded = RateSource::open("recorded:").unwrap();
    let by_heart = keeps_its_contract(&recorded).await;
    assert_eq!((recorded.name(), by_heart.date), ("recorded", None));

    let (url, _server) = stand_in(Router::new().route("/latest", get(async || RECORDED))).await;
    let address = RateSource::open(&format!("{url}/latest?key=secret")).unwrap();
    let by_wire = keeps_its_contract(&address).await;
    assert_eq!((address.name(), by_wire.date), ("127.0.0.1", "2026-06-30".parse().ok()));
    assert_eq!(by_wire.rates, by_heart.rates);
}

#[tokio::test]
async fn numbers_come_through_as_they_are_written() {
    let text =
        r#"{"rates": {"USD": "1.160000000000000001", "JPY": 177, "CZK": null, "PLN": 1e400}, "more": []}"#;
    let told = read(text.replace("1e400", "-0.5").as_bytes()).unwrap();
    let written = |code: &str| told.rates[code].as_str();
    assert_eq!(told.base, "EUR");
    assert_eq!(
        [written("USD"), written("JPY"), written("CZK"), written("PLN")],
        ["1.160000000000000001", "177", "null", "-0.5"]
    );
    assert!(read(text.as_bytes()).is_err(), "no number is that large");
}

#[tokio::test]
async fn a_source_that_is_none_is_an_error_soon_and_names_no_key() {
    let endless =
        async || Body::from_stream(stream::repeat_with(|| Ok::<_, std::io::Error>(vec![b' '; 1024])));
    let silent = async || std::future::pending::<()>().await;
    let routes = Router::new()
        .route("/gone", get(async || StatusCode::NOT_FOUND))
        .route("/html", get(async || "<html>Welcome</html>"))
        .route("/list", get(async || "[1, 2]"))
        .route("/empty", get(async || ""))
        .route("/date", get(async || r#"{"date": "yesterday", "rates": {}}"#))
        .route("/endless", get(endless))
        .route("/silent", get(silent))
        .route("/round", get(async || axum::response::Redirect::to("/round").into_response()));
    let (url, server) = stand_in(routes).await;
    let limits = Limits { bytes: 64 * 1024, time: Duration::from_millis(300) };
    let ask = async |path: &str| {
        let source = RateSource::open_with(&format!("{url}{path}?key=secret"), limits).unwrap();
        format!("{:#}", source.fetch().await.unwrap_err())
    };
    for path in ["/gone", "/html", "/list", "/empty", "/date", "/silent", "/round"] {
        let error = ask(path).await;
        assert!(!error.contains("secret"), "{path}: {error}");
    }
    assert!(ask("/endless").await.contains("more than 65536 bytes"));
    drop(server);
    assert!(!ask("/any").await.contains("secret"));
    for url in ["", "file:rates", "recorded:more", "ftp://example.org"] {
        assert!(RateSource::open(url).is_err(), "{url}");
    }
}
