//! A provider that is slow, fails, or falls silent after it has done its work: the booking stands, and what is asked
//! of Stripe is done once.

use std::time::Duration;

use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::{
    both,
    support::{
        ListingAsk, Person, World,
        people::in_days,
        stripe::{self, CREATE_INTENT, intents_of},
        until,
    },
};

async fn scene(world: &World) -> (Person, String) {
    let listing = world.host("Hanna").await.listing(&ListingAsk::default()).await;
    (world.guest("Gustavo").await, listing)
}

/// The payment is there after a while, was made once, and can be paid.
async fn comes_right(world: &World, guest: &Person, held: &Value) {
    assert_eq!(held["errors"], json!([]));
    assert_eq!(held["booking"]["status"], "PENDING_PAYMENT");
    assert_eq!(held["payment"]["clientSecret"], Value::Null, "its answer is missing");
    world.advance(TimeDelta::minutes(6)).await;
    can_be_paid(world, guest, held).await;
}

async fn can_be_paid(world: &World, guest: &Person, held: &Value) {
    let id = held["booking"]["id"].as_str().unwrap();
    let booking = guest.booking(id).await;
    assert_eq!(booking["payment"]["status"], "REQUIRES_PAYMENT_METHOD");
    assert_eq!(intents_of(world, id).len(), 1);
    guest.pay(held["payment"]["id"].as_str().unwrap(), "4242424242424242").await;
    world.settle().await;
    assert_eq!(guest.booking(id).await["status"], "CONFIRMED");
    stripe::no_charge_without_a_booking(world).await;
}

both! {
    async fn a_provider_that_fails_is_asked_again(world: World) {
        let (guest, listing) = scene(world).await;
        world.switches().fail(CREATE_INTENT, 1);
        let held = guest.hold(&listing, in_days(world, 20), 2).await;
        comes_right(world, &guest, &held).await;
        assert_eq!(world.switches().calls(CREATE_INTENT), 2);
    }
}

both! {
    async fn a_provider_that_falls_silent_after_its_work_does_it_once(world: World) {
        let (guest, listing) = scene(world).await;
        world.switches().silent_after_success(CREATE_INTENT, 2);
        // Its webhook could be faster than the second look.
        world.switches().hold();
        let held = guest.hold(&listing, in_days(world, 20), 2).await;
        world.switches().release();
        comes_right(world, &guest, &held).await;
    }
}

both! {
    async fn a_provider_that_is_too_slow_is_not_waited_for(world: World) {
        let (guest, listing) = scene(world).await;
        // Longer than whoever books is kept waiting. What it does in the end is told by its webhook.
        world.switches().slow(CREATE_INTENT, Duration::from_secs(7));
        let held = guest.hold(&listing, in_days(world, 20), 2).await;
        world.switches().slow(CREATE_INTENT, Duration::ZERO);
        assert_eq!((&held["payment"]["status"], &held["payment"]["clientSecret"]), (&json!("CREATED"), &Value::Null));
        let id = held["booking"]["id"].as_str().unwrap();
        until(async || guest.booking(id).await["payment"]["status"] != "CREATED").await;
        can_be_paid(world, &guest, &held).await;
    }
}

both! {
    async fn a_hold_whose_payment_never_came_about_ends_without_a_trace(world: World) {
        let (guest, listing) = scene(world).await;
        // The first call is done and its answer lost; all others fail until the hold has ended.
        world.switches().silent_after_success(CREATE_INTENT, 1);
        let held = guest.hold(&listing, in_days(world, 20), 2).await;
        let id = held["booking"]["id"].as_str().unwrap();
        world.switches().fail(CREATE_INTENT, 2);
        world.advance(TimeDelta::days(1)).await;
        assert_eq!(guest.booking(id).await["status"], "EXPIRED");
        let intents = intents_of(world, id);
        assert_eq!(intents.len(), 1);
        assert_eq!(guest.booking(id).await["payment"]["status"], "CANCELLED");
        assert_eq!(intents[0]["status"].as_str().unwrap().to_lowercase(), "canceled", "nobody can pay it any more");
    }
}

both! {
    async fn a_refund_whose_answer_is_lost_goes_back_once(world: World) {
        let (guest, listing) = scene(world).await;
        let id = guest.confirmed(world, &listing, in_days(world, 20), 2).await;
        world.switches().silent_after_success("POST /v1/refunds", 1);
        world.switches().hold();
        assert_eq!(guest.cancel(&id, "rain").await["errors"], json!([]));
        world.advance(TimeDelta::hours(2)).await;
        world.switches().release();
        world.settle().await;
        assert_eq!(guest.booking(&id).await["payment"]["refunded"]["amount"], "224.00");
        assert_eq!(stripe::books(world)["refunds"].as_object().unwrap().len(), 1);
        assert_eq!(guest.notices().await, ["BOOKING_CONFIRMED", "BOOKING_CANCELLED", "PAYMENT_REFUNDED"]);
        stripe::no_charge_without_a_booking(world).await;
    }
}
