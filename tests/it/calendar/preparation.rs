//! Nights on which a place is made ready: around each stay, shared by two, gone with their stay.

use chrono::Days;
use serde_json::json;

use super::{availability, broken, change, reasons, set};
use crate::{
    both,
    support::{ListingAsk, people::in_days},
};

both! {
    async fn preparation_keeps_nights_free_around_a_stay_and_two_stays_share_them(world: World) {
        let host = world.host("Hanna").await;
        let listing = host.listing(&ListingAsk::default()).await;
        let (guest, other) = (world.guest("Gustavo").await, world.guest("Greta").await);
        let first = in_days(world, 40);
        let day = |n: u64| first + Days::new(n);
        set(&host, &listing, json!({ "preparationBefore": 1, "preparationAfter": 2 })).await;
        let booking = guest.confirmed(world, &listing, day(10), 2).await;

        // Two nights on both sides: before, since whoever comes before needs as many after.
        let expected = |nights: &[(u64, &[&str])]| -> Vec<_> {
            nights.iter().map(|(n, kinds)| (day(*n), kinds.iter().map(|kind| (*kind).to_owned()).collect::<Vec<_>>())).collect()
        };
        let now = async || reasons(&host, &listing, first, day(30)).await;
        let around = [(8, &["PREPARATION"][..]), (9, &["PREPARATION"]), (10, &["STAY"]), (11, &["STAY"]), (12, &["PREPARATION"]), (13, &["PREPARATION"])];
        assert_eq!(now().await, expected(&around));
        let answer = availability(&other, &listing, day(12), 3).await;
        assert_eq!(answer["violations"][0]["code"], "PREPARATION");
        assert_eq!(answer["violations"][0]["nights"], json!([day(12), day(13)]));
        assert_eq!(answer["violations"][0]["date"], json!(day(14)));
        assert_eq!(other.quote(&listing, day(12), 3).await["errors"][0]["nights"], json!([day(12), day(13)]));
        assert_eq!(broken(&other, &listing, day(11), 3).await, ["NIGHTS_TAKEN", "PREPARATION"]);
        assert_eq!(broken(&other, &listing, day(7), 2).await, ["PREPARATION"]);
        assert_eq!(broken(&other, &listing, day(14), 3).await, [""; 0]);

        // A neighbour shares the nights between; a block shares a night with both. Three reasons, one row.
        let next = other.confirmed(world, &listing, day(14), 2).await;
        set(&host, &listing, json!({ "block": [{ "first": day(13), "last": day(13) }] })).await;
        let shared = &["BLOCK", "PREPARATION", "PREPARATION"][..];
        assert_eq!(now().await[4..8], expected(&[(12, &["PREPARATION", "PREPARATION"][..]), (13, shared), (14, &["STAY"]), (15, &["STAY"])]));
        // A night with a stay is no block.
        let refused = change(&host, &listing, json!({ "block": [{ "first": day(12), "last": day(14) }] })).await;
        assert_eq!((&refused["errors"][0]["code"], &refused["errors"][0]["nights"]), (&json!("BOOKED_NIGHTS"), &json!([day(14)])));

        // One reason after the other goes, and the night with the last.
        guest.cancel(&booking, "rain").await;
        let left = expected(&[(12, &["PREPARATION"][..]), (13, &["BLOCK", "PREPARATION"]), (14, &["STAY"]), (15, &["STAY"]), (16, &["PREPARATION"]), (17, &["PREPARATION"])]);
        assert_eq!(now().await, left);
        // The host calls the other off: the stay's nights stay blocked, its preparation goes.
        host.cancel(&next, "a leak").await;
        assert_eq!(now().await, expected(&[(13, &["BLOCK"][..]), (14, &["BLOCK"]), (15, &["BLOCK"])]));
        set(&host, &listing, json!({ "open": [{ "first": day(13), "last": day(15) }] })).await;
        assert_eq!(now().await, []);
        assert_eq!(broken(&guest, &listing, day(9), 10).await, [""; 0]);
    }
}

both! {
    async fn more_or_less_preparation_holds_for_the_stays_that_are_booked_already(world: World) {
        let host = world.host("Hanna").await;
        let listing = host.listing(&ListingAsk::default()).await;
        let (guest, other) = (world.guest("Gustavo").await, world.guest("Greta").await);
        let first = in_days(world, 40);
        let day = |n: u64| first + Days::new(n);
        let booking = guest.confirmed(world, &listing, day(10), 2).await;
        let neighbour = other.confirmed(world, &listing, day(12), 2).await;
        assert_eq!(reasons(&host, &listing, first, day(30)).await.len(), 4);

        // The two are closer than that; what is preparation of the other stays off sale once it goes.
        set(&host, &listing, json!({ "preparationAfter": 2 })).await;
        let kinds = |n: usize, all: &[(chrono::NaiveDate, Vec<String>)]| all[n].1.join(" ");
        let now = reasons(&host, &listing, first, day(30)).await;
        assert_eq!(now.iter().map(|(date, _)| *date).collect::<Vec<_>>(), (8..16).map(day).collect::<Vec<_>>());
        assert_eq!((kinds(1, &now), kinds(2, &now), kinds(5, &now)), ("PREPARATION".into(), "PREPARATION STAY".into(), "PREPARATION STAY".into()));
        assert_eq!(other.cancel(&neighbour, "rain").await["errors"], json!([]));
        assert_eq!(broken(&other, &listing, day(12), 2).await, ["PREPARATION"]);
        assert_eq!(broken(&other, &listing, day(14), 2).await, [""; 0]);

        // Less, and none: the nights come free.
        set(&host, &listing, json!({ "preparationAfter": 1 })).await;
        assert_eq!(broken(&other, &listing, day(13), 1).await, [""; 0]);
        assert_eq!(broken(&other, &listing, day(9), 1).await, ["PREPARATION"]);
        set(&host, &listing, json!({ "preparationAfter": 0 })).await;
        assert_eq!(reasons(&host, &listing, first, day(30)).await.len(), 2);
        assert_eq!(guest.cancel(&booking, "rain").await["errors"], json!([]));
        assert_eq!(reasons(&host, &listing, first, day(30)).await, []);
    }
}

both! {
    async fn a_hold_that_has_ended_keeps_no_preparation(world: World) {
        let host = world.host("Hanna").await;
        let listing = host.listing(&ListingAsk::default()).await;
        let (guest, other) = (world.guest("Gustavo").await, world.guest("Greta").await);
        let first = in_days(world, 40);
        set(&host, &listing, json!({ "preparationBefore": 2 })).await;
        guest.hold(&listing, first, 2).await;
        let next = first + Days::new(2);
        assert_eq!(broken(&other, &listing, next, 2).await, ["PREPARATION"]);
        world.without_workers().await;
        world.app.clock.advance_to(world.now() + chrono::TimeDelta::minutes(16));
        assert_eq!(broken(&other, &listing, next, 2).await, [""; 0]);
        other.hold(&listing, next, 2).await;
        world.with_workers().await;
        world.settle().await;
        assert_eq!(reasons(&host, &listing, first, first + Days::new(9)).await.len(), 6);
    }
}

both! {
    async fn a_block_over_an_ended_hold_wins_over_its_late_payment(world: World) {
        let host = world.host("Hanna").await;
        let listing = host.listing(&ListingAsk::default()).await;
        let guest = world.guest("Gustavo").await;
        let first = in_days(world, 40);
        let held = guest.hold(&listing, first, 2).await;
        let payment = held["payment"]["id"].as_str().unwrap().parse().unwrap();
        world.without_workers().await;
        world.app.clock.advance_to(world.now() + chrono::TimeDelta::minutes(16));
        set(&host, &listing, json!({ "block": [{ "first": first, "last": first }] })).await;

        // The money is told of before anybody has settled the end of the hold.
        sojourn::bookings::confirm(&world.app, payment).await.unwrap();
        let id = held["booking"]["id"].as_str().unwrap();
        assert_eq!(guest.booking(id).await["status"], "EXPIRED");
        assert_eq!(reasons(&host, &listing, first, first + Days::new(5)).await, [(first, vec!["BLOCK".to_owned()])]);
        world.with_workers().await;
        world.settle().await;
        assert_eq!(guest.booking(id).await["status"], "EXPIRED");
    }
}
