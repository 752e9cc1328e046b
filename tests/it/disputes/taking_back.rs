//! Money goes back to a guest after the host was paid: what the host bears is taken back if the host still has it, and
//! otherwise owed and netted; once, whatever becomes of the calls.

use std::time::Duration;

use chrono::TimeDelta;
use futures_util::future::join_all;
use sea_orm::EntityTrait;
use serde_json::{Value, json};
use sojourn::{
    kernel::{BookingId, Currency},
    ledger::{self, Account},
    payouts::{self, transfer_reversal},
};

use super::{Cast, cast, eur, euros, reconciled, sums};
use crate::{
    both,
    payouts::{accounts, at_stripe, live, payout, transfers},
    support::{World, people::REFUND, until},
};

/// Takes back what was sent to a host.
const REVERSE: &str = "POST /v1/transfers/{id}/reversals";

/// A stay that was lived and paid for, 291.00 of which are the host's.
async fn scene(world: &World) -> (Cast, String) {
    let cast = cast(world).await;
    let id = cast.stay(world, 3).await;
    live(world, &cast.guest, &id).await;
    assert_eq!(payout(&cast.host, &id).await["status"], "PAID");
    (cast, id)
}

/// An admin gives 100.00 back, of which the host bears 80.00.
async fn give_back(world: &World, cast: &Cast, id: &str) {
    let borne = json!({ "host": eur("80.00"), "platform": eur("20.00") });
    let ask = json!({ "bookingId": id, "amount": eur("100.00"), "borneBy": borne, "reason": "Mould", "idempotencyKey": id });
    cast.admin.done(REFUND, ask).await;
    world.settle().await;
}

async fn owed(world: &World, cast: &Cast) -> i64 {
    let host = Account::HostDebt(cast.host.id.parse().unwrap());
    ledger::balance(world.app.db.read(), host, Currency::EUR).await.unwrap().minor
}

async fn reversals(world: &World) -> Vec<transfer_reversal::Model> {
    transfer_reversal::Entity::find().all(world.app.db.read()).await.unwrap()
}

fn reversed(world: &World) -> Vec<i64> {
    let of = transfers(world).into_iter().flat_map(|it| it["reversals"].as_array().unwrap().clone());
    of.map(|it: Value| it["amount"].as_i64().unwrap()).collect()
}

async fn is_taken_back_once(world: &World, cast: &Cast, id: &str) {
    let paid = payout(&cast.host, id).await;
    assert_eq!((&paid["sent"]["amount"], &paid["takenBack"]["amount"]), (&json!("291.00"), &json!("80.00")));
    assert_eq!((reversed(world), owed(world, cast).await), (vec![8_000], 0));
    assert_eq!(euros(world, id).await, sums(&[("platform_fees", -4_500), ("platform_loss", 2_000)]));
    reconciled(world).await;
}

both! {
    async fn what_the_host_still_has_is_taken_back(world: World) {
        let (cast, id) = scene(world).await;
        give_back(world, &cast, &id).await;
        is_taken_back_once(world, &cast, &id).await;
        assert_eq!(world.switches().calls(REVERSE), 1);
        // Another one takes what it takes, and no more than was sent.
        let ask = json!({ "bookingId": id, "amount": eur("236.00"), "borneBy": { "host": eur("236.00") }, "reason": "All of it", "idempotencyKey": "b" });
        cast.admin.done(REFUND, ask).await;
        world.settle().await;
        assert_eq!((reversed(world), owed(world, &cast).await), (vec![8_000, 21_100], 2_500));
        reconciled(world).await;
    }
}

both! {
    async fn what_the_host_has_spent_is_owed_and_netted_from_the_next_payout(world: World) {
        let (cast, id) = scene(world).await;
        at_stripe(world, &accounts(world)[0], "empty", "").await;
        give_back(world, &cast, &id).await;
        assert_eq!((reversed(world), owed(world, &cast).await), (vec![], 8_000));
        let tried = reversals(world).await;
        assert_eq!((tried.len(), tried[0].status), (1, transfer_reversal::Status::Failed));
        world.advance(TimeDelta::days(2)).await;
        assert_eq!(world.switches().calls(REVERSE), 1, "nobody asks in circles");

        let next = cast.stay(world, 5).await;
        live(world, &cast.guest, &next).await;
        let paid = payout(&cast.host, &next).await;
        assert_eq!((&paid["netted"]["amount"], &paid["sent"]["amount"]), (&json!("80.00"), &json!("211.00")));
        assert_eq!(owed(world, &cast).await, 0);
        reconciled(world).await;
    }
}

both! {
    async fn an_answer_that_is_lost_takes_it_back_once(world: World) {
        let (cast, id) = scene(world).await;
        world.switches().hold();
        world.switches().silent_after_success(REVERSE, 1);
        give_back(world, &cast, &id).await;
        assert_eq!(reversals(world).await[0].status, transfer_reversal::Status::Unknown);
        // What may arrive is not netted meanwhile.
        world.advance(TimeDelta::minutes(5)).await;
        assert_eq!((world.switches().calls(REVERSE), reversed(world)), (2, vec![8_000]));
        world.switches().double(true);
        world.switches().release();
        world.settle().await;
        is_taken_back_once(world, &cast, &id).await;
    }
}

both! {
    async fn an_answer_that_is_lost_comes_by_webhook(world: World) {
        let (cast, id) = scene(world).await;
        world.switches().silent_after_success(REVERSE, 1);
        give_back(world, &cast, &id).await;
        is_taken_back_once(world, &cast, &id).await;
        world.advance(TimeDelta::days(2)).await;
        assert_eq!(world.switches().calls(REVERSE), 1);
    }
}

both! {
    async fn after_a_day_it_is_looked_up_and_never_sent_again(world: World) {
        let (cast, id) = scene(world).await;
        world.switches().hold();
        world.switches().silent_after_success(REVERSE, 1);
        give_back(world, &cast, &id).await;
        world.switches().fail(REVERSE, 2);
        world.advance(TimeDelta::hours(2)).await;
        assert_eq!((world.switches().calls(REVERSE), reversals(world).await[0].status), (3, transfer_reversal::Status::Unknown));
        world.advance(TimeDelta::days(1)).await;
        assert_eq!((world.switches().calls(REVERSE), reversals(world).await[0].status), (3, transfer_reversal::Status::Done));
        world.switches().release();
        world.settle().await;
        is_taken_back_once(world, &cast, &id).await;
    }
}

both! {
    async fn begun_and_sent_by_many_at_once_it_is_taken_back_once(world: World) {
        let (cast, id) = scene(world).await;
        world.without_workers().await;
        let borne = json!({ "host": eur("80.00"), "platform": eur("20.00") });
        let ask = json!({ "bookingId": id, "amount": eur("100.00"), "borneBy": borne, "reason": "Mould", "idempotencyKey": id });
        cast.admin.done(REFUND, ask).await;
        let db = world.app.db.read();
        let refund = sojourn::payments::refund::Entity::find().one(db).await.unwrap().unwrap();
        sojourn::payments::send_refund::send_refund(&world.app, refund.id).await.unwrap();
        let booking: BookingId = id.parse().unwrap();
        for done in join_all((0..16).map(|_| payouts::take_back(&world.app, booking))).await {
            done.unwrap();
        }
        let begun = reversals(world).await;
        assert_eq!(begun.len(), 1);
        for done in join_all((0..16).map(|_| payouts::send_reversal(&world.app, begun[0].id))).await {
            done.unwrap();
        }
        world.with_workers().await;
        world.settle().await;
        is_taken_back_once(world, &cast, &id).await;
    }
}

both! {
    async fn a_server_that_dies_between_asking_and_writing_down_takes_it_back_once(world: World) {
        let (cast, id) = scene(world).await;
        world.without_workers().await;
        let borne = json!({ "host": eur("80.00"), "platform": eur("20.00") });
        let ask = json!({ "bookingId": id, "amount": eur("100.00"), "borneBy": borne, "reason": "Mould", "idempotencyKey": id });
        cast.admin.done(REFUND, ask).await;
        let refund = sojourn::payments::refund::Entity::find().one(world.app.db.read()).await.unwrap().unwrap();
        sojourn::payments::send_refund::send_refund(&world.app, refund.id).await.unwrap();
        payouts::take_back(&world.app, id.parse().unwrap()).await.unwrap();
        let begun = reversals(world).await[0].clone();
        // The call is under way, and whoever made it is gone before the answer comes.
        world.switches().hold();
        world.switches().slow(REVERSE, Duration::from_millis(300));
        let app = world.app.clone();
        let dying = tokio::spawn(async move { payouts::send_reversal(&app, begun.id).await });
        until(async || world.switches().calls(REVERSE) == 1).await;
        dying.abort();
        world.switches().slow(REVERSE, Duration::ZERO);
        until(async || reversed(world).len() == 1).await;

        world.with_workers().await;
        world.settle().await;
        world.switches().release();
        world.settle().await;
        is_taken_back_once(world, &cast, &id).await;
    }
}
