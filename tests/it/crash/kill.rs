//! `kill -9` at bad moments: after the restart everything settles. No booking without nights, no nights without a
//! reason, no charge without a booking or its refund.

use std::{
    collections::BTreeSet,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use chrono::{Days, NaiveDate, TimeDelta};
use futures_util::future::join_all;
use sea_orm::EntityTrait;
use serde_json::{Value, json};
use sojourn::{
    bookings::booking::{self, Status},
    calendar::{night, night_reason},
    kernel::BookingId,
};
use tokio::sync::Notify;

use crate::{
    both,
    support::{
        ListingAsk, Person, World,
        people::{ACCEPT, BOOK, PAY, QUOTE, in_days},
        process::{Process, advance, leases_end, run_well},
        stripe, until,
    },
};

async fn scene(world: &World, guests: usize) -> (Arc<String>, Vec<Person>) {
    let listing = world.host("Hanna").await.listing(&ListingAsk::default()).await;
    let guests = world.guests(guests).await;
    world.settle().await;
    world.stop().await;
    (Arc::new(listing), guests)
}

/// Starts the server again after it was killed, a minute later, and waits until it has come to rest.
async fn again(world: &World, somebody: &Person) -> Process {
    leases_end(world).await;
    let process = Process::start(world).await;
    advance(world, somebody, TimeDelta::zero()).await;
    process
}

/// All holds have ended; everything agrees with everything.
async fn everything_is_right(world: &World, process: Process, somebody: &Person) {
    advance(world, somebody, TimeDelta::minutes(30)).await;
    process.stop().await;
    let db = world.app.db.read();
    let bookings = booking::Entity::find().all(db).await.unwrap();
    assert!(
        bookings.iter().all(|row| matches!(row.status, Status::Confirmed | Status::Expired)),
        "{:?}",
        bookings.iter().map(|row| row.status).collect::<Vec<_>>()
    );
    let sold: Vec<(NaiveDate, _)> = bookings
        .iter()
        .filter(|row| row.status == Status::Confirmed)
        .flat_map(|row| {
            row.check_in.iter_days().take_while(|date| *date < row.check_out).map(|night| (night, row.id.0))
        })
        .collect();
    let nights = night::Entity::find().all(db).await.unwrap();
    let reasons = night_reason::Entity::find().all(db).await.unwrap();
    assert_eq!(
        reasons.iter().map(|reason| (reason.night, reason.source_id)).collect::<BTreeSet<_>>(),
        sold.iter().copied().collect::<BTreeSet<_>>()
    );
    assert_eq!(nights.len(), sold.len(), "no night is sold twice, and none is taken for nothing");
    stripe::no_charge_without_a_booking(world).await;
    run_well(world, &["ledger", "verify"]);
    run_well(world, &["search", "verify"]);
}

both! {
    async fn killed_right_after_a_booking_was_answered(world: World) {
        let (listing, guests) = scene(world, 2).await;
        let guest = &guests[0];
        let process = Process::start(world).await;
        let held = guest.hold(&listing, in_days(world, 20), 2).await;
        process.kill();

        let process = again(world, guest).await;
        let id = held["booking"]["id"].as_str().unwrap();
        assert_eq!(guest.booking(id).await["status"], "PENDING_PAYMENT");
        // The second click after the crash is the same booking, and it can be paid.
        let taken = guests[1].quote(&listing, in_days(world, 20), 2).await;
        assert_eq!(taken["errors"][0]["code"], "NOT_AVAILABLE");
        guest.pay(held["payment"]["id"].as_str().unwrap(), "4242424242424242").await;
        everything_is_right(world, process, guest).await;
        let row = booking::Entity::find_by_id(id.parse::<sojourn::kernel::BookingId>().unwrap());
        assert_eq!(row.one(world.app.db.read()).await.unwrap().unwrap().status, Status::Confirmed);
    }
}

both! {
    async fn killed_after_the_card_was_charged(world: World) {
        let (listing, guests) = scene(world, 1).await;
        let guest = &guests[0];
        let mut held = Vec::new();
        // Three times, since each time another part of what follows may be done already.
        for n in 0..3 {
            let process = Process::start(world).await;
            let booked = guest.hold(&listing, in_days(world, 20 + 5 * n), 2).await;
            guest.pay(booked["payment"]["id"].as_str().unwrap(), "4242424242424242").await;
            process.kill();
            leases_end(world).await;
            held.push(booked["booking"]["id"].as_str().unwrap().to_owned());
        }
        let process = again(world, guest).await;
        for id in &held {
            assert_eq!(guest.booking(id).await["status"], "CONFIRMED");
        }
        assert_eq!(guest.notices().await, ["BOOKING_CONFIRMED"; 3]);
        everything_is_right(world, process, guest).await;
    }
}

both! {
    async fn killed_between_the_word_of_the_host_and_the_capture(world: World) {
        let (host, guest) = (world.host("Hanna").await, world.guest("Gustavo").await);
        let listing = host.asked_first().await;
        let mut requests = Vec::new();
        for n in 0..3 {
            requests.push(guest.requested(world, &listing, in_days(world, 20 + 5 * n), 2).await);
        }
        world.settle().await;
        world.stop().await;
        for id in &requests {
            let process = Process::start(world).await;
            let input = json!({ "input": { "bookingId": id, "idempotencyKey": id } });
            let click = tokio::spawn({
                let host = host.clone();
                async move { host.try_send(ACCEPT, input).await.is_ok() }
            });
            // As soon as the mark is there, whatever has followed from it by then.
            let row = || booking::Entity::find_by_id(id.parse::<BookingId>().unwrap());
            until(async || row().one(world.app.db.read()).await.unwrap().unwrap().accepted_at.is_some()).await;
            process.kill();
            click.await.unwrap();
            leases_end(world).await;
        }
        let process = again(world, &guest).await;
        advance(world, &guest, TimeDelta::minutes(1)).await;
        for id in &requests {
            assert_eq!(guest.booking(id).await["status"], "CONFIRMED");
            assert_eq!(host.accept(id, id).await["booking"]["status"], "CONFIRMED");
        }
        assert_eq!(guest.notices().await, ["BOOKING_CONFIRMED"; 3]);
        everything_is_right(world, process, &guest).await;
    }
}

/// One guest, who books and pays until the server is gone. What is answered is counted.
async fn besiege(
    guest: Person,
    listing: Arc<String>,
    first: NaiveDate,
    answers: Arc<AtomicUsize>,
    answered: Arc<Notify>,
) {
    let count = || {
        answers.fetch_add(1, Ordering::SeqCst);
        answered.notify_one();
    };
    loop {
        let check_in = first + Days::new(rand::random_range(0..120));
        let stay =
            json!({ "checkIn": check_in, "checkOut": check_in + Days::new(rand::random_range(1..=3)) });
        let input = json!({ "listingId": listing.as_str(), "stay": stay, "party": { "adults": 1 } });
        let Ok(quoted) = guest.try_send(QUOTE, json!({ "input": input })).await else { return };
        let Some(quote) = quoted["data"]["createQuote"]["quote"]["id"].as_str() else { continue };
        let input = json!({ "quoteId": quote, "idempotencyKey": quote });
        let Ok(booked) = guest.try_send(BOOK, json!({ "input": input })).await else { return };
        count();
        let payment: &Value = &booked["data"]["createBooking"]["payment"]["id"];
        if payment.is_null() || rand::random_bool(0.3) {
            continue;
        }
        let input = json!({ "paymentId": payment, "card": "4242424242424242", "idempotencyKey": payment });
        let Ok(_) = guest.try_send(PAY, json!({ "input": input })).await else { return };
        count();
    }
}

both! {
    async fn killed_three_times_in_a_storm_of_bookings(world: World) {
        let (listing, guests) = scene(world, 6).await;
        let first = in_days(world, 20);
        for kill_after in [5, 17, 30] {
            let process = Process::start(world).await;
            let (answers, answered) = (Arc::new(AtomicUsize::new(0)), Arc::new(Notify::new()));
            let storm: Vec<_> = guests
                .iter()
                .map(|guest| {
                    let (guest, listing) = (guest.clone(), listing.clone());
                    tokio::spawn(besiege(guest, listing, first, answers.clone(), answered.clone()))
                })
                .collect();
            while answers.load(Ordering::SeqCst) < kill_after {
                answered.notified().await;
            }
            process.kill();
            for guest in join_all(storm).await {
                guest.unwrap();
            }
            // Between storms, those who hold too much may hold again.
            let process = again(world, &guests[0]).await;
            advance(world, &guests[0], TimeDelta::minutes(30)).await;
            process.kill();
            leases_end(world).await;
        }
        let process = again(world, &guests[0]).await;
        everything_is_right(world, process, &guests[0]).await;
        let rows = booking::Entity::find().all(world.app.db.read()).await.unwrap();
        assert!(rows.iter().any(|row| row.status == Status::Confirmed));
    }
}
