//! The stage of a proof: a world with hosts, guests, an admin and homes in three currencies, the oracle beside it, and a
//! door where webhooks get lost. What is played on it is in `play.rs`, what must hold in `check.rs`.

use std::sync::{Arc, Mutex};

use bytes::Bytes;
use chrono::{Days, NaiveTime, TimeDelta};
use serde_json::{Value, json};
use url::Url;

use super::{
    money::{Coin, money},
    oracle::{Home, Oracle},
    price::{GUESTS_INCLUDED, Instant, PERCENT_TAX, PERSON_NIGHT_TAX, Policy, Tariff, WEEKLY_DISCOUNT},
};
use crate::support::{ListingAsk, Person, World};

const PRICE: &str =
    "mutation($input: UpdatePricingInput!) { updatePricing(input: $input) { errors { code message } } }";
const TAXES: &str =
    "mutation($input: UpdateSettingsInput!) { updateSettings(input: $input) { errors { code message } } }";
const ASKED_FIRST: &str =
    "mutation($input: UpdateListingInput!) { updateListing(input: $input) { errors { code message } } }";

/// How far ahead of what comes by itself a step is played at the latest: steps must not take longer than that by the
/// clock, which ticks; a step that would come nearer comes after it instead.
const MARGIN: TimeDelta = TimeDelta::minutes(5);

/// Takes webhooks with a nod and keeps them to itself.
pub struct Sink {
    pub url: Url,
    pub got: Arc<Mutex<Vec<Bytes>>>,
}

impl Sink {
    async fn open() -> Self {
        let got: Arc<Mutex<Vec<Bytes>>> = Arc::default();
        let kept = got.clone();
        let take = move |body: Bytes| {
            kept.lock().unwrap().push(body);
            std::future::ready(())
        };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = Url::parse(&format!("http://{}/", listener.local_addr().unwrap())).unwrap();
        tokio::spawn(async move { axum::serve(listener, axum::Router::new().fallback(take)).await });
        Self { url, got }
    }
}

/// Everything of a proof.
pub struct Stage {
    pub world: World,
    pub oracle: Oracle,
    pub hosts: Vec<Person>,
    pub guests: Vec<Person>,
    pub admin: Person,
    /// Ids of the homes, as the oracle counts them.
    pub homes: Vec<String>,
    pub sink: Sink,
    /// When the step began.
    pub began: Instant,
    /// Bookings whose times have been taken over from the server: until when they wait, and since when confirmed.
    pub waiting_since: Vec<Option<Instant>>,
    pub is_dated: Vec<bool>,
    /// Bookings that this step is about.
    pub touched: Vec<usize>,
    pub(super) keys: usize,
}

/// The homes: of two, none and three places; instant and by request; cheap and dear cancellation.
fn homes() -> Vec<Home> {
    let tariff = |coin, night, cleaning, extra_guest, pets, policy| Tariff {
        coin,
        night,
        cleaning,
        extra_guest,
        pets,
        policy,
    };
    vec![
        Home {
            host: 0,
            tariff: tariff(Coin::Eur, 10_335, 4_015, 1_205, 1_777, Policy::Moderate),
            asked_first: false,
        },
        Home {
            host: 0,
            tariff: tariff(Coin::Jpy, 12_345, 5_005, 1_111, 3_333, Policy::Firm),
            asked_first: true,
        },
        Home {
            host: 1,
            tariff: tariff(Coin::Kwd, 31_230, 7_770, 2_350, 4_410, Policy::Flexible),
            asked_first: false,
        },
        Home {
            host: 1,
            tariff: tariff(Coin::Eur, 8_999, 2_500, 555, 999, Policy::Strict),
            asked_first: true,
        },
    ]
}

impl Stage {
    /// Sets the stage in a new world.
    pub async fn set(world: World) -> Self {
        let admin = world.admin("Ada").await;
        let rule = json!({
            "country": "PT", "percent": PERCENT_TAX, "perPersonNight": money(PERSON_NIGHT_TAX, Coin::Eur),
        });
        admin.done(TAXES, json!({ "taxRules": [rule], "reason": "The law" })).await;
        let hosts = vec![world.host("Hanna").await, world.host("Hugo").await];
        let guests =
            vec![world.guest("Gustavo").await, world.guest("Greta").await, world.guest("Gita").await];
        let spec = homes();
        let mut homes = Vec::new();
        for home in &spec {
            homes.push(furnish(&hosts[home.host], home).await);
        }
        // Always the same time of day, whatever the machine's is.
        let tomorrow = world.now().date_naive() + Days::new(1);
        world.advance_to(tomorrow.and_time(NaiveTime::from_hms_opt(9, 7, 0).unwrap()).and_utc()).await;
        let (oracle, began) = (Oracle::new(spec, hosts.len()), world.now());
        Self {
            world,
            oracle,
            hosts,
            guests,
            admin,
            homes,
            sink: Sink::open().await,
            began,
            waiting_since: Vec::new(),
            is_dated: Vec::new(),
            touched: Vec::new(),
            keys: 0,
        }
    }

    /// A key that no other step has used.
    pub fn key(&mut self) -> String {
        self.keys += 1;
        format!("step {}", self.keys)
    }

    /// The host of a booking.
    pub fn host_of(&self, n: usize) -> &Person {
        &self.hosts[self.oracle.homes[self.oracle.bookings[n].home].host]
    }

    /// The guest of a booking.
    pub fn guest_of(&self, n: usize) -> &Person {
        &self.guests[self.oracle.bookings[n].guest]
    }

    /// Moves the clock; the oracle comes along.
    pub async fn pass_to(&mut self, to: Instant) {
        if to > self.world.now() {
            self.world.advance_to(to).await;
        }
        self.rest().await;
    }

    /// The world comes to rest, and so that nothing comes by itself for a while.
    pub async fn rest(&mut self) {
        loop {
            self.world.settle().await;
            let now = self.world.now();
            self.oracle.pass(now);
            match self.oracle.next_due() {
                Some(due) if due < now + MARGIN => {
                    self.world.advance_to(due + TimeDelta::seconds(1)).await;
                }
                _ => break,
            }
        }
        self.world.settle().await;
    }

    /// Where Stripe's webhooks go: to the server, or into the sink.
    pub fn send_webhooks_to(&self, url: &Url) {
        self.world.app.emulator.as_ref().unwrap().set_webhook_url(url.clone());
    }

    /// The server's own door for webhooks.
    pub fn door(&self) -> Url {
        Url::parse(&format!("{}/webhooks/stripe", self.world.url)).unwrap()
    }

    /// Does something to a host's account at Stripe, as only Stripe can.
    pub async fn at_stripe(&self, host: usize, what: &str, form: &str) {
        let books = crate::support::stripe::books(&self.world);
        let accounts = books["accounts"].as_object().unwrap();
        let own = accounts.iter().filter(|(_, it)| it["email"] == self.hosts[host].email.as_str());
        let (id, _) = own.last().expect("an account");
        self.post_to_stripe(&format!("accounts/{id}/{what}"), form).await;
    }

    /// Has the emulator do what only Stripe, or a bank, can.
    pub async fn post_to_stripe(&self, path: &str, form: &str) {
        let url = self.world.app.emulator.as_ref().unwrap().url();
        let url = url.join(&format!("v1/test_helpers/{path}")).unwrap();
        let sent = reqwest::Client::new().post(url).bearer_auth("sk_test_sojourn_emulator");
        assert!(sent.body(form.to_owned()).send().await.unwrap().status().is_success());
    }
}

/// A home on sale.
async fn furnish(host: &Person, home: &Home) -> String {
    let Tariff { coin, night, cleaning, extra_guest, pets, policy } = home.tariff;
    let nightly: String = super::money::decimal(night, coin);
    let ask = ListingAsk {
        currency: coin.code(),
        // Lives as long as the tests do, as everything else that is asked for here.
        nightly: nightly.leak(),
        policy: policy.name(),
        ..ListingAsk::default()
    };
    let id = host.listing(&ask).await;
    let prices: Value = json!({
        "listingId": id, "cleaningFee": money(cleaning, coin), "extraGuestFee": money(extra_guest, coin),
        "petFee": money(pets, coin), "guestsIncluded": GUESTS_INCLUDED, "weeklyDiscount": WEEKLY_DISCOUNT,
        "nonRefundable": true,
    });
    host.done(PRICE, prices).await;
    if home.asked_first {
        host.done(ASKED_FIRST, json!({ "listingId": id, "fields": { "instantBook": false } })).await;
    }
    id
}
