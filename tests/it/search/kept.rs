//! Results that are kept: asked for again they cost nothing, and what is taken off sale is gone at once.

use serde_json::{Value, json};

use crate::support::{ListingAsk, Person, World, people::in_days, until};

const SEARCH: &str = "query($filter: SearchFilterInput) {
  searchListings(filter: $filter) { totalCount nodes { id nightlyPrice { amount } } facets { instantBook } } }";

fn near() -> Value {
    json!({ "filter": { "near": { "latitudeE6": 38_710_000, "longitudeE6": -9_140_000, "radiusMeters": 5_000 } } })
}

fn lisbon() -> Value {
    json!({ "filter": { "place": "Lisbon" } })
}

async fn ids(world: &World, variables: &Value) -> Vec<String> {
    let found = world.stranger().get(SEARCH, variables.clone()).await;
    let ids: Vec<String> = found["nodes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|node| node["id"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(found["totalCount"], json!(ids.len()));
    ids
}

async fn change(host: &Person, mutation: &str, listing: &str) {
    let mutation = format!(
        "mutation($input: ListingIdInput!) {{ {mutation}(input: $input) {{ listing {{ status }} errors {{ code message }} }} }}"
    );
    host.done(&mutation, json!({ "listingId": listing })).await;
}

/// On this server each change is seen by the next search.
async fn sees_each_change_at_once(world: &World) {
    let host = world.host("Hanna").await;
    let listing = host.listing(&ListingAsk::default()).await;
    let elsewhere = host.listing(&ListingAsk { city: "Porto", ..ListingAsk::default() }).await;
    for variables in [near(), lisbon()] {
        assert!(ids(world, &variables).await.contains(&listing));
    }
    for (mutation, there) in
        [("pauseListing", false), ("publishListing", true), ("pauseListing", false), ("publishListing", true)]
    {
        change(&host, mutation, &listing).await;
        for variables in [near(), lisbon(), json!({})] {
            assert_eq!(ids(world, &variables).await.contains(&listing), there, "{mutation} {variables}");
        }
    }
    // Nights that are taken, and come free again.
    let guest = world.guest("Greta").await;
    let stay = json!({ "checkIn": in_days(world, 20), "checkOut": in_days(world, 22) });
    let dated = "query($stay: StayInput) { searchListings(stay: $stay, filter: { place: \"Lisbon\" }) { nodes { id } } }";
    let count = async || {
        let found = world.stranger().get(dated, json!({ "stay": stay })).await;
        found["nodes"].as_array().unwrap().len()
    };
    assert_eq!(count().await, 1);
    let booking = guest.confirmed(world, &listing, in_days(world, 20), 2).await;
    assert_eq!(count().await, 0);
    guest.cancel(&booking, "key").await;
    assert_eq!(count().await, 1);
    // A change in Porto is none in Lisbon: the page is still there, and the place is remembered for half a minute.
    ids(world, &lisbon()).await;
    change(&host, "pauseListing", &elsewhere).await;
    let (statements, _) = world.statements(ids(world, &lisbon())).await;
    assert!(statements <= 1, "nothing, or the place once more: {statements}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_kept_is_dropped_by_a_change_on_this_server() {
    let world = World::with_flags(&["--search-cache-seconds=30"]).await;
    sees_each_change_at_once(&world).await;
    world.finish().await;
    let Some(world) = World::on_postgres_and_redis().await else { return };
    sees_each_change_at_once(&world).await;
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_server_without_redis_follows_when_the_time_is_over() {
    let one = World::with_flags(&["--search-cache-seconds=1"]).await;
    let two = one.sibling().await;
    let host = one.host("Hanna").await;
    let listing = host.listing(&ListingAsk::default()).await;
    assert_eq!(ids(&two, &near()).await, std::slice::from_ref(&listing));
    change(&host, "pauseListing", &listing).await;
    assert!(ids(&one, &near()).await.is_empty());
    until(async || ids(&two, &near()).await.is_empty()).await;
    two.stop().await;
    one.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_server_on_the_same_redis_follows_at_once() {
    let Some(one) = World::on_postgres_and_redis().await else { return };
    let two = one.sibling().await;
    let host = one.host("Hanna").await;
    let listing = host.listing(&ListingAsk::default()).await;
    for _ in 0..3 {
        assert_eq!(ids(&two, &near()).await, std::slice::from_ref(&listing));
        change(&host, "pauseListing", &listing).await;
        assert!(ids(&two, &near()).await.is_empty());
        change(&host, "publishListing", &listing).await;
    }
    two.stop().await;
    one.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_the_cache_off_each_search_asks_the_database() {
    let world = World::with_flags(&["--search-cache-seconds=0"]).await;
    world.host("Hanna").await.listing(&ListingAsk::default()).await;
    let query = "{ searchListings { nodes { id } } }";
    // The first page also has the new listing's row and its card to read, which are remembered.
    for expected in [3, 1, 1] {
        let (statements, _) = world.statements(world.stranger().get(query, json!({}))).await;
        assert_eq!(statements, expected);
    }
    world.finish().await;
}
