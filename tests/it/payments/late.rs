//! Money that arrives when the hold has ended: the nights are taken again if they are free, otherwise it goes back.

use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, sea_query::Expr};
use serde_json::{Value, json};
use sojourn::{
    accounts::user,
    jobs,
    kernel::{ListingId, UserId},
    listings::listing,
};

use crate::{
    both,
    support::{ListingAsk, Person, World, only_error, people::in_days, stripe},
};

const CARD: &str = "4242424242424242";
const PAUSE: &str = "mutation($input: ListingIdInput!) { pauseListing(input: $input) { listing { status } errors { code } } }";
const ARCHIVE: &str = "mutation($input: ListingIdInput!) { archiveListing(input: $input) { listing { status } errors { code } } }";

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

/// Holds a stay and pays for it, with Stripe's webhooks kept back; returns the booking's id.
async fn paid_unheard(world: &World, guest: &Person, listing: &str) -> String {
    world.switches().hold();
    let held = guest.hold(listing, in_days(world, 20), 2).await;
    // The job that begins the payment, should the server die, would see that it is paid.
    world.settle().await;
    assert_eq!(guest.pay(text(&held["payment"]["id"]), CARD).await["status"], "SUCCEEDED");
    text(&held["booking"]["id"]).to_owned()
}

fn kinds(booking: &Value) -> Vec<&str> {
    booking["timeline"].as_array().unwrap().iter().map(|line| text(&line["kind"])).collect()
}

both! {
    async fn a_late_payment_takes_free_nights_again(world: World) {
        let listing = world.host("Hanna").await.listing(&ListingAsk::default()).await;
        let guest = world.guest("Gustavo").await;
        let id = paid_unheard(world, &guest, &listing).await;
        assert_eq!(guest.booking(&id).await["status"], "PENDING_PAYMENT");

        world.advance(TimeDelta::minutes(30)).await;
        world.switches().double(true);
        world.switches().release();
        world.settle().await;

        let booking = guest.booking(&id).await;
        assert_eq!(booking["status"], "CONFIRMED");
        assert_eq!(kinds(&booking), ["CREATED", "EXPIRED", "PAID_LATE", "CONFIRMED"]);
        assert_eq!(booking["payment"]["refunded"]["amount"], "0.00");
        assert!(guest.notices().await.iter().any(|kind| kind == "BOOKING_CONFIRMED"));
        let other = world.guest("Greta").await;
        assert_eq!(other.quote(&listing, in_days(world, 20), 2).await["errors"][0]["code"], "NOT_AVAILABLE");
        stripe::no_charge_without_a_booking(world).await;
    }
}

both! {
    async fn a_late_payment_for_nights_that_are_gone_goes_back_once(world: World) {
        let listing = world.host("Hanna").await.listing(&ListingAsk::default()).await;
        let (guest, other) = (world.guest("Gustavo").await, world.guest("Greta").await);
        world.without_workers().await;
        let id = paid_unheard(world, &guest, &listing).await;
        world.app.clock.advance_to(world.now() + TimeDelta::minutes(16));
        let taken = other.hold(&listing, in_days(world, 21), 2).await;

        world.with_workers().await;
        world.switches().double(true);
        world.switches().newest_first(true);
        world.switches().release();
        world.settle().await;

        let booking = guest.booking(&id).await;
        assert_eq!(booking["status"], "EXPIRED");
        assert_eq!(booking["payment"]["refunded"]["amount"], "224.00");
        assert_eq!(stripe::books(world)["refunds"].as_object().unwrap().len(), 1);
        let notices = guest.notices().await;
        assert_eq!(notices.iter().filter(|kind| *kind == "PAYMENT_REFUNDED").count(), 1, "{notices:?}");
        assert!(!notices.contains(&"BOOKING_CONFIRMED".to_owned()));

        // The other's booking was never touched.
        other.pay(text(&taken["payment"]["id"]), CARD).await;
        world.settle().await;
        assert_eq!(other.booking(text(&taken["booking"]["id"])).await["status"], "CONFIRMED");
        stripe::no_charge_without_a_booking(world).await;
    }
}

both! {
    async fn money_for_a_cancelled_booking_goes_back(world: World) {
        let listing = world.host("Hanna").await.listing(&ListingAsk::default()).await;
        let guest = world.guest("Gustavo").await;
        let id = paid_unheard(world, &guest, &listing).await;
        let cancelled = guest.cancel(&id, "changed my mind").await;
        assert_eq!(cancelled["booking"]["status"], "CANCELLED");

        world.switches().double(true);
        world.switches().release();
        world.settle().await;

        let booking = guest.booking(&id).await;
        assert_eq!(booking["status"], "CANCELLED");
        assert_eq!(booking["payment"]["refunded"]["amount"], "224.00");
        assert_eq!(guest.notices().await, ["BOOKING_CANCELLED", "PAYMENT_REFUNDED"]);
        assert_eq!(guest.quote(&listing, in_days(world, 20), 2).await["errors"], json!([]));
        stripe::no_charge_without_a_booking(world).await;
    }
}

both! {
    async fn a_late_payment_for_a_stay_that_has_begun_goes_back(world: World) {
        let listing = world.host("Hanna").await.listing(&ListingAsk::default()).await;
        let guest = world.guest("Gustavo").await;
        world.without_workers().await;
        let id = paid_unheard(world, &guest, &listing).await;
        world.app.clock.advance_to(world.now() + TimeDelta::days(22));
        world.with_workers().await;
        world.switches().release();
        world.settle().await;
        let booking = guest.booking(&id).await;
        assert_eq!((&booking["status"], &booking["payment"]["refunded"]["amount"]), (&json!("EXPIRED"), &json!("224.00")));
        stripe::no_charge_without_a_booking(world).await;
    }
}

both! {
    async fn late_money_buys_nothing_that_is_not_on_sale_any_more(world: World) {
        let guest = world.guest("Gustavo").await;
        let hosts = [world.host("Hanna").await, world.host("Hugo").await, world.host("Hera").await];
        let mut listings = Vec::new();
        for host in &hosts {
            listings.push(host.listing(&ListingAsk::default()).await);
        }
        world.settle().await;
        // Nobody looks after what has ended until everything else has happened.
        world.without_workers().await;
        let mut bookings = Vec::new();
        for listing in listings {
            bookings.push((paid_unheard(world, &guest, &listing).await, listing));
        }
        world.app.clock.advance_to(world.now() + TimeDelta::minutes(30));

        // One is off sale for a while, one is taken out by an admin, and one's host is kept out.
        hosts[0].done(PAUSE, json!({ "listingId": bookings[0].1 })).await;
        set_status(world, &bookings[1].1, listing::Status::Suspended).await;
        user::Entity::update_many()
            .col_expr(user::Column::SuspendedAt, Expr::value(world.now()))
            .filter(user::Column::Id.eq(hosts[2].id.parse::<UserId>().unwrap()))
            .exec(world.app.db.writer())
            .await
            .unwrap();
        world.with_workers().await;
        world.switches().release();
        world.settle().await;

        for (id, _) in &bookings {
            let booking = guest.booking(id).await;
            let now = (&booking["status"], &booking["payment"]["refunded"]["amount"]);
            assert_eq!(now, (&json!("EXPIRED"), &json!("224.00")));
        }
        assert!(!guest.notices().await.contains(&"BOOKING_CONFIRMED".to_owned()));
        stripe::no_charge_without_a_booking(world).await;
        // For the end of the test: the search knows nothing of what was done behind its back.
        set_status(world, &bookings[1].1, listing::Status::Published).await;
        user::Entity::update_many()
            .col_expr(user::Column::SuspendedAt, Expr::value(Option::<DateTime<Utc>>::None))
            .exec(world.app.db.writer())
            .await
            .unwrap();
    }
}

async fn set_status(world: &World, listing: &str, status: listing::Status) {
    listing::Entity::update_many()
        .col_expr(listing::Column::Status, Expr::value(status))
        .filter(listing::Column::Id.eq(listing.parse::<ListingId>().unwrap()))
        .exec(world.app.db.writer())
        .await
        .unwrap();
}

/// Nobody has got round to ending the holds: the jobs that would are lost.
async fn lose_hold_ends(world: &World) {
    jobs::entity::Entity::delete_many()
        .filter(jobs::entity::Column::Kind.eq("bookings.expire"))
        .exec(world.app.db.writer())
        .await
        .unwrap();
}

both! {
    async fn a_hold_has_ended_by_the_clock_whoever_settles_it(world: World) {
        let host = world.host("Hanna").await;
        let (gone, there) = (host.listing(&ListingAsk::default()).await, host.listing(&ListingAsk::default()).await);
        let guest = world.guest("Gustavo").await;
        let lost = paid_unheard(world, &guest, &gone).await;
        let kept = paid_unheard(world, &guest, &there).await;
        lose_hold_ends(world).await;
        world.advance(TimeDelta::minutes(16)).await;

        // An ended hold is in nobody's way, and a late payment of it is a late payment.
        assert_eq!(host.done(ARCHIVE, json!({ "listingId": gone })).await["listing"]["status"], "ARCHIVED");
        world.switches().release();
        world.settle().await;
        let booking = guest.booking(&lost).await;
        assert_eq!((&booking["status"], &booking["payment"]["refunded"]["amount"]), (&json!("EXPIRED"), &json!("224.00")));
        let booking = guest.booking(&kept).await;
        assert_eq!(booking["status"], "CONFIRMED");
        assert_eq!(kinds(&booking), ["CREATED", "EXPIRED", "PAID_LATE", "CONFIRMED"]);
        let notices = guest.notices().await;
        assert_eq!(notices.iter().filter(|kind| *kind == "BOOKING_CONFIRMED").count(), 1, "{notices:?}");
        stripe::no_charge_without_a_booking(world).await;
    }
}

both! {
    async fn a_hold_that_still_runs_keeps_its_listing(world: World) {
        let host = world.host("Hanna").await;
        let listing = host.listing(&ListingAsk::default()).await;
        let guest = world.guest("Gustavo").await;
        guest.hold(&listing, in_days(world, 20), 2).await;
        let refused = host.attempt(ARCHIVE, json!({ "listingId": listing })).await;
        assert_eq!(only_error(&refused), "FUTURE_BOOKINGS");
        lose_hold_ends(world).await;
        world.advance(TimeDelta::minutes(16)).await;
        assert_eq!(host.done(ARCHIVE, json!({ "listingId": listing })).await["listing"]["status"], "ARCHIVED");
    }
}
