//! The card of a request: let go behind everybody's back, charged with the answer lost, told of twice, in any order, or
//! too late. Whatever happens, one end, and no money without a stay.

use std::time::Duration;

use chrono::TimeDelta;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, sea_query::Expr};
use serde_json::{Value, json};
use sojourn::{
    bookings::{booking, booking_event},
    jobs,
    kernel::{BookingId, Currency, Fault, Money, Never, PaymentId},
    payments::capture,
};

use super::request::{CAPTURE, Scene, charges, kinds, respond_by, scene};
use crate::{
    both,
    support::{
        World, only_error,
        people::in_days,
        stripe::{self, intents_of},
        until,
    },
};

const CARD: &str = "4242424242424242";

/// Stripe's intent of a booking.
fn intent_of(world: &World, booking: &str) -> String {
    intents_of(world, booking)[0]["id"].as_str().unwrap().to_owned()
}

/// Whether that is how far the payment of a booking is at Stripe.
fn is_at_stripe(world: &World, booking: &str, status: &str) -> bool {
    intents_of(world, booking)[0]["status"].as_str().unwrap().to_lowercase() == status
}

both! {
    async fn an_accepted_request_whose_card_can_not_be_charged_is_declined(world: World) {
        let scene = scene(world).await;
        let Scene { host, guest, id, .. } = &scene;
        // Let go at the provider, by the bank or by hand; nobody has told us yet.
        world.switches().hold();
        world.app.stripe.cancel_intent(&intent_of(world, id), "by hand").await.unwrap();
        let accepted = host.accept(id, "yes").await;
        assert_eq!((&accepted["errors"], &accepted["booking"]["status"]), (&json!([]), &json!("DECLINED")));

        world.switches().double(true);
        world.switches().newest_first(true);
        world.switches().release();
        scene.ended_as(world, "DECLINED").await;
        let booking = guest.booking(id).await;
        assert_eq!(kinds(&booking), ["CREATED", "REQUESTED", "ACCEPTED", "DECLINED"]);
        assert_eq!(booking["timeline"][3]["note"], "the card could not be charged");
        assert_eq!(guest.notices().await, ["BOOKING_DECLINED"]);
        assert_eq!(host.notices().await, ["BOOKING_REQUESTED", "BOOKING_DECLINED"]);
        assert!(scene.is_free(world).await);
        // The second click is the first one.
        assert_eq!(host.accept(id, "yes").await, accepted);
    }
}

both! {
    async fn a_request_whose_authorisation_is_let_go_is_declined(world: World) {
        let scene = scene(world).await;
        world.app.stripe.cancel_intent(&intent_of(world, &scene.id), "by hand").await.unwrap();
        scene.ended_as(world, "DECLINED").await;
        assert_eq!(only_error(&scene.host.accept(&scene.id, "yes").await), "NOT_PENDING");
        assert_eq!(scene.guest.notices().await, ["BOOKING_DECLINED"]);
        assert!(scene.is_free(world).await);
    }
}

both! {
    async fn a_capture_without_an_answer_is_asked_for_again_and_the_mark_holds(world: World) {
        let Scene { host, guest, id, listing } = scene(world).await;
        // Accepted at the last moment, and the provider fails until long after.
        let until = respond_by(&host, &id).await;
        world.advance_to(until - TimeDelta::seconds(20)).await;
        world.switches().fail(CAPTURE, 2);
        let accepted = host.accept(&id, "yes").await;
        assert_eq!((&accepted["errors"], &accepted["booking"]["status"]), (&json!([]), &json!("PENDING_APPROVAL")));
        assert_eq!(host.booking(&id).await["viewerActions"], json!([]));
        assert_eq!(only_error(&guest.cancel(&id, "no").await), "BEING_CONFIRMED");
        assert_eq!(only_error(&host.decline(&id, "").await), "NOT_PENDING");

        world.advance_to(until + TimeDelta::minutes(2)).await;
        let booking = guest.booking(&id).await;
        assert_eq!((&booking["status"], &booking["respondBy"]), (&json!("PENDING_APPROVAL"), &Value::Null));
        let other = world.guest("Olga").await;
        assert_eq!(only_error(&other.quote(&listing, in_days(world, 19), 2).await), "NOT_AVAILABLE");

        world.advance_to(until + TimeDelta::minutes(6)).await;
        let booking = guest.booking(&id).await;
        assert_eq!(booking["status"], "CONFIRMED");
        assert_eq!(kinds(&booking), ["CREATED", "REQUESTED", "ACCEPTED", "CONFIRMED"]);
        assert_eq!((world.switches().calls(CAPTURE), charges(world).await), (3, 1));
        stripe::no_charge_without_a_booking(world).await;
    }
}

both! {
    async fn a_capture_whose_answer_is_lost_charges_once(world: World) {
        let Scene { host, guest, id, .. } = scene(world).await;
        world.switches().hold();
        world.switches().silent_after_success(CAPTURE, 1);
        assert_eq!(host.accept(&id, "yes").await["booking"]["status"], "PENDING_APPROVAL");
        world.advance(TimeDelta::minutes(1)).await;
        assert_eq!(guest.booking(&id).await["status"], "CONFIRMED");
        world.switches().double(true);
        world.switches().release();
        world.advance(TimeDelta::minutes(10)).await;
        assert_eq!(charges(world).await, 1);
        assert_eq!(guest.notices().await, ["BOOKING_CONFIRMED"]);
        stripe::no_charge_without_a_booking(world).await;
    }
}

both! {
    async fn a_capture_that_stays_unknown_is_looked_up_and_never_sent_after_a_day(world: World) {
        let scene = scene(world).await;
        let Scene { host, guest, id, .. } = &scene;
        world.switches().fail(CAPTURE, 100);
        host.accept(id, "yes").await;
        world.advance(TimeDelta::hours(24)).await;
        assert_eq!(guest.booking(id).await["status"], "PENDING_APPROVAL");
        let calls = world.switches().calls(CAPTURE);
        // Nothing was taken for certain, and the key may be forgotten: that was the last word.
        world.advance(TimeDelta::hours(26)).await;
        scene.ended_as(world, "DECLINED").await;
        assert_eq!(world.switches().calls(CAPTURE), calls);
    }
}

both! {
    async fn a_host_who_goes_away_after_accepting_has_accepted(world: World) {
        let Scene { host, guest, id, .. } = scene(world).await;
        world.switches().slow(CAPTURE, Duration::from_millis(300));
        let calls = world.switches().calls(CAPTURE);
        let click = tokio::spawn({
            let (host, id) = (host.clone(), id.clone());
            async move { host.accept(&id, "yes").await }
        });
        until(async || world.switches().calls(CAPTURE) > calls).await;
        click.abort();
        until(async || is_at_stripe(world, &id, "succeeded")).await;
        world.switches().slow(CAPTURE, Duration::ZERO);
        world.advance(TimeDelta::minutes(1)).await;
        assert_eq!(guest.booking(&id).await["status"], "CONFIRMED");
        assert_eq!(charges(world).await, 1);
        assert_eq!(host.accept(&id, "yes").await["booking"]["status"], "CONFIRMED");
        stripe::no_charge_without_a_booking(world).await;
    }
}

both! {
    async fn a_mark_that_a_crash_left_behind_is_followed_by_the_capture(world: World) {
        let Scene { guest, id, .. } = scene(world).await;
        let payment: PaymentId = guest.booking(&id).await["payment"]["id"].as_str().unwrap().parse().unwrap();
        let booking: BookingId = id.parse().unwrap();
        // What is committed before the card is charged, and nothing of what comes then.
        world.without_workers().await;
        let now = world.now();
        let marked = world.app.db.write(|tx| async move {
            booking::Entity::update_many()
                .col_expr(booking::Column::AcceptedAt, Expr::value(now))
                .filter(booking::Column::Id.eq(booking))
                .exec(&*tx)
                .await?;
            capture::due(&tx, payment, now).await?;
            Ok::<_, Fault<Never>>(())
        });
        marked.await.unwrap();
        world.app.clock.advance_to(now + TimeDelta::days(2));
        assert_eq!(guest.booking(&id).await["status"], "PENDING_APPROVAL", "the mark stops the clock");
        world.with_workers().await;
        world.settle().await;
        assert_eq!(guest.booking(&id).await["status"], "CONFIRMED");
        assert_eq!((world.switches().calls(CAPTURE), charges(world).await), (1, 1));
        stripe::no_charge_without_a_booking(world).await;
    }
}

both! {
    async fn webhooks_of_a_request_in_any_order_and_twice_end_the_same(world: World) {
        let (host, guest) = (world.host("Hanna").await, world.guest("Gustavo").await);
        let listing = host.asked_first().await;
        world.switches().double(true);
        world.switches().newest_first(true);
        world.switches().hold();
        let held = guest.hold(&listing, in_days(world, 20), 2).await;
        world.settle().await;
        let (id, payment) = (held["booking"]["id"].as_str().unwrap(), held["payment"]["id"].as_str().unwrap());
        guest.pay(payment, "4000000000000002").await;
        assert_eq!(guest.pay(payment, "4000000000003220").await["status"], "AUTHORISED");
        assert_eq!(guest.booking(id).await["status"], "PENDING_PAYMENT");
        world.switches().release();
        world.settle().await;
        assert_eq!(guest.booking(id).await["status"], "PENDING_APPROVAL");
        assert_eq!(host.notices().await, ["BOOKING_REQUESTED"]);

        // Our own call is faster than what Stripe has to say of it.
        world.switches().hold();
        assert_eq!(host.accept(id, "yes").await["booking"]["status"], "CONFIRMED");
        world.switches().release();
        world.settle().await;
        let booking = guest.booking(id).await;
        assert_eq!((&booking["status"], &booking["payment"]["status"]), (&json!("CONFIRMED"), &json!("SUCCEEDED")));
        assert_eq!(kinds(&booking), ["CREATED", "REQUESTED", "ACCEPTED", "CONFIRMED"]);
        assert_eq!(charges(world).await, 1);
        assert_eq!(host.notices().await, ["BOOKING_REQUESTED", "BOOKING_CONFIRMED"]);
    }
}

both! {
    async fn an_authorisation_that_comes_too_late_is_let_go(world: World) {
        let (host, guest) = (world.host("Hanna").await, world.guest("Gustavo").await);
        let listing = host.asked_first().await;
        world.switches().hold();
        let mut late = Vec::new();
        for n in 0..2 {
            let held = guest.hold(&listing, in_days(world, 20 + 5 * n), 2).await;
            world.settle().await;
            assert_eq!(guest.pay(held["payment"]["id"].as_str().unwrap(), CARD).await["status"], "AUTHORISED");
            late.push(held["booking"]["id"].as_str().unwrap().to_owned());
        }
        // Whoever would let go of what was authorised is lost, for the one by the clock, for the other by its guest.
        world.without_workers().await;
        guest.cancel(&late[1], "changed my mind").await;
        jobs::entity::Entity::delete_many()
            .filter(jobs::entity::Column::Kind.is_in(["bookings.expire", "payments.abandon"]))
            .exec(world.app.db.writer())
            .await
            .unwrap();
        world.app.clock.advance_to(world.now() + TimeDelta::minutes(16));
        world.with_workers().await;
        world.switches().release();
        world.settle().await;

        for (id, status) in late.iter().zip(["EXPIRED", "CANCELLED"]) {
            let booking = guest.booking(id).await;
            assert_eq!((&booking["status"], &booking["payment"]["status"]), (&json!(status), &json!("CANCELLED")));
            assert!(is_at_stripe(world, id, "canceled"));
        }
        assert_eq!(host.notices().await, [] as [String; 0], "nobody was asked anything");
        assert_eq!(charges(world).await, 0);
    }
}

both! {
    async fn money_taken_for_a_request_that_has_ended_goes_back(world: World) {
        let Scene { host, guest, listing, id } = scene(world).await;
        let expired = guest.requested(world, &listing, in_days(world, 30), 2).await;
        world.switches().hold();
        world.without_workers().await;
        assert_eq!(host.decline(&id, "").await["errors"], json!([]));
        // Charged by hand at the provider, as nobody here would.
        for booking in [&id, &expired] {
            let all = Money::new(22_400, Currency::EUR);
            world.app.stripe.capture_intent(&intent_of(world, booking), all, booking).await.unwrap();
        }
        world.app.clock.advance_to(world.now() + TimeDelta::days(2));
        world.with_workers().await;
        world.switches().double(true);
        world.switches().release();
        world.settle().await;

        for (booking, status) in [(&id, "DECLINED"), (&expired, "EXPIRED")] {
            let booking = guest.booking(booking).await;
            let now = (&booking["status"], &booking["payment"]["refunded"]["amount"]);
            assert_eq!(now, (&json!(status), &json!("224.00")));
        }
        assert_eq!(stripe::books(world)["refunds"].as_object().unwrap().len(), 2);
        let confirmed = booking_event::Entity::find()
            .filter(booking_event::Column::Kind.eq(booking_event::Kind::Confirmed))
            .all(world.app.db.read())
            .await
            .unwrap();
        assert!(confirmed.is_empty(), "no host has agreed to it");
        stripe::no_charge_without_a_booking(world).await;
    }
}
