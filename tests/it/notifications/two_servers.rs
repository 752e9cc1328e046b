//! Two servers on one PostgreSQL and one Redis are one market: what happens on one is heard on the other.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;

use super::{all, listen, tell};
use crate::support::{Client, ListingAsk, Person, World, people::in_days, until};

/// The same person, at another server.
fn at(server: &World, person: &Person) -> Person {
    Person { client: Client::new(&server.url, person.token.clone()), ..person.clone() }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_happens_on_one_is_heard_on_the_other() {
    let Some(one) = World::on_postgres_and_redis().await else { return };
    let two = one.sibling().await;
    let host = one.host("Hanna").await;
    let listing = host.listing(&ListingAsk::default()).await;
    let guest = one.guest("Gustavo").await;

    // The host listens at one server, the guest books and pays at the other.
    tell(&two.app, &host, "before").await;
    let before = all(&host).await.remove(0).0;
    let mut hears = listen(&host, Some(&before)).await;
    let guest_at_two = at(&two, &guest);
    let held = guest_at_two.hold(&listing, in_days(&one, 20), 2).await;
    let id = held["booking"]["id"].as_str().unwrap();
    let paid = guest_at_two.pay(held["payment"]["id"].as_str().unwrap(), "4242424242424242").await;
    assert_eq!(paid["errors"], json!([]));
    assert!(hears.next().await["title"].as_str().unwrap().starts_with("Gustavo has booked"));
    one.settle().await;
    assert_eq!(guest.booking(id).await["status"], "CONFIRMED");

    // And the other way round, told by either server, each once.
    let last = all(&host).await.pop().unwrap().0;
    let mut hears = listen(&at(&two, &host), Some(&last)).await;
    for n in 0..20 {
        let told_by = if n % 2 == 0 { &one } else { &two };
        tell(&told_by.app, &host, &format!("number {n}")).await;
    }
    for n in 0..20 {
        assert_eq!(hears.next().await["title"], format!("number {n}"));
    }
    one.settle().await;
    two.stop().await;
    one.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clock_moved_on_one_moves_the_other() {
    let Some(one) = World::on_postgres_and_redis().await else { return };
    let two = one.sibling().await;
    let listing = one.host("Hanna").await.listing(&ListingAsk::default()).await;
    let guest = one.guest("Gustavo").await;
    let held = guest.hold(&listing, in_days(&one, 20), 2).await;

    let to = one.now() + TimeDelta::days(3);
    let moved = at(&two, &guest)
        .done(
            "mutation($input: AdvanceClockInput!) { advanceClock(input: $input) { now done errors { code message } } }",
            json!({ "to": to }),
        )
        .await;
    assert!(moved["now"].as_str().unwrap().parse::<DateTime<Utc>>().unwrap() >= to);
    until(async || one.now() >= to).await;
    assert_eq!(guest.booking(held["booking"]["id"].as_str().unwrap()).await["status"], "EXPIRED");
    // A server that starts later takes the time over.
    let three = one.sibling().await;
    assert!(three.now() >= to);
    for server in [two, three] {
        server.stop().await;
    }
    one.finish().await;
}
