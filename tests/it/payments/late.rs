//! Money that arrives when the hold has ended: the nights are taken again if they are free, otherwise it goes back.

use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::{
    both,
    support::{ListingAsk, Person, World, people::in_days, stripe},
};

const CARD: &str = "4242424242424242";

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

/// Holds a stay and pays for it, with Stripe's webhooks kept back; returns the booking's id.
async fn paid_unheard(world: &World, guest: &Person, listing: &str) -> String {
    world.switches().hold();
    let held = guest.hold(listing, in_days(world, 20), 2).await;
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
