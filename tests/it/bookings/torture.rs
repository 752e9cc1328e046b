//! Thirty-two guests fight for one listing, booking, paying and cancelling at once; afterwards everything that was
//! answered is held against what can have been. How much of it: `TORTURE_ATTEMPTS` (10,000 for the full promise).

use std::{collections::BTreeSet, sync::Arc, time::Instant};

use chrono::{Days, NaiveDate, TimeDelta};
use futures_util::future::join_all;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::{Value, json};
use sojourn::{
    bookings::booking::{self, Status},
    calendar::{night, night_reason},
};

use crate::{
    both,
    support::{ListingAsk, Person, World, only_error, people::in_days, schema::variable, stripe},
};

const CLIENTS: usize = 32;
/// Nights that are fought for.
const SPAN: u64 = 60;
/// Live bookings that a guest has at most: fewer than the limit of holds, which is another test.
const MOST_LIVE: usize = 4;

/// What became of an attempt.
enum Outcome {
    /// Booked; and called off between two instants, if it was.
    Booked { ended: Option<(Instant, Instant)> },
    /// Somebody else has these nights.
    Taken(Vec<NaiveDate>),
}

/// An attempt to get a stay.
struct Attempt {
    nights: BTreeSet<NaiveDate>,
    asked: Instant,
    answered: Instant,
    outcome: Outcome,
}

impl Attempt {
    /// From when to when the nights may have been this attempt's.
    fn may_hold(&self) -> Option<(Instant, Option<Instant>)> {
        match self.outcome {
            Outcome::Booked { ended } => Some((self.asked, ended.map(|(_, over)| over))),
            Outcome::Taken(_) => None,
        }
    }

    /// From when to when the nights were this attempt's for certain.
    fn holds(&self) -> Option<(Instant, Option<Instant>)> {
        match self.outcome {
            Outcome::Booked { ended } => Some((self.answered, ended.map(|(asked, _)| asked))),
            Outcome::Taken(_) => None,
        }
    }
}

/// One guest, who goes on until the attempts are used up.
async fn fight(guest: Person, listing: Arc<String>, first: NaiveDate, attempts: usize) -> Vec<Attempt> {
    let mut all: Vec<Attempt> = Vec::new();
    // Bookings that live, as places in `all`, with their ids.
    let mut live: Vec<(usize, String)> = Vec::new();
    for _ in 0..attempts {
        if live.len() == MOST_LIVE || (!live.is_empty() && rand::random_bool(0.3)) {
            let (place, id) = live.remove(rand::random_range(0..live.len()));
            let asked = Instant::now();
            assert_eq!(guest.cancel(&id, &id).await["errors"], json!([]));
            all[place].outcome = Outcome::Booked { ended: Some((asked, Instant::now())) };
        }
        let (check_in, nights) = (first + Days::new(rand::random_range(0..SPAN)), rand::random_range(1..=4));
        let (attempt, booked) = attempt(&guest, &listing, check_in, nights).await;
        all.push(attempt);
        if let Some(booked) = booked {
            let id = booked["booking"]["id"].as_str().unwrap().to_owned();
            if rand::random_bool(0.6) {
                let paid = guest.pay(booked["payment"]["id"].as_str().unwrap(), "4242424242424242").await;
                assert_eq!(paid["errors"], json!([]), "{booked}");
            }
            live.push((all.len() - 1, id));
        }
    }
    all
}

async fn attempt(
    guest: &Person,
    listing: &str,
    check_in: NaiveDate,
    nights: u64,
) -> (Attempt, Option<Value>) {
    let asked = Instant::now();
    let stay: BTreeSet<NaiveDate> =
        check_in.iter_days().take_while(|day| *day < check_in + Days::new(nights)).collect();
    let quoted = guest.quote(listing, check_in, nights).await;
    let (refused, booked) = match quoted["quote"]["id"].as_str() {
        Some(quote) => {
            let booked = guest.book(quote, quote).await;
            match booked["booking"].is_null() {
                true => {
                    assert_eq!(only_error(&booked), "NIGHTS_TAKEN", "{booked:#}");
                    (Some(booked), None)
                }
                false => (None, Some(booked)),
            }
        }
        None => {
            assert_eq!(only_error(&quoted), "NOT_AVAILABLE", "{quoted:#}");
            (Some(quoted), None)
        }
    };
    let outcome = match refused {
        Some(payload) => Outcome::Taken(dates(&payload["errors"][0]["nights"])),
        None => Outcome::Booked { ended: None },
    };
    (Attempt { nights: stay, asked, answered: Instant::now(), outcome }, booked)
}

fn dates(list: &Value) -> Vec<NaiveDate> {
    serde_json::from_value(list.clone()).unwrap()
}

fn meet((from, to): (Instant, Option<Instant>), (start, end): (Instant, Option<Instant>)) -> bool {
    to.is_none_or(|to| start < to) && end.is_none_or(|end| from < end)
}

/// No two who were told "yes" had a night at the same time, and whoever was told "no" was in somebody's way.
fn judge(all: &[Attempt]) {
    let booked: Vec<&Attempt> = all.iter().filter(|attempt| attempt.holds().is_some()).collect();
    for (n, one) in booked.iter().enumerate() {
        for other in &booked[n + 1..] {
            let at_once = meet(one.holds().unwrap(), other.holds().unwrap());
            let shared: Vec<_> = one.nights.intersection(&other.nights).collect();
            assert!(!at_once || shared.is_empty(), "{shared:?} were sold twice");
        }
    }
    for refused in all {
        let Outcome::Taken(nights) = &refused.outcome else { continue };
        assert!(!nights.is_empty());
        let during = (refused.asked, Some(refused.answered));
        for night in nights {
            assert!(refused.nights.contains(night), "{night} was not asked for");
            let in_the_way = |one: &Attempt| {
                one.nights.contains(night) && one.may_hold().is_some_and(|span| meet(span, during))
            };
            assert!(booked.iter().any(|one| in_the_way(one)), "{night} was refused and nobody had it");
        }
    }
}

/// The taken nights are those of the live bookings, each for one reason.
async fn taken_nights(world: &World, live: &[Status]) -> BTreeSet<NaiveDate> {
    let db = world.app.db.read();
    let bookings = booking::Entity::find().filter(booking::Column::Status.is_in(live.iter().copied()));
    let bookings = bookings.all(db).await.unwrap();
    let sold: Vec<NaiveDate> = bookings
        .iter()
        .flat_map(|row| row.check_in.iter_days().take_while(|date| *date < row.check_out))
        .collect();
    let nights = night::Entity::find().all(db).await.unwrap();
    assert!(nights.iter().all(|night| night.reasons == 1));
    let reasons = night_reason::Entity::find().all(db).await.unwrap();
    let set: BTreeSet<NaiveDate> = sold.iter().copied().collect();
    assert_eq!(set.len(), sold.len(), "a night has two bookings");
    assert_eq!(nights.iter().map(|night| night.night).collect::<BTreeSet<_>>(), set);
    assert_eq!(reasons.iter().map(|reason| reason.night).collect::<BTreeSet<_>>(), set);
    assert_eq!(reasons.len(), set.len());
    set
}

both! {
    async fn thirty_two_guests_fight_for_one_listing(world: World) {
        let attempts = variable("TORTURE_ATTEMPTS").map_or(CLIENTS * 6, |n| n.parse().unwrap());
        let host = world.host("Hanna").await;
        let listing = Arc::new(host.listing(&ListingAsk::default()).await);
        let guests = world.guests(CLIENTS).await;
        let first = in_days(world, 20);

        let began = Instant::now();
        let fights = guests.into_iter().map(|guest| {
            tokio::spawn(fight(guest, listing.clone(), first, attempts.div_ceil(CLIENTS)))
        });
        let all: Vec<Attempt> = join_all(fights).await.into_iter().flat_map(Result::unwrap).collect();
        let took = began.elapsed();

        judge(&all);
        let collisions = world.app.db.collisions();
        assert_eq!(collisions.deadlocks, 0, "rows are locked in one order: {collisions:?}");
        let booked = all.iter().filter(|attempt| attempt.holds().is_some()).count();
        eprintln!("{} attempts, {booked} booked, {} refused, in {took:?}", all.len(), all.len() - booked);
        world.settle().await;
        taken_nights(world, &[Status::PendingPayment, Status::Confirmed]).await;
        stripe::no_charge_without_a_booking(world).await;

        // Once all holds have ended, what is not paid for can be bought, night by night, and nothing else can.
        world.advance(TimeDelta::minutes(30)).await;
        let taken = taken_nights(world, &[Status::Confirmed]).await;
        stripe::no_charge_without_a_booking(world).await;
        let late = world.guest("Lea").await;
        let mut still_to_book = 5;
        for night in first.iter_days().take(usize::try_from(SPAN).unwrap()) {
            let quoted = late.quote(&listing, night, 1).await;
            if taken.contains(&night) {
                assert_eq!(dates(&quoted["errors"][0]["nights"]), [night]);
            } else {
                assert_eq!(quoted["errors"], json!([]), "{night}");
                if still_to_book > 0 {
                    still_to_book -= 1;
                    let quote = quoted["quote"]["id"].as_str().unwrap();
                    assert_eq!(late.book(quote, quote).await["errors"], json!([]), "{night}");
                }
            }
        }
    }
}

both! {
    async fn a_person_has_five_open_holds_however_many_are_asked_for_at_once(world: World) {
        let host = world.host("Hanna").await;
        let listing = host.listing(&ListingAsk::default()).await;
        let guest = world.guest("Gustavo").await;
        let mut quotes = Vec::new();
        for n in 0..20 {
            quotes.push(guest.quoted(&listing, in_days(world, 20 + n), 1).await);
        }

        let answers = join_all(quotes.iter().map(|quote| guest.book(quote, quote))).await;
        let (held, refused): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| !answer["booking"].is_null());
        assert_eq!(held.len(), 5);
        assert!(refused.iter().all(|answer| only_error(answer) == "TOO_MANY_HOLDS"));
        assert_eq!(world.app.db.collisions().deadlocks, 0);

        // One that is called off makes room for one.
        let id = held[0]["booking"]["id"].as_str().unwrap();
        assert_eq!(guest.cancel(id, "room").await["errors"], json!([]));
        let again = guest.quoted(&listing, in_days(world, 60), 1).await;
        assert_eq!(guest.book(&again, "room").await["errors"], json!([]));
        let more = guest.quoted(&listing, in_days(world, 61), 1).await;
        assert_eq!(only_error(&guest.book(&more, "more").await), "TOO_MANY_HOLDS");

        // And so does time.
        world.advance(TimeDelta::minutes(16)).await;
        let later = guest.quoted(&listing, in_days(world, 61), 1).await;
        assert_eq!(guest.book(&later, "later").await["errors"], json!([]));
    }
}
