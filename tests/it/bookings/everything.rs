//! Thirty-two clients do to one listing whatever can be done to it, all at once: guests book, pay and call off, the host
//! accepts, declines, calls off, blocks, frees, and takes in another site's calendar, and both propose and answer other
//! dates. Whatever comes of it, no night has two stays, nobody is charged for nothing, and nothing fails. How much of it:
//! `TORTURE_ROUNDS`.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use chrono::{Days, NaiveDate, TimeDelta};
use futures_util::future::join_all;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, sea_query::Expr};
use serde_json::{Value, json};
use sojourn::{
    app::App,
    bookings::{
        booking::{self, Status},
        booking_change,
    },
    calendar::{
        feeds::{self, calendar_feed},
        night,
        night_reason::{self, Kind},
    },
    kernel::FeedId,
};

use crate::{
    both,
    support::{
        Person, World,
        feed::{Site, days},
        people::{ACCEPT, ANSWER, BOOK, CANCEL, DECLINE, PAY, PROPOSE, QUOTE, WITHDRAW, in_days},
        schema::variable,
        stripe,
    },
};

/// Of the clients, so many are guests; the others all are the host.
const GUESTS: usize = 22;
const CLIENTS: usize = 32;
const ROUNDS: usize = 1_000;
/// Rounds of changes, and of answers, until each has been done.
const MOST_ROUNDS_OF_A_KIND: usize = 20;
const CHANGES: [&str; 3] = ["propose", "accept a change", "pay for a change"];
const ANSWERS: [&str; 2] = ["accept", "decline"];
/// Nights that are fought for.
const SPAN: u64 = 40;

const UPDATE_CALENDAR: &str =
    "mutation($input: UpdateCalendarInput!) { updateCalendar(input: $input) { errors { code } } }";
const UPDATE_LISTING: &str =
    "mutation($input: UpdateListingInput!) { updateListing(input: $input) { errors { code } } }";
const OPEN_CHANGE: &str = "query($id: ID!) { booking(by: { id: $id }) { checkIn viewerActions
    openChange { id status proposedBy { id } payment { id } } } }";

/// What all of them share.
struct Arena {
    app: App,
    host: Person,
    guests: Vec<Person>,
    listing: String,
    site: Site,
    feed: FeedId,
    first: NaiveDate,
    bookings: Mutex<Vec<(usize, String)>>,
    round: AtomicUsize,
    /// How often each thing was done, and how often refused.
    done: Mutex<BTreeMap<(&'static str, bool), usize>>,
}

impl Arena {
    /// Asks; anything may be refused by name, and nothing may fail.
    async fn ask(&self, who: &Person, what: &'static str, query: &str, input: Value) -> Value {
        let (status, answer) = who.send(query, json!({ "input": input })).await;
        assert!(status.is_success() && answer.get("errors").is_none(), "{what}: {status} {answer:#}");
        let payload = answer["data"].as_object().unwrap().values().next().unwrap().clone();
        self.count(what, payload["errors"] == json!([]));
        payload
    }

    fn count(&self, what: &'static str, is_done: bool) {
        *self.done.lock().unwrap().entry((what, is_done)).or_default() += 1;
    }

    fn some_stay(&self) -> (NaiveDate, NaiveDate) {
        let check_in = self.first + Days::new(rand::random_range(0..SPAN));
        (check_in, check_in + Days::new(rand::random_range(1..=4)))
    }

    fn some_booking(&self) -> Option<(usize, String)> {
        let bookings = self.bookings.lock().unwrap();
        // One of the latest: most others have ended.
        let latest = &bookings[bookings.len().saturating_sub(6)..];
        (!latest.is_empty()).then(|| latest[rand::random_range(0..latest.len())].clone())
    }

    /// A key that nobody has used.
    fn key(&self) -> String {
        format!("{:032x}", rand::random::<u128>())
    }

    /// The last booking of a guest.
    fn last_of(&self, number: usize) -> Option<String> {
        let mine = |(whose, id): &(usize, String)| (*whose == number).then(|| id.clone());
        self.bookings.lock().unwrap().iter().rev().find_map(mine)
    }

    /// One of the latest bookings, of one guest or of all, whose dates are something to talk about for a guest or the host.
    async fn something_to_change(&self, of: Option<usize>) -> Option<(usize, String)> {
        let all: Vec<_> = self.bookings.lock().unwrap().clone();
        let mine = all.into_iter().rev().filter(|(whose, _)| of.is_none_or(|number| number == *whose));
        let latest: Vec<_> = mine.take(16).collect();
        let who = of.map_or(&self.host, |number| &self.guests[number]);
        for _ in 0..latest.len().min(5) {
            let (number, id) = latest[rand::random_range(0..latest.len())].clone();
            let seen = who.get(OPEN_CHANGE, json!({ "id": id })).await;
            let actions = seen["viewerActions"].as_array().unwrap();
            if actions.iter().any(|action| action.as_str().unwrap().ends_with("_CHANGE")) {
                return Some((number, id));
            }
        }
        None
    }

    /// One round about other dates of a booking: whatever can be done about its open change is done, and where there is none,
    /// one is proposed.
    async fn haggle(&self, (number, id): (usize, String), by_guest: bool) {
        let who = if by_guest { &self.guests[number] } else { &self.host };
        let seen = who.get(OPEN_CHANGE, json!({ "id": id })).await;
        let open = &seen["openChange"];
        let is_mine = open["proposedBy"]["id"] == who.id;
        match open["status"].as_str() {
            None => self.propose(number, &id, &seen["checkIn"], by_guest).await,
            Some("ACCEPTED") if by_guest => self.pay_for_change(number, &open["payment"]["id"]).await,
            Some("ACCEPTED") => {}
            Some(_) if !is_mine => self.answer_change(who, &open["id"]).await,
            Some(_) if rand::random_bool(0.3) => self.withdraw_change(who, &open["id"]).await,
            Some(_) => {}
        }
    }

    async fn propose(&self, number: usize, id: &str, check_in: &Value, by_guest: bool) {
        let who = if by_guest { &self.guests[number] } else { &self.host };
        let (mut first, mut end) = self.some_stay();
        if rand::random_bool(0.7) {
            // Most only stay longer, or leave earlier.
            first = check_in.as_str().unwrap().parse().unwrap();
            end = first + Days::new(rand::random_range(1..=6));
        }
        let stay = json!({ "checkIn": first, "checkOut": end });
        let input = json!({ "bookingId": id, "stay": stay, "idempotencyKey": self.key() });
        self.ask(who, "propose", PROPOSE, input).await;
    }

    async fn answer_change(&self, who: &Person, change: &Value) {
        let accept = rand::random_bool(0.8);
        let what = if accept { "accept a change" } else { "decline a change" };
        let input = json!({ "changeId": change, "accept": accept, "idempotencyKey": self.key() });
        self.ask(who, what, ANSWER, input).await;
    }

    async fn withdraw_change(&self, who: &Person, change: &Value) {
        let input = json!({ "changeId": change, "idempotencyKey": self.key() });
        self.ask(who, "withdraw a change", WITHDRAW, input).await;
    }

    async fn pay_for_change(&self, number: usize, payment: &Value) {
        let input = json!({ "paymentId": payment, "card": "4242424242424242", "idempotencyKey": self.key() });
        self.ask(&self.guests[number], "pay for a change", PAY, input).await;
    }

    /// One round of a guest.
    async fn as_guest(&self, number: usize) {
        let guest = &self.guests[number];
        if rand::random_bool(0.25)
            && let Some(booking) = self.something_to_change(Some(number)).await
        {
            return self.haggle(booking, true).await;
        }
        if rand::random_bool(0.1)
            && let Some(id) = self.last_of(number)
        {
            let input = json!({ "bookingId": id, "reason": "Rain", "idempotencyKey": id });
            self.ask(guest, "cancel", CANCEL, input).await;
            return;
        }
        let (check_in, check_out) = self.some_stay();
        let stay = json!({ "checkIn": check_in, "checkOut": check_out });
        let input = json!({ "listingId": self.listing, "stay": stay, "party": { "adults": 2 } });
        let quoted = self.ask(guest, "quote", QUOTE, input).await;
        let Some(quote) = quoted["quote"]["id"].as_str() else { return };
        let booked =
            self.ask(guest, "book", BOOK, json!({ "quoteId": quote, "idempotencyKey": quote })).await;
        let Some(id) = booked["booking"]["id"].as_str() else { return };
        self.bookings.lock().unwrap().push((number, id.to_owned()));
        if rand::random_bool(0.8) {
            let payment = &booked["payment"]["id"];
            let input =
                json!({ "paymentId": payment, "card": "4242424242424242", "idempotencyKey": payment });
            self.ask(guest, "pay", PAY, input).await;
        }
    }

    /// One round of the host.
    async fn as_host(&self) {
        let host = &self.host;
        let (first, end) = self.some_stay();
        match rand::random_range(0..15) {
            0..=3 => {
                let Some((_, id)) = self.some_booking() else { return };
                let input = json!({ "bookingId": id, "idempotencyKey": id });
                self.ask(host, "accept", ACCEPT, input).await;
            }
            4 | 10 | 11 => {
                let Some((_, id)) = self.some_booking() else { return };
                self.ask(host, "decline", DECLINE, json!({ "bookingId": id, "reason": "Full" })).await;
            }
            5 => {
                let Some((_, id)) = self.some_booking() else { return };
                let input = json!({ "bookingId": id, "reason": "Leak", "idempotencyKey": id });
                self.ask(host, "cancel as host", CANCEL, input).await;
            }
            6 => {
                let input =
                    json!({ "listingId": self.listing, "block": [{ "first": first, "last": first }] });
                self.ask(host, "block", UPDATE_CALENDAR, input).await;
            }
            7 => self.open_again().await,
            8 => self.book_by(rand::random_bool(0.4)).await,
            12..=14 => {
                let Some(booking) = self.something_to_change(None).await else { return };
                self.haggle(booking, false).await;
            }
            _ => {
                let nights = (end - first).num_days().unsigned_abs();
                self.site.says(&[days("elsewhere", first, nights, "Taken elsewhere")]);
                calendar_feed::Entity::update_many()
                    .col_expr(calendar_feed::Column::DueAt, Expr::value(self.app.clock.now()))
                    .filter(calendar_feed::Column::Id.eq(self.feed))
                    .exec(self.app.db.writer())
                    .await
                    .unwrap();
                feeds::sync(&self.app, self.feed).await.unwrap();
                self.count("import", true);
            }
        }
    }

    /// Half of what is booked for good is called off, and every block is lifted: there are nights to be had again.
    async fn make_room(&self, world: &World) {
        for (guest, id) in self.confirmed(world).await.iter().step_by(2) {
            let input = json!({ "bookingId": id, "reason": "Rain", "idempotencyKey": self.key() });
            self.ask(&self.guests[*guest], "cancel", CANCEL, input).await;
        }
        world.settle().await;
        self.open_again().await;
    }

    /// What is booked for good, and by which guest.
    async fn confirmed(&self, world: &World) -> Vec<(usize, String)> {
        let confirmed = booking::Entity::find().filter(booking::Column::Status.eq(Status::Confirmed));
        let rows = confirmed.all(world.app.db.read()).await.unwrap();
        let number = |row: &booking::Model| {
            self.guests.iter().position(|guest| guest.id == row.guest_id.to_string()).unwrap()
        };
        rows.iter().map(|row| (number(row), row.id.to_string())).collect()
    }

    async fn open_again(&self) {
        let all = json!([{ "first": self.first, "last": self.first + Days::new(SPAN + 4) }]);
        let input = json!({ "listingId": self.listing, "open": all });
        self.ask(&self.host, "open again", UPDATE_CALENDAR, input).await;
    }

    async fn book_by(&self, instant: bool) {
        let input = json!({ "listingId": self.listing, "fields": { "instantBook": instant } });
        self.ask(&self.host, "change how to book", UPDATE_LISTING, input).await;
    }

    fn is_done(&self, what: &'static str) -> bool {
        self.done.lock().unwrap().contains_key(&(what, true))
    }

    /// Of requests that wait, host and guests decide at once.
    async fn decide(&self, world: &World) {
        self.make_room(world).await;
        self.book_by(false).await;
        for _ in 0..3 {
            join_all((0..GUESTS).map(|guest| self.as_guest(guest))).await;
        }
        world.settle().await;
        let latest: Vec<_> = self.bookings.lock().unwrap().iter().rev().take(30).cloned().collect();
        join_all(latest.iter().map(|(guest, id)| async move {
            let accept = json!({ "bookingId": id, "idempotencyKey": format!("{id}, at last") });
            let decline = json!({ "bookingId": id, "reason": "Full" });
            let cancel =
                json!({ "bookingId": id, "reason": "Rain", "idempotencyKey": format!("{id}, at last") });
            tokio::join!(
                self.ask(&self.host, "accept", ACCEPT, accept),
                self.ask(&self.host, "decline", DECLINE, decline),
                self.ask(&self.guests[*guest], "cancel", CANCEL, cancel),
            )
        }))
        .await;
    }

    /// Of bookings that are confirmed, host and guests propose, answer, take back, pay and call off at once, while others
    /// want the nights.
    async fn change(&self, world: &World) {
        self.make_room(world).await;
        self.book_by(true).await;
        join_all((0..GUESTS).map(|guest| self.as_guest(guest))).await;
        world.settle().await;
        let confirmed = self.confirmed(world).await;
        for _ in 0..5 {
            join_all(confirmed.iter().enumerate().map(|(n, (guest, id))| async move {
                let cancel = async {
                    if rand::random_bool(0.1) {
                        let input =
                            json!({ "bookingId": id, "reason": "Rain", "idempotencyKey": self.key() });
                        self.ask(&self.guests[*guest], "cancel", CANCEL, input).await;
                    }
                };
                tokio::join!(
                    self.haggle((*guest, id.clone()), true),
                    self.haggle((*guest, id.clone()), false),
                    self.haggle((*guest, id.clone()), true),
                    self.as_guest(n % GUESTS),
                    cancel,
                )
            }))
            .await;
        }
        world.settle().await;
    }

    async fn fight(&self, client: usize, rounds: usize) {
        while self.round.fetch_add(1, Ordering::SeqCst) < rounds {
            match client {
                guest if guest < GUESTS => self.as_guest(guest).await,
                _ => self.as_host().await,
            }
        }
    }
}

/// The nights of a stay.
fn nights_of(check_in: NaiveDate, check_out: NaiveDate) -> impl Iterator<Item = NaiveDate> {
    check_in.iter_days().take_while(move |date| *date < check_out)
}

/// Each night has one stay at most, each live booking all of its nights, each change that is paid for what it adds, and each
/// night as many reasons as it counts.
async fn nights_are_right(world: &World) {
    let db = world.app.db.read();
    let live = [Status::PendingPayment, Status::PendingApproval, Status::Confirmed];
    let bookings = booking::Entity::find().filter(booking::Column::Status.is_in(live)).all(db).await.unwrap();
    let mut sold: Vec<_> = bookings
        .iter()
        .flat_map(|row| nights_of(row.check_in, row.check_out).map(|night| (night, row.id.0)))
        .collect();
    let accepted = booking_change::Column::Status.eq(booking_change::Status::Accepted);
    for change in booking_change::Entity::find().filter(accepted).all(db).await.unwrap() {
        let own = change.from_check_in..change.from_check_out;
        let added = nights_of(change.check_in, change.check_out).filter(|night| !own.contains(night));
        sold.extend(added.map(|night| (night, change.id.0)));
    }
    let nights: BTreeSet<_> = sold.iter().map(|(night, _)| *night).collect();
    assert_eq!(nights.len(), sold.len(), "a night has two bookings");
    let reasons = night_reason::Entity::find().all(db).await.unwrap();
    let stays: BTreeSet<_> =
        reasons.iter().filter(|it| it.kind == Kind::Stay).map(|it| (it.night, it.source_id)).collect();
    assert_eq!(stays, sold.into_iter().collect(), "nights and bookings do not agree");
    let mut counted: BTreeMap<NaiveDate, i32> = BTreeMap::new();
    for reason in &reasons {
        *counted.entry(reason.night).or_default() += 1;
    }
    let rows = night::Entity::find().all(db).await.unwrap();
    let rows: BTreeMap<NaiveDate, i32> = rows.iter().map(|row| (row.night, row.reasons)).collect();
    assert_eq!(rows, counted, "a night counts other reasons than it has");
}

both! {
    async fn whatever_is_done_to_a_listing_at_once_no_night_has_two_stays(world: World) {
        let rounds = variable("TORTURE_ROUNDS").map_or(ROUNDS, |n| n.parse().unwrap());
        let host = world.host("Hanna").await;
        let listing = host.asked_first().await;
        let site = Site::start().await;
        let added = host.done(
            "mutation($input: AddCalendarFeedInput!) { addCalendarFeed(input: $input) { feed { id } errors { code } } }",
            json!({ "listingId": listing, "name": "Elsewhere", "url": site.url }),
        ).await;
        let feed = added["feed"]["id"].as_str().unwrap().parse().unwrap();
        let guests = world.guests(GUESTS).await;
        world.settle().await;
        let arena = Arc::new(Arena {
            app: world.app.clone(), host, guests, listing, site, feed, first: in_days(world, 20),
            bookings: Mutex::default(), round: AtomicUsize::new(0), done: Mutex::default(),
        });

        let fights = (0..CLIENTS).map(|client| {
            let arena = arena.clone();
            tokio::spawn(async move { arena.fight(client, rounds).await })
        });
        for fight in join_all(fights).await {
            fight.unwrap();
        }
        // What was never paid or answered has ended by then.
        world.advance(TimeDelta::hours(30)).await;
        // Chance decides what comes of a round; so there are as many as it takes, and none of it may stay undone.
        for _ in 0..MOST_ROUNDS_OF_A_KIND {
            arena.change(world).await;
            nights_are_right(world).await;
            if CHANGES.iter().all(|what| arena.is_done(what)) { break }
        }
        for _ in 0..MOST_ROUNDS_OF_A_KIND {
            arena.decide(world).await;
            if ANSWERS.iter().any(|what| arena.is_done(what)) { break }
        }

        let done = arena.done.lock().unwrap().clone();
        eprintln!("{done:?}, {:?}", world.app.db.collisions());
        for what in ["quote", "book", "pay", "cancel", "block", "open again", "import"].into_iter().chain(CHANGES) {
            assert!(arena.is_done(what), "{what} was never done: {done:?}");
        }
        assert!(ANSWERS.iter().any(|what| arena.is_done(what)), "no request was answered: {done:?}");
        assert_eq!(world.app.db.collisions().deadlocks, 0, "rows are locked in one order");
        world.settle().await;
        nights_are_right(world).await;
        // Until every hold has ended, and every request has been forgotten.
        world.advance(TimeDelta::hours(30)).await;
        nights_are_right(world).await;
        stripe::no_charge_without_a_booking(world).await;
    }
}
