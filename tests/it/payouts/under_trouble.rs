//! A whole stay, from the account of its host to the payout, with a provider that makes one kind of trouble all the
//! time (`STRIPE_TROUBLE`): everything settles, with one charge and one transfer.

use chrono::TimeDelta;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, sea_query::Expr};
use serde_json::{Value, json};
use sojourn::{jobs::entity, kernel::clock::Instant};

use super::{COMPLETE, START, payout, times, transfers};
use crate::support::{
    ListingAsk, Person, World,
    people::{PASSWORD, PAY, in_days},
    stripe,
};

/// Everything that is due is done, and what has failed is tried again until it does not: its wait is the machine's time.
async fn calm(world: &World) {
    loop {
        world.settle().await;
        let again = entity::Entity::update_many()
            .col_expr(entity::Column::NotBefore, Expr::value(Instant::UNIX_EPOCH))
            .col_expr(entity::Column::LastError, Expr::value(Option::<String>::None))
            .filter(entity::Column::State.ne(entity::State::Dead))
            .filter(entity::Column::LastError.is_not_null())
            .exec(world.app.db.writer());
        if again.await.unwrap().rows_affected == 0 {
            return;
        }
        world.app.db.wake_worker();
    }
}

async fn pass(world: &World, by: TimeDelta) {
    world.advance(by).await;
    calm(world).await;
}

/// Asks as a person does who clicks again, with the same key, where the provider does not answer.
async fn insist(world: &World, who: &Person, query: &str, variables: Value) -> Value {
    for _ in 0..4 {
        let (_, answer) = who.send(query, variables.clone()).await;
        let payload = answer["data"].as_object().and_then(|data| data.values().next().cloned());
        match payload {
            Some(payload) if payload["errors"] == json!([]) => return payload,
            _ => calm(world).await,
        }
    }
    panic!("the provider never answers: {query}");
}

async fn story(world: &World) {
    let host = world.host("Hanna").await;
    let listing = host.listing(&ListingAsk::default()).await;
    let start = json!({ "input": { "country": "PT", "password": PASSWORD } });
    insist(world, &host, START, start).await;
    insist(world, &host, COMPLETE, json!({})).await;
    let guest = world.guest("Gustavo").await;
    let held = guest.hold(&listing, in_days(world, 3), 3).await;
    let id = held["booking"]["id"].as_str().unwrap();
    // What had no answer is asked for again after five minutes.
    pass(world, TimeDelta::minutes(6)).await;
    let key = &held["payment"]["id"];
    let pay = json!({ "input": { "paymentId": key, "card": "4242424242424242", "idempotencyKey": key } });
    insist(world, &guest, PAY, pay).await;
    calm(world).await;
    pass(world, TimeDelta::minutes(20)).await;
    assert_eq!(guest.booking(id).await["status"], "CONFIRMED");

    let (_, check_out) = times(&guest, id).await;
    world.advance_to(check_out + TimeDelta::hours(24)).await;
    calm(world).await;
    pass(world, TimeDelta::minutes(20)).await;
    let paid = payout(&host, id).await;
    assert_eq!((&paid["status"], &paid["sent"]["amount"]), (&json!("PAID"), &json!("291.00")));
    // What comes later still changes nothing.
    pass(world, TimeDelta::days(2)).await;

    let books = stripe::books(world);
    let all = |name: &str| books[name].as_object().cloned().unwrap_or_default();
    assert_eq!((all("intents").len(), all("charges").len(), all("refunds").len()), (1, 1, 0));
    let sent = transfers(world);
    assert_eq!((sent.len(), &sent[0]["amount"], all("accounts").len()), (1, &json!(29_100), 1));
    stripe::no_charge_without_a_booking(world).await;
    let notices = host.notices().await;
    assert_eq!(notices, ["BOOKING_CONFIRMED", "PAYOUT_SENT"]);
}

async fn settles_under(trouble: &str) {
    let flag = format!("--stripe-trouble={trouble}");
    let worlds = [Some(World::with_flags(&[&flag]).await), World::on_postgres_and_redis_with(&[&flag]).await];
    for world in worlds.into_iter().flatten() {
        story(&world).await;
        world.finish().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stay_settles_with_a_slow_provider() {
    settles_under("slow").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stay_settles_with_a_provider_that_fails_at_first() {
    settles_under("failing").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stay_settles_with_a_provider_that_breaks_connections() {
    settles_under("reset").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stay_settles_with_a_provider_that_never_says_what_it_has_done() {
    settles_under("silent").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stay_settles_with_every_webhook_twice() {
    settles_under("webhooks-doubled").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stay_settles_with_webhooks_in_any_order() {
    settles_under("webhooks-shuffled").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stay_settles_with_webhooks_that_come_late() {
    settles_under("webhooks-delayed").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stay_settles_without_any_webhook() {
    settles_under("webhooks-lost").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stay_settles_with_much_trouble_at_once() {
    settles_under("slow,silent,webhooks-doubled,webhooks-shuffled,webhooks-delayed").await;
}
