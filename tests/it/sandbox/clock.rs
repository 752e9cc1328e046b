//! The clock that is moved by hand: far, in one go, and on even when nobody waits any more.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::EntityTrait;
use serde_json::json;
use sojourn::{
    jobs,
    kernel::Fault,
    sandbox::{Refusal, advance_within},
    search, seed,
    server::{demo, open},
};

use crate::{
    both,
    support::{Client, ListingAsk, World, people::in_days, until},
};

const ADVANCE: &str = "mutation($input: AdvanceClockInput!) { advanceClock(input: $input) { now done errors { code message } } }";

async fn demo_guest(world: &World) -> Client {
    let signed_in = world
        .stranger()
        .done(
            "mutation($input: SignInInput!) { signIn(input: $input) { tokens { accessToken } errors { code } } }",
            json!({ "email": seed::GUEST, "password": seed::PASSWORD }),
        )
        .await;
    let token = signed_in["tokens"]["accessToken"].as_str().unwrap().to_owned();
    Client::new(&world.url, Some(token))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_years_of_the_demo_market_pass_in_one_call() {
    let world = World::on_sqlite().await;
    world.settle().await;
    demo::fill_if_empty(&world.app).await.unwrap();
    let guest = demo_guest(&world).await;
    let days = 731;
    let to = world.now() + TimeDelta::days(days);

    // On a slow machine this takes longer than a request may: then the same call waits on.
    let moved = loop {
        let moved = guest.attempt(ADVANCE, json!({ "to": to })).await;
        if moved["errors"] == json!([]) {
            break moved;
        }
        assert_eq!(moved["errors"][0]["code"], "STILL_MOVING");
    };

    assert!(moved["now"].as_str().unwrap().parse::<DateTime<Utc>>().unwrap() >= to);
    assert!(moved["done"].as_u64().unwrap() >= 2 * 731, "each day's work is done on its day: {moved}");
    let day =
        sojourn::config::setting::Entity::find_by_id("search.day").one(world.app.db.read()).await.unwrap();
    assert_eq!(day.unwrap().value, to.date_naive().to_string());
    let secret = world.app.keys.derive(open::POINT_SECRET, b"");
    assert!(search::verify(&world.app.db, &secret, world.now()).await.unwrap().is_empty());
    world.finish().await;
}

both! {
    async fn a_move_goes_on_when_nobody_waits_for_it(world: World) {
        let listing = world.host("Hanna").await.listing(&ListingAsk::default()).await;
        let guest = world.guest("Gustavo").await;
        let held = guest.hold(&listing, in_days(world, 20), 2).await;
        world.settle().await;
        world.without_workers().await;
        let to = world.now() + TimeDelta::hours(1);
        let first = jobs::next_due(&world.app.db, world.now(), to).await.unwrap().expect("the hold ends, at the latest");

        // It stands where the first thing is due, since nobody works; the client goes away.
        let asking = tokio::spawn({
            let guest = guest.clone();
            async move { guest.attempt(ADVANCE, json!({ "to": to })).await }
        });
        until(async || world.now() >= first).await;
        assert!(world.now() < to);
        asking.abort();
        // Whoever has little patience is told that it goes on.
        let impatient = advance_within(&world.app, to, Duration::ZERO).await;
        assert!(matches!(impatient, Err(Fault::Refused(Refusal::StillMoving))));

        world.with_workers().await;
        until(async || world.now() >= to).await;
        // The same time again is the same move, and another one begins where it has ended.
        let moved = guest.attempt(ADVANCE, json!({ "to": to })).await;
        assert_eq!((&moved["errors"], moved["done"].as_u64() >= Some(1)), (&json!([]), true), "{moved}");
        assert_eq!(guest.booking(held["booking"]["id"].as_str().unwrap()).await["status"], "EXPIRED");
        let back = guest.attempt(ADVANCE, json!({ "to": to - TimeDelta::minutes(1) })).await;
        assert_eq!(back["errors"][0]["code"], "INVALID_TIME");
    }
}

both! {
    async fn two_who_move_the_clock_at_once_are_taken_in_turn(world: World) {
        let guest = world.guest("Gustavo").await;
        let (near, far) = (world.now() + TimeDelta::days(3), world.now() + TimeDelta::days(5));
        let answers = futures_util::future::join_all([far, near, far].map(|to| {
            let guest = guest.clone();
            async move { guest.attempt(ADVANCE, json!({ "to": to })).await }
        }))
        .await;
        // The nearer one may have come when the clock was past it already.
        let fine = |answer: &serde_json::Value| {
            answer["errors"] == json!([]) || answer["errors"][0]["code"] == "INVALID_TIME"
        };
        assert!(answers.iter().all(fine), "{answers:?}");
        assert!(world.now() >= far && world.now() < far + TimeDelta::hours(1));
    }
}
