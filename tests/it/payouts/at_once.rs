//! The same payout, from many sides at once: one transfer.

use chrono::TimeDelta;
use futures_util::future::join_all;
use sea_orm::EntityTrait;
use serde_json::json;
use sojourn::payouts::{self, payout, payout_leg};

use super::{TRANSFER, onboard, times, transfers};
use crate::{
    both,
    support::{ListingAsk, Person, World, people::in_days},
};

/// A stay that is over, on servers whose workers rest; its payout is due.
async fn scene(world: &World) -> (Person, String) {
    let host = world.host("Hanna").await;
    let listing = host.listing(&ListingAsk::default()).await;
    onboard(world, &host).await;
    let guest = world.guest("Gustavo").await;
    let id = guest.confirmed(world, &listing, in_days(world, 3), 3).await;
    let (_, check_out) = times(&guest, &id).await;
    world.advance_to(check_out).await;
    world.without_workers().await;
    world.app.clock.advance_to(check_out + TimeDelta::hours(25));
    (host, id)
}

/// Pays from each of these sides at once, twice over, and then sends at once what is to be sent.
async fn storm(worlds: &[&World]) {
    let db = worlds[0].app.db.read();
    let due = payout::Entity::find().one(db).await.unwrap().unwrap();
    let tries = (0..16).map(|n| payouts::pay(&worlds[n % worlds.len()].app, due.id));
    for tried in join_all(tries).await {
        tried.unwrap();
    }
    let legs = payout_leg::Entity::find().all(db).await.unwrap();
    assert_eq!(legs.len(), 1);
    let tries = (0..16).map(|n| payouts::send_leg(&worlds[n % worlds.len()].app, legs[0].id));
    for tried in join_all(tries).await {
        tried.unwrap();
    }
}

async fn is_paid_once(world: &World, host: &Person, id: &str) {
    world.settle().await;
    assert_eq!(crate::payouts::payout(host, id).await["status"], "PAID");
    // Stripe may be asked twice with one key; it sends once.
    assert_eq!(transfers(world).len(), 1);
    assert_eq!(host.notices().await, ["BOOKING_CONFIRMED", "PAYOUT_SENT"]);
    assert_eq!(transfers(world)[0]["amount"], json!(29_100));
}

both! {
    async fn a_payout_that_is_begun_sixteen_times_at_once_is_sent_once(world: World) {
        let (host, id) = scene(world).await;
        storm(&[world]).await;
        world.with_workers().await;
        is_paid_once(world, &host, &id).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_servers_pay_a_host_once() {
    let Some(one) = World::on_postgres_and_redis().await else { return };
    let (host, id) = scene(&one).await;
    let two = one.sibling().await;
    two.without_workers().await;
    two.app.clock.advance_to(one.now());
    storm(&[&one, &two]).await;
    // And with both at work on the jobs.
    two.with_workers().await;
    one.with_workers().await;
    is_paid_once(&one, &host, &id).await;
    two.stop().await;
    one.finish().await;
}

both! {
    async fn a_server_that_dies_between_asking_and_writing_down_pays_once(world: World) {
        let (host, id) = scene(world).await;
        let db = world.app.db.read();
        let due = payout::Entity::find().one(db).await.unwrap().unwrap();
        payouts::pay(&world.app, due.id).await.unwrap();
        let leg = payout_leg::Entity::find().one(db).await.unwrap().unwrap();
        // The call is under way, and whoever made it is gone before the answer comes.
        world.switches().hold();
        world.switches().slow(TRANSFER, std::time::Duration::from_millis(300));
        let app = world.app.clone();
        let dying = tokio::spawn(async move { payouts::send_leg(&app, leg.id).await });
        crate::support::until(async || world.switches().calls(TRANSFER) == 1).await;
        dying.abort();
        world.switches().slow(TRANSFER, std::time::Duration::ZERO);
        crate::support::until(async || transfers(world).len() == 1).await;

        world.with_workers().await;
        world.settle().await;
        world.switches().release();
        world.settle().await;
        assert_eq!(crate::payouts::payout(&host, &id).await["status"], "PAID");
        assert_eq!(transfers(world).len(), 1);
    }
}
