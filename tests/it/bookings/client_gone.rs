//! A client that goes away in the middle of `createBooking`: there is a whole booking, or none.

use std::time::Duration;

use chrono::TimeDelta;
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use serde_json::json;
use sojourn::{bookings::booking, calendar::night_reason, payments::payment};

use crate::{
    both,
    support::{
        ListingAsk, World,
        people::{BOOK, in_days},
        stripe::{self, CREATE_INTENT},
        until,
    },
};

/// Every booking has its nights and its payment, which is at Stripe; nothing has nights without being a booking.
async fn all_are_whole(world: &World) -> usize {
    let db = world.app.db.read();
    let bookings = booking::Entity::find().all(db).await.unwrap();
    for row in &bookings {
        let nights = (row.check_out - row.check_in).num_days();
        let mine = night_reason::Entity::find().filter(night_reason::Column::SourceId.eq(row.id.0));
        assert_eq!(mine.count(db).await.unwrap(), u64::try_from(nights).unwrap());
        let payments =
            payment::Entity::find().filter(payment::Column::BookingId.eq(row.id)).all(db).await.unwrap();
        assert!(payments.len() == 1 && payments[0].intent_id.is_some(), "{payments:?}");
    }
    let nights: i64 = bookings.iter().map(|row| (row.check_out - row.check_in).num_days()).sum();
    assert_eq!(night_reason::Entity::find().count(db).await.unwrap(), u64::try_from(nights).unwrap());
    bookings.len()
}

both! {
    async fn a_client_that_goes_away_leaves_a_whole_booking_or_none(world: World) {
        let listing = world.host("Hanna").await.listing(&ListingAsk::default()).await;
        let mut quotes = Vec::new();
        let guests = world.guests(4).await;
        for (n, guest) in guests.iter().enumerate() {
            quotes.push((guest.clone(), guest.quoted(&listing, in_days(world, 20 + 5 * n as u64), 2).await));
        }
        world.settle().await;
        let click = |(guest, quote): (crate::support::Person, String)| {
            tokio::spawn(async move {
                let input = json!({ "input": { "quoteId": quote, "idempotencyKey": "once" } });
                guest.try_send(BOOK, input).await.ok()
            })
        };

        // Gone while Stripe is asked: the booking is there, whole.
        world.switches().slow(CREATE_INTENT, Duration::from_millis(300));
        let calls = world.switches().calls(CREATE_INTENT);
        let asking = click(quotes[0].clone());
        until(async || world.switches().calls(CREATE_INTENT) > calls).await;
        asking.abort();
        until(async || !stripe::books(world)["intents"].is_null()).await;
        world.switches().slow(CREATE_INTENT, Duration::ZERO);
        // Gone at some moment or other.
        for (n, quote) in quotes[1..].iter().enumerate() {
            let asking = click(quote.clone());
            for _ in 0..n * 50 {
                tokio::task::yield_now().await;
            }
            asking.abort();
        }
        world.settle().await;
        // What a request did not get to is done a minute later.
        world.advance(TimeDelta::minutes(2)).await;
        assert!((1..=4).contains(&all_are_whole(world).await));

        // The second click is the first one, wherever that got to.
        let mut ids = Vec::new();
        for (guest, quote) in &quotes {
            let booked = guest.book(quote, "once").await;
            assert_eq!(booked["errors"], json!([]));
            ids.push(booked["booking"]["id"].as_str().unwrap().to_owned());
        }
        world.settle().await;
        world.advance(TimeDelta::minutes(2)).await;
        assert_eq!(all_are_whole(world).await, 4);
        world.advance(TimeDelta::minutes(30)).await;
        stripe::no_charge_without_a_booking(world).await;
    }
}
