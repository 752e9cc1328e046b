//! Searches that make no sense: each is refused with the name of the field.

use serde_json::{Value, json};

use crate::{
    both,
    support::{ListingAsk, Person, World, people::in_days},
};

const SEARCH: &str = "query($filter: SearchFilterInput, $stay: StayInput, $flexible: FlexibleStayInput, $sort: SearchSort = RELEVANCE,
    $after: String, $before: String, $first: Int, $last: Int, $buckets: Int = 5) {
  searchListings(filter: $filter, stay: $stay, flexible: $flexible, sort: $sort, first: $first, last: $last, after: $after, before: $before) {
    edges { cursor } facets(buckets: $buckets) { instantBook } } }";

async fn field_of(world: &World, variables: Value) -> String {
    let (_, answer) = world.stranger().send(SEARCH, variables.clone()).await;
    let error = &answer["errors"][0]["extensions"];
    assert_eq!(error["code"], "BAD_USER_INPUT", "{variables}: {answer}");
    error["field"].as_str().unwrap().to_owned()
}

both! {
    async fn searches_that_make_no_sense_are_refused_by_field(world: World) {
        let day = |n: u64| in_days(world, n).to_string();
        let stay = json!({ "checkIn": day(10), "checkOut": day(12) });
        let window = json!({ "from": day(10), "to": day(30), "nights": 7 });
        let near = |lat: i64, lon: i64, radius: i64| {
            json!({ "filter": { "near": { "latitudeE6": lat, "longitudeE6": lon, "radiusMeters": radius } } })
        };
        let bounds = |south: i64, west: i64, north: i64, east: i64| {
            json!({ "filter": { "bounds": { "southE6": south, "westE6": west, "northE6": north, "eastE6": east } } })
        };
        let money = json!({ "amount": "100.00", "currencyCode": "EUR" });
        let flexible = |from: u64, to: u64, nights: Value, weekend: bool| {
            json!({ "flexible": { "from": day(from), "to": day(to), "nights": nights, "weekend": weekend } })
        };
        for (variables, field) in [
            (near(0, 0, 0), "filter.near"),
            (near(0, 0, -1), "filter.near"),
            (near(0, 0, 20_000_001), "filter.near"),
            (near(90_000_001, 0, 5), "filter.near"),
            (near(0, -180_000_001, 5), "filter.near"),
            (bounds(10, 0, 10, 5), "filter.bounds"),
            (bounds(11, 0, 10, 5), "filter.bounds"),
            (bounds(0, 5, 10, 5), "filter.bounds"),
            (bounds(-90_000_001, 0, 0, 5), "filter.bounds"),
            (bounds(0, 0, 10, 180_000_001), "filter.bounds"),
            (json!({ "sort": "DISTANCE" }), "sort"),
            (json!({ "sort": "TOTAL_LOW" }), "sort"),
            (json!({ "sort": "TOTAL_HIGH" }), "sort"),
            (json!({ "filter": { "totalMax": money } }), "filter.totalMax"),
            (json!({ "filter": { "totalMin": money } }), "filter.totalMax"),
            (json!({ "stay": stay, "flexible": window }), "flexible"),
            (flexible(30, 10, json!(3), false), "flexible"),
            (flexible(10, 100, json!(3), false), "flexible"),
            (flexible(10, 15, json!(6), false), "flexible"),
            (flexible(10, 15, json!(-1), false), "flexible"),
            (flexible(10, 15, Value::Null, false), "flexible"),
            (flexible(10, 40, json!(5), true), "flexible"),
            (json!({ "filter": { "guests": 2, "party": { "adults": 2 } } }), "filter.party"),
            (json!({ "filter": { "party": { "adults": 0 } } }), "filter.party"),
            (json!({ "filter": { "guests": -1 } }), "filter.guests"),
            (json!({ "buckets": 0 }), "buckets"),
            (json!({ "buckets": 51 }), "buckets"),
        ] {
            assert_eq!(field_of(world, variables.clone()).await, field, "{variables}");
        }
        // And what makes sense at the edges.
        for variables in [near(0, 0, 1), near(-90_000_000, 180_000_000, 20_000_000), bounds(-90_000_000, 179_000_000, 90_000_000, -179_000_000)] {
            world.stranger().ask(SEARCH, variables).await;
        }
    }
}

both! {
    async fn a_cursor_of_another_search_is_refused(world: World) {
        let host: Person = world.host("Hanna").await;
        for _ in 0..3 {
            host.listing(&ListingAsk::default()).await;
        }
        let stay = json!({ "checkIn": in_days(world, 10), "checkOut": in_days(world, 12) });
        let found = world.stranger().get(SEARCH, json!({ "stay": stay, "sort": "TOTAL_LOW" })).await;
        let cursor = found["edges"][0]["cursor"].clone();
        let rest = world.stranger().get(SEARCH, json!({ "stay": stay, "sort": "TOTAL_LOW", "after": cursor })).await;
        assert_eq!(rest["edges"].as_array().unwrap().len(), 2);
        let other = json!({ "checkIn": in_days(world, 10), "checkOut": in_days(world, 13) });
        assert_eq!(field_of(world, json!({ "stay": other, "sort": "TOTAL_LOW", "after": cursor })).await, "after");
        assert_eq!(field_of(world, json!({ "stay": stay, "sort": "TOTAL_HIGH", "after": cursor })).await, "after");
        let filter = json!({ "guests": 2 });
        assert_eq!(
            field_of(world, json!({ "filter": filter, "stay": stay, "sort": "TOTAL_LOW", "last": 2, "before": cursor })).await,
            "before"
        );
    }
}
