//! `availabilityChanged`: whoever shows a listing hears when what can be booked of it changes.

use chrono::Days;
use serde_json::{Value, json};

use super::set;
use crate::{
    both,
    support::{Client, ListingAsk, Person, World, people::in_days, socket::Socket},
};

const WATCH: &str =
    "subscription($ids: [ID!]!, $from: Date!, $to: Date!) { availabilityChanged(listingIds: $ids) {
    listingId listing { calendar(from: $from, to: $to) { isAvailable } } } }";

/// Whether the two nights are free, by each event that comes; null where the listing can't be seen.
struct Watch {
    socket: Socket,
}

impl Watch {
    async fn open(client: &Client, listings: &[&str], from: chrono::NaiveDate) -> Self {
        let mut socket = client.socket().await;
        let variables = json!({ "ids": listings, "from": from, "to": from + Days::new(1) });
        socket.subscribe(WATCH, variables).await;
        Self { socket }
    }

    async fn next(&mut self) -> (String, Value) {
        let event = self.socket.next().await;
        let nights = event["listing"]["calendar"].as_array().map(|nights| {
            nights.iter().map(|night| night["isAvailable"].as_bool().unwrap()).collect::<Vec<_>>()
        });
        (event["listingId"].as_str().unwrap().to_owned(), json!(nights))
    }
}

both! {
    async fn whoever_shows_a_listing_hears_its_nights_change(world: World) {
        let host = world.host("Hanna").await;
        let listing = host.listing(&ListingAsk::default()).await;
        let other = host.listing(&ListingAsk::default()).await;
        let guest = world.guest("Gustavo").await;
        let first = in_days(world, 20);
        let mut watch = Watch::open(&world.stranger(), &[&listing, &other, &listing], first).await;
        let mut heard = [watch.next().await, watch.next().await];
        heard.sort_by_key(|event| event.0 != listing);
        assert_eq!(heard, [(listing.clone(), json!([true, true])), (other.clone(), json!([true, true]))], "each once at first");

        // A booking takes the nights, and gives them back.
        let held = guest.hold(&listing, first, 1).await;
        assert_eq!(watch.next().await, (listing.clone(), json!([false, true])));
        guest.cancel(held["booking"]["id"].as_str().unwrap(), "rain").await;
        assert_eq!(watch.next().await, (listing.clone(), json!([true, true])));
        // The host blocks a night, and takes another listing off sale: that one is gone for strangers.
        set(&host, &listing, json!({ "block": [{ "first": first + Days::new(1), "last": first + Days::new(1) }] })).await;
        assert_eq!(watch.next().await, (listing.clone(), json!([true, false])));
        step(&host, "pauseListing", &other).await;
        assert_eq!(watch.next().await, (other.clone(), Value::Null));
        step(&host, "publishListing", &other).await;
        assert_eq!(watch.next().await, (other.clone(), json!([true, true])));

        // What was refused is no change: the next that is heard is the next that happens.
        set(&host, &listing, json!({ "minNights": 1 })).await;
        assert_eq!(watch.next().await.0, listing);
        assert_eq!(guest.quote(&listing, first + Days::new(1), 1).await["errors"][0]["code"], "NOT_AVAILABLE");
        set(&host, &other, json!({ "minNights": 2 })).await;
        assert_eq!(watch.next().await.0, other);
    }
}

both! {
    async fn only_some_listings_can_be_watched_at_once(world: World) {
        let listing = world.host("Hanna").await.listing(&ListingAsk::default()).await;
        let from = in_days(world, 20);
        for (ids, what) in [(vec![], "none"), (vec![listing.as_str(); 51], "too many"), (vec!["bok_x"], "no listing")] {
            let mut socket = world.stranger().socket().await;
            let answer = socket.first(WATCH, json!({ "ids": ids, "from": from, "to": from })).await;
            assert_eq!(answer["errors"][0]["extensions"]["code"], "BAD_USER_INPUT", "{what}: {answer:#}");
        }
        // One that doesn't exist is like one that can't be seen.
        let nowhere = format!("lst_{}", uuid::Uuid::now_v7().simple());
        let mut watch = Watch::open(&world.stranger(), &[&nowhere], from).await;
        assert_eq!(watch.next().await, (nowhere, Value::Null));
    }
}

async fn step(host: &Person, mutation: &str, listing: &str) {
    let query =
        format!("mutation($input: ListingIdInput!) {{ {mutation}(input: $input) {{ errors {{ code }} }} }}");
    host.done(&query, json!({ "listingId": listing })).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_on_one_server_is_heard_on_the_other() {
    let Some(one) = World::on_postgres_and_redis().await else { return };
    let two = one.sibling().await;
    let host = one.host("Hanna").await;
    let listing = host.listing(&ListingAsk::default()).await;
    let guest = one.guest("Gustavo").await;
    let first = in_days(&one, 20);
    let mut watch = Watch::open(&two.stranger(), &[&listing], first).await;
    assert_eq!(watch.next().await, (listing.clone(), json!([true, true])));
    guest.hold(&listing, first, 2).await;
    assert_eq!(watch.next().await, (listing.clone(), json!([false, false])));
    one.settle().await;
    two.stop().await;
    one.finish().await;
}
