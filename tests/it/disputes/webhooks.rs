//! Stripe's word of chargebacks as it may arrive: in any order, twice, late, forged, about nothing of ours, or with amounts
//! that are not ours.

use chrono::TimeDelta;
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use serde_json::{Value, json};
use sojourn::{
    disputes::{self, dispute},
    ledger::transaction,
    payments::stripe_event,
};

use super::{CLOSE, RESOLVE, cast, chargebacks::argue, eur, euros, reconciled, sums, text};
use crate::{
    both,
    payouts::{live, payout},
    support::{
        World,
        people::in_days,
        stripe::{self, signature, signature_of},
    },
};

async fn postings(world: &World, kind: &str) -> u64 {
    let of = transaction::Entity::find().filter(transaction::Column::Kind.eq(kind));
    of.count(world.app.db.read()).await.unwrap()
}

both! {
    async fn in_any_order_and_twice_it_is_one_chargeback(world: World) {
        let cast = cast(world).await;
        let guest = &cast.guest;
        let mut stays = Vec::new();
        // The newest first, and each of them twice: the end of it before the payment itself.
        for (n, outcome) in ["WON", "LOST"].into_iter().enumerate() {
            let booked = guest.hold(&cast.listing, in_days(world, 20 + 10 * n as u64), 3).await;
            world.settle().await;
            world.switches().hold();
            guest.pay(text(&booked["payment"]["id"]), "4000000000000259").await;
            let words = if outcome == "WON" { "winning_evidence" } else { "losing_evidence" };
            let books = stripe::books(world);
            let known = books["disputes"].as_object().unwrap();
            let (id, _) = known.iter().next_back().unwrap();
            world.app.stripe.answer_dispute(id, words, &format!("answer {n}")).await.unwrap();
            world.switches().newest_first(true);
            world.switches().double(true);
            world.switches().release();
            world.settle().await;
            let seen = cast.latest().await;
            assert_eq!((&seen["status"], &seen["bookingId"]), (&json!(outcome), &booked["booking"]["id"]));
            stays.push(text(&booked["booking"]["id"]).to_owned());
        }
        assert_eq!((postings(world, "chargeback").await, postings(world, "chargeback_won").await), (2, 1));
        // One fee for each, and one that came back.
        assert_eq!(postings(world, "dispute_fee").await, 3);
        let told = cast.host.notices().await;
        assert_eq!(told.iter().filter(|kind| *kind == "DISPUTE_OPENED").count(), 2);
        assert_eq!(told.iter().filter(|kind| *kind == "DISPUTE_RESOLVED").count(), 2);
        assert_eq!(euros(world, &stays[0]).await, sums(&[("guest_funds", -33_600)]));
        assert_eq!(euros(world, &stays[1]).await, sums(&[("guest_funds", -33_600), ("chargebacks", 33_600)]));
        reconciled(world).await;
        live(world, guest, &stays[1]).await;
        reconciled(world).await;
    }
}

both! {
    async fn what_is_told_late_and_by_many_at_once_changes_nothing_any_more(world: World) {
        let cast = cast(world).await;
        let id = cast.disputed(world, 3).await;
        let row = dispute::Entity::find().one(world.app.db.read()).await.unwrap().unwrap();
        let provider_id = row.provider_id.clone().unwrap();
        let all = (0..12).map(|_| disputes::follow_chargeback(&world.app, &provider_id));
        for done in futures_util::future::join_all(all).await {
            done.unwrap();
        }
        live(world, &cast.guest, &id).await;
        cast.admin.done(CLOSE, json!({ "disputeId": row.id.to_string(), "outcome": "LOST" })).await;
        let all = (0..12).map(|_| disputes::follow_chargeback(&world.app, &provider_id));
        for done in futures_util::future::join_all(all).await {
            done.unwrap();
        }
        world.settle().await;
        for kind in ["chargeback", "chargeback_lost", "dispute_fee"] {
            assert_eq!(postings(world, kind).await, 1, "{kind}");
        }
        // The bank has decided: there is nothing more to be said.
        let late = cast.admin.attempt(CLOSE, json!({ "disputeId": row.id.to_string(), "outcome": "WON" })).await;
        assert_eq!(late["errors"][0]["code"], "NOT_OPEN");
        reconciled(world).await;
    }
}

both! {
    async fn forged_words_are_turned_away_and_those_about_nothing_of_ours_are_kept_for_an_admin(world: World) {
        let cast = cast(world).await;
        let guest = &cast.guest;
        let id = cast.stay(world, 3).await;
        let now = world.app.clock.real_now();
        let event = |name: &str, object: &str, live: bool| -> Vec<u8> {
            let event = json!({
                "id": name, "type": "charge.dispute.created", "livemode": live, "data": { "object": { "id": object } },
            });
            event.to_string().into_bytes()
        };
        let forged = event("evt_forged", "du_1", false);
        assert_eq!(guest.post_webhook(&forged, &signature_of("whsec_stranger", &forged, now)).await, 400);
        assert_eq!(guest.post_webhook(&forged, &signature(&forged, now - TimeDelta::minutes(6))).await, 400);

        // Of another account, or of the other mode: Stripe knows nothing of it under our key.
        for (name, object, live) in [("evt_elsewhere", "du_elsewhere", false), ("evt_live", "du_live", true)] {
            let body = event(name, object, live);
            assert_eq!(guest.post_webhook(&body, &signature(&body, now)).await, 200);
            world.settle().await;
            let stored = stripe_event::Entity::find_by_id(name).one(world.app.db.read()).await.unwrap().unwrap();
            assert!(stored.handled_at.is_some() && stored.problem.unwrap().contains("does not know"));
        }
        assert_eq!(dispute::Entity::find().count(world.app.db.read()).await.unwrap(), 0);

        // About more than was paid: nothing is posted, nobody is paid, and an admin sees why.
        argue(world, &id, Some(33_601)).await;
        let seen = cast.latest().await;
        assert_eq!(seen["status"], "NEEDS_REVIEW");
        assert!(text(&seen["problem"]).contains("336.01"), "{seen}");
        assert_eq!(euros(world, &id).await, sums(&[("guest_funds", -33_600)]));
        live(world, guest, &id).await;
        assert_eq!(payout(&cast.host, &id).await["heldFor"], "CHARGEBACK");
        let refused = cast.admin.attempt(CLOSE, json!({ "disputeId": seen["id"], "outcome": "WON" })).await;
        assert_eq!((&refused["errors"][0]["code"], &refused["dispute"]), (&json!("NOT_OPEN"), &Value::Null));
        // Nobody is given anything for it.
        let given = json!({ "disputeId": seen["id"], "refund": eur("1.00"), "reason": "Sorry", "idempotencyKey": "given" });
        let refused = cast.admin.attempt(RESOLVE, given).await;
        assert_eq!(refused["errors"][0]["code"], "MORE_THAN_CLAIMED");
        // Should the bank give in, nothing of it is missing, and the host is paid.
        let row = dispute::Entity::find().one(world.app.db.read()).await.unwrap().unwrap();
        let provider_id = row.provider_id.unwrap();
        world.app.stripe.answer_dispute(&provider_id, "winning_evidence", "answer").await.unwrap();
        world.settle().await;
        assert_eq!((&cast.latest().await["status"], &payout(&cast.host, &id).await["status"]), (&json!("WON"), &json!("PAID")));
        reconciled(world).await;
    }
}

both! {
    async fn a_chargeback_that_fits_nothing_of_ours_is_put_aside_by_an_admin_and_the_host_is_paid(world: World) {
        let cast = cast(world).await;
        let id = cast.stay(world, 3).await;
        argue(world, &id, Some(33_601)).await;
        live(world, &cast.guest, &id).await;
        let seen = cast.latest().await;
        assert_eq!((&seen["viewerActions"], &payout(&cast.host, &id).await["status"]), (&json!(["RESOLVE"]), &json!("HELD")));
        let aside = json!({ "disputeId": seen["id"], "reason": "Another shop's", "idempotencyKey": "aside" });
        for _ in 0..2 {
            assert_eq!(cast.admin.done(RESOLVE, aside.clone()).await["dispute"]["status"], "RESOLVED");
        }
        world.settle().await;
        assert_eq!(payout(&cast.host, &id).await["status"], "PAID");
        assert_eq!(euros(world, &id).await, sums(&[("platform_fees", -4_500)]));
        // What the bank says later of the same changes nothing.
        let row = dispute::Entity::find().one(world.app.db.read()).await.unwrap().unwrap();
        world.app.stripe.answer_dispute(&row.provider_id.unwrap(), "losing_evidence", "answer").await.unwrap();
        world.settle().await;
        assert_eq!(cast.latest().await["status"], "RESOLVED");
        let notices = cast.host.notices().await;
        assert_eq!(notices.iter().filter(|kind| *kind == "DISPUTE_RESOLVED").count(), 1);
    }
}
