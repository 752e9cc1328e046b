//! `createBooking`: second clicks, used quotes, lost races, and holds that end. The fight itself is in `torture.rs`.

use std::collections::BTreeSet;

use chrono::{DateTime, Days, NaiveDate, TimeDelta, Utc};
use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::{
    both,
    support::{
        ListingAsk, only_error,
        people::in_days,
        stripe::{CREATE_INTENT, intents_of},
    },
};

both! {
    async fn a_second_click_is_the_same_booking(world: World) {
        let listing = world.host("Hanna").await.listing(&ListingAsk::default()).await;
        let guest = world.guest("Gustavo").await;
        let quote = guest.quoted(&listing, in_days(world, 20), 2).await;

        let answers = join_all((0..20).map(|_| guest.book(&quote, "one click"))).await;
        for answer in &answers {
            assert_eq!(answer, &answers[0], "every click has the same answer");
        }
        assert_eq!(answers[0]["errors"], json!([]));
        assert!(answers[0]["payment"]["clientSecret"].is_string(), "{:#}", answers[0]);
        let id = answers[0]["booking"]["id"].as_str().unwrap();
        world.settle().await;
        assert_eq!(world.switches().calls(CREATE_INTENT), 1);
        assert_eq!(intents_of(world, id).len(), 1);
        let trips = guest.get("{ viewer { bookings { totalCount } } }", json!({})).await;
        assert_eq!(trips["bookings"]["totalCount"], 1);

        // Much later it still is.
        let again = guest.book(&quote, "one click").await;
        assert_eq!(again["booking"], answers[0]["booking"]);
        assert_eq!(world.switches().calls(CREATE_INTENT), 1);
    }
}

both! {
    async fn a_key_belongs_to_one_input_and_refusals_are_not_remembered(world: World) {
        let listing = world.host("Hanna").await.listing(&ListingAsk::default()).await;
        let (guest, other) = (world.guest("Gustavo").await, world.guest("Greta").await);
        let (first, second) = (in_days(world, 20), in_days(world, 30));

        // A quote of both, and the other is faster: refused, and the key is as good as new.
        let lost = guest.quoted(&listing, first, 2).await;
        let theirs = other.hold(&listing, first, 2).await;
        assert_eq!(only_error(&guest.book(&lost, "key").await), "NIGHTS_TAKEN");
        assert_eq!(only_error(&guest.book(&lost, "key").await), "NIGHTS_TAKEN");
        other.cancel(theirs["booking"]["id"].as_str().unwrap(), "changed my mind").await;
        let won = guest.book(&lost, "key").await;
        assert_eq!(won["errors"], json!([]));

        // The same key with another quote is somebody's mistake; the same quote with another key too.
        let next = guest.quoted(&listing, second, 2).await;
        assert_eq!(only_error(&guest.book(&next, "key").await), "IDEMPOTENCY_CONFLICT");
        assert_eq!(only_error(&guest.book(&lost, "another key").await), "QUOTE_USED");
        for key in [String::new(), "k".repeat(256)] {
            assert_eq!(only_error(&guest.book(&next, &key).await), "IDEMPOTENCY_KEY_INVALID");
        }
        // Somebody else's key of the same spelling is another key, and somebody else's quote doesn't exist.
        let theirs = other.quoted(&listing, second, 2).await;
        assert_eq!(other.book(&theirs, "key").await["errors"], json!([]));
        let (_, answer) = guest
            .send(crate::support::people::BOOK, json!({ "input": { "quoteId": theirs, "idempotencyKey": "thief" } }))
            .await;
        assert_eq!(answer["errors"][0]["extensions"]["code"], "NOT_FOUND");
    }
}

both! {
    async fn one_quote_booked_at_once_with_many_keys_is_booked_once(world: World) {
        let listing = world.host("Hanna").await.listing(&ListingAsk::default()).await;
        let guest = world.guest("Gustavo").await;
        let quote = guest.quoted(&listing, in_days(world, 20), 2).await;
        let keys: Vec<String> = (0..10).map(|n| format!("key {n}")).collect();
        let answers = join_all(keys.iter().map(|key| guest.book(&quote, key))).await;
        let (won, lost): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| !answer["booking"].is_null());
        assert_eq!(won.len(), 1);
        assert!(lost.iter().all(|answer| only_error(answer) == "QUOTE_USED"), "{lost:#?}");
        world.settle().await;
        assert_eq!(world.switches().calls(CREATE_INTENT), 1);
    }
}

both! {
    async fn a_lost_race_names_the_nights_and_what_else_is_free(world: World) {
        let listing = world.host("Hanna").await.listing(&ListingAsk::default()).await;
        let (guest, other) = (world.guest("Gustavo").await, world.guest("Greta").await);
        let check_in = in_days(world, 20);
        let quote = guest.quoted(&listing, check_in, 4).await;
        other.hold(&listing, check_in + Days::new(1), 2).await;

        let lost = guest.book(&quote, "key").await;
        assert_eq!(only_error(&lost), "NIGHTS_TAKEN");
        let taken = [check_in + Days::new(1), check_in + Days::new(2)];
        assert_eq!(lost["errors"][0]["nights"], json!(taken));
        assert_eq!(lost["booking"], Value::Null);
        assert_eq!(lost["payment"], Value::Null);

        // Each alternative can really be booked, is as long, and none is the lost one.
        let alternatives = lost["errors"][0]["alternatives"].as_array().unwrap();
        assert!(!alternatives.is_empty());
        for stay in alternatives {
            let date = |name: &str| stay[name].as_str().unwrap().parse::<NaiveDate>().unwrap();
            let nights: BTreeSet<_> = date("checkIn").iter_days().take_while(|day| *day < date("checkOut")).collect();
            assert_eq!(nights.len(), 4);
            assert!(taken.iter().all(|night| !nights.contains(night)));
            let booked = guest.hold(&listing, date("checkIn"), 4).await;
            guest.cancel(booked["booking"]["id"].as_str().unwrap(), &stay.to_string()).await;
        }
    }
}

both! {
    async fn an_expired_hold_is_taken_over_while_nobody_works(world: World) {
        let listing = world.host("Hanna").await.listing(&ListingAsk::default()).await;
        let (guest, other) = (world.guest("Gustavo").await, world.guest("Greta").await);
        let check_in = in_days(world, 20);
        world.without_workers().await;
        let held = guest.hold(&listing, check_in, 3).await;
        let id = held["booking"]["id"].as_str().unwrap();

        // A second before the end it stands in everybody's way, a second after in nobody's.
        let until: DateTime<Utc> = held["booking"]["holdEndsAt"].as_str().unwrap().parse().unwrap();
        world.app.clock.advance_to(until - TimeDelta::seconds(20));
        assert_eq!(only_error(&other.quote(&listing, check_in, 3).await), "NOT_AVAILABLE");
        world.app.clock.advance_to(until + TimeDelta::seconds(1));
        assert_eq!(guest.booking(id).await["status"], "EXPIRED");
        assert_eq!(guest.booking(id).await["viewerActions"], json!([]));
        let taken = other.hold(&listing, check_in + Days::new(1), 3).await;
        assert_eq!(taken["booking"]["status"], "PENDING_PAYMENT");
        // The nights that the other didn't want are free as well.
        let rest = guest.hold(&listing, check_in, 1).await;
        assert_eq!(rest["booking"]["status"], "PENDING_PAYMENT");

        world.with_workers().await;
        world.settle().await;
        assert_eq!(guest.booking(id).await["status"], "EXPIRED");
        assert_eq!(guest.notices().await, ["BOOKING_EXPIRED"]);
        assert_eq!(other.booking(taken["booking"]["id"].as_str().unwrap()).await["status"], "PENDING_PAYMENT");
    }
}

both! {
    async fn a_payment_attempt_prolongs_the_hold_once(world: World) {
        let listing = world.host("Hanna").await.listing(&ListingAsk::default()).await;
        let guest = world.guest("Gustavo").await;
        let held = guest.hold(&listing, in_days(world, 20), 3).await;
        let (id, payment) = (held["booking"]["id"].as_str().unwrap(), held["payment"]["id"].as_str().unwrap());
        let end = |booking: &Value| booking["holdEndsAt"].as_str().unwrap().parse::<DateTime<Utc>>().unwrap();
        let first = end(&held["booking"]);

        // The bank asks, and the guest looks for their telephone; then tries again, and once more.
        for card in ["4000000000003220", "4000000000003063", "4000002760003184"] {
            assert_eq!(guest.pay_as(payment, card, "LEAVE").await["status"], "REQUIRES_ACTION");
            world.settle().await;
            assert_eq!(end(&guest.booking(id).await), first + TimeDelta::minutes(10));
        }
        world.advance_to(first + TimeDelta::minutes(9)).await;
        assert_eq!(guest.booking(id).await["status"], "PENDING_PAYMENT");
        world.advance_to(first + TimeDelta::minutes(11)).await;
        let booking = guest.booking(id).await;
        assert_eq!(booking["status"], "EXPIRED");
        let kinds: Vec<_> = booking["timeline"].as_array().unwrap().iter().map(|line| line["kind"].clone()).collect();
        assert_eq!(json!(kinds), json!(["CREATED", "HOLD_EXTENDED", "EXPIRED"]));
    }
}
