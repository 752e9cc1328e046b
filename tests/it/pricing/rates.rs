//! Rates of exchange come by a job: new ones arrive, hostile ones are left out, a source may be gone for a while.

use std::sync::{Arc, Mutex};

use axum::{Router, http::StatusCode, routing::get};
use chrono::TimeDelta;
use serde_json::json;
use sojourn::{
    kernel::{Currency, Fault, Never},
    pricing::refresh_rates,
};
use tokio::net::TcpListener;
use tokio_util::task::AbortOnDropHandle;

use super::currency::{quote, told};
use crate::support::{ListingAsk, World, only_error, people::in_days, until};

/// A source of rates that says what it is told to.
struct Source {
    url: String,
    says: Arc<Mutex<(StatusCode, String)>>,
    _server: AbortOnDropHandle<()>,
}

impl Source {
    async fn saying(text: &str) -> Self {
        let says = Arc::new(Mutex::new((StatusCode::OK, text.to_owned())));
        let answer = says.clone();
        let routes = Router::new().route("/latest", get(async move || answer.lock().unwrap().clone()));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/latest", listener.local_addr().unwrap());
        let server = tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() });
        Self { url, says, _server: AbortOnDropHandle::new(server) }
    }

    fn says(&self, status: StatusCode, text: &str) {
        *self.says.lock().unwrap() = (status, text.to_owned());
    }

    /// A server that asks this source.
    async fn world(&self) -> World {
        let world = World::with_flags(&[&format!("--rates-url={}", self.url)]).await;
        world.settle().await;
        world
    }
}

/// What a euro is worth by the server's own table.
fn per_euro(world: &World, currency: Currency) -> Option<String> {
    world.app.rates.rates().per_euro(currency).map(|known| known.rate.to_string())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn new_rates_arrive_by_a_job_and_hostile_ones_are_left_out() {
    let source =
        Source::saying(r#"{"base": "EUR", "rates": {"USD": 1.16, "JPY": 177.5, "XAU": 0.0003}}"#).await;
    let world = source.world().await;
    let table = || [Currency::USD, Currency::JPY, Currency::GBP].map(|currency| per_euro(&world, currency));
    let is = |usd: &str, jpy: &str| [Some(usd.to_owned()), Some(jpy.to_owned()), None];
    assert_eq!(table(), is("1.16", "177.5"));

    // One is new, one is left out, and three are no rates: each keeps what it has.
    source.says(
        StatusCode::OK,
        r#"{"rates": {"USD": "1.2000", "GBP": "NaN", "CHF": -1, "PLN": 1000000000000000000000000}}"#,
    );
    world.advance(TimeDelta::days(1)).await;
    assert_eq!(table(), is("1.2", "177.5"));
    for hostile in ["0", "-1.2", "3.7", "0.3", "1e308", "\"\"", "[1.2]", "null"] {
        source.says(StatusCode::OK, &format!(r#"{{"rates": {{"USD": {hostile}, "JPY": 178}}}}"#));
        world.advance(TimeDelta::days(1)).await;
        assert_eq!(table(), is("1.2", "178"), "{hostile}");
    }

    // A source that has stopped, one that speaks of something else, one that never ends.
    let endless = format!(r#"{{"rates": {{"USD": 1.3}}, "more": "{}"}}"#, "x".repeat(300 * 1024));
    for nonsense in
        ["", "<html>", r#"{"rates": [1]}"#, r#"{"date": "2001-01-01", "rates": {"USD": 1.3}}"#, &endless]
    {
        source.says(StatusCode::OK, nonsense);
        world.advance(TimeDelta::days(1)).await;
        assert_eq!(table(), is("1.2", "178"), "{nonsense:.40}");
    }
    source.says(StatusCode::OK, r#"{"base": "USD", "rates": {"EUR": 0.8, "JPY": 144}}"#);
    world.advance(TimeDelta::hours(6)).await;
    assert_eq!(table(), is("1.25", "180"));
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_source_that_is_gone_stops_quotes_after_three_days_and_no_sooner() {
    let source = Source::saying(r#"{"rates": {"USD": 1.16}}"#).await;
    let world = source.world().await;
    let host = world.host("Hanna").await;
    let listing = host.listing(&ListingAsk::default()).await;
    let guest = world.guest("Gustavo").await;
    let in_dollars = async || quote(&guest, &listing, in_days(&world, 30), Some("USD")).await;

    source.says(StatusCode::SERVICE_UNAVAILABLE, "");
    assert_eq!(in_dollars().await["errors"], json!([]));
    world.advance(TimeDelta::days(2)).await;
    assert_eq!(in_dollars().await["errors"], json!([]));
    world.advance(TimeDelta::days(2)).await;
    assert_eq!(only_error(&in_dollars().await), "RATE_UNAVAILABLE");

    // It is asked again sooner than every day.
    source.says(StatusCode::OK, r#"{"rates": {"USD": 1.18}}"#);
    world.advance(TimeDelta::hours(6)).await;
    assert_eq!(in_dollars().await["quote"]["exchangeRate"]["rate"], "1.18");
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_one_server_is_told_of_rates_the_other_hears() {
    let Some(one) = World::on_postgres_and_redis().await else { return };
    let two = one.sibling().await;
    for world in [&one, &two] {
        told(world, &[(Currency::USD, "1.1")], one.now()).await;
        assert_eq!(per_euro(world, Currency::USD).as_deref(), Some("1.1"));
    }
    let (db, now) = (&one.app.db, one.now());
    let armed = db.write(|tx| async move { Ok::<_, Fault<Never>>(refresh_rates::arm(&tx, now).await?) });
    armed.await.unwrap();
    let has_heard = |world: &World| per_euro(world, Currency::USD).as_deref() == Some("1.16");
    until(async || has_heard(&one) && has_heard(&two)).await;
    two.stop().await;
    one.finish().await;
}
