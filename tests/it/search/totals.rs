//! What a result says that a stay costs is what its quote says, to the minor unit.

use serde_json::{Value, json};
use sojourn::{seed, server::open};

use crate::{
    both,
    support::{World, people::in_days},
};

const SEARCH: &str =
    "query($filter: SearchFilterInput, $stay: StayInput, $flexible: FlexibleStayInput, $party: PartyInput!,
    $quoted: StayInput!, $sort: SearchSort!) {
  searchListings(filter: $filter, stay: $stay, flexible: $flexible, sort: $sort, first: 40) {
    totalCount edges { totalPrice { amount currencyCode } matchedStay { checkIn checkOut } distanceMeters
      node { id quote(stay: $quoted, party: $party) { total { amount currencyCode } } } } } }";

/// A small market in the world's database.
async fn market(world: &World) {
    let app = &world.app;
    let secret = app.keys.derive(open::POINT_SECRET, b"");
    let ask = seed::Ask { listings: 60, seed: 11 };
    seed::seed(&app.db, &app.files, ask, &app.settings.fees, world.now(), &secret).await.unwrap();
}

async fn search(world: &World, variables: Value) -> Value {
    world.stranger().get(SEARCH, variables).await
}

both! {
    async fn totals_are_what_quotes_say(world: World) {
        market(world).await;
        let mut compared = 0;
        for (from, nights, party) in [
            (20, 2, json!({ "adults": 2 })),
            (33, 5, json!({ "adults": 1, "children": 3, "infants": 1 })),
            (61, 7, json!({ "adults": 2, "pets": 1 })),
            (90, 9, json!({ "adults": 4 })),
            (150, 30, json!({ "adults": 3, "children": 1, "pets": 2 })),
            (230, 3, json!({ "adults": 5 })),
        ] {
            let stay = json!({ "checkIn": in_days(world, from), "checkOut": in_days(world, from + nights) });
            let filter = json!({ "party": party });
            let all = json!({ "filter": filter, "stay": stay, "quoted": stay, "party": party, "sort": "TOTAL_LOW" });
            let found = search(world, all.clone()).await;
            let edges = found["edges"].as_array().unwrap();
            for edge in edges {
                assert_eq!(edge["totalPrice"], edge["node"]["quote"]["total"], "{edge}");
                assert_eq!(edge["matchedStay"], stay);
                compared += 1;
            }
            let Some(middle) = edges.get(edges.len() / 2) else { continue };
            // At most what the one in the middle costs: that one, and those before it.
            let mut narrow = all;
            narrow["filter"]["totalMax"] = middle["totalPrice"].clone();
            let narrowed = search(world, narrow).await;
            let ids = |edges: &[Value]| edges.iter().map(|edge| edge["node"]["id"].clone()).collect::<Vec<_>>();
            let narrowed = narrowed["edges"].as_array().unwrap();
            assert!(ids(narrowed).contains(&middle["node"]["id"]));
            assert_eq!(ids(&edges[..narrowed.len()]), ids(narrowed));
        }
        assert!(compared > 60, "{compared}");
    }
}

both! {
    async fn flexible_dates_say_which_stay_and_what_it_costs(world: World) {
        market(world).await;
        let flexible = json!({ "from": in_days(world, 40), "to": in_days(world, 70), "weekend": true });
        let party = json!({ "adults": 2 });
        let any = json!({ "checkIn": in_days(world, 40), "checkOut": in_days(world, 41) });
        let all = json!({ "filter": { "party": party }, "flexible": flexible, "quoted": any, "party": party, "sort": "RELEVANCE" });
        let found = search(world, all).await;
        let edges = found["edges"].as_array().unwrap();
        assert!(edges.len() > 10);
        for edge in edges.iter().take(12) {
            let stay = &edge["matchedStay"];
            let listing = world
                .stranger()
                .get(
                    "query($id: ID!, $stay: StayInput!, $party: PartyInput!) { listing(by: { id: $id }) {
                       quote(stay: $stay, party: $party) { total { amount currencyCode } }
                       availability(stay: $stay, party: $party) { isAvailable } } }",
                    json!({ "id": edge["node"]["id"], "stay": stay, "party": party }),
                )
                .await;
            assert_eq!(listing["quote"]["total"], edge["totalPrice"]);
            assert_eq!(listing["availability"]["isAvailable"], json!(true), "{edge}");
        }
    }
}

both! {
    async fn what_is_near_comes_with_its_distance_and_totals_in_the_viewers_currency(world: World) {
        market(world).await;
        let near = json!({ "latitudeE6": 38_710_000, "longitudeE6": -9_140_000, "radiusMeters": 20_000_000 });
        let stay = json!({ "checkIn": in_days(world, 50), "checkOut": in_days(world, 53) });
        let found = world
            .stranger()
            .get(
                "query($filter: SearchFilterInput, $stay: StayInput) {
                   searchListings(filter: $filter, stay: $stay, sort: DISTANCE, currency: \"JPY\", first: 50) {
                     totalCount edges { distanceMeters totalPrice { currencyCode } }
                     facets(buckets: 10) { roomTypes { roomType count } amenities { code count } instantBook
                       bedrooms { bedrooms count } nightPrices { from { amount currencyCode } to { amount } count }
                       totals { from { currencyCode } count } } } }",
                json!({ "filter": { "near": near }, "stay": stay }),
            )
            .await;
        let edges = found["edges"].as_array().unwrap();
        let metres: Vec<i64> = edges.iter().map(|edge| edge["distanceMeters"].as_i64().unwrap()).collect();
        assert!(edges.len() > 20 && metres.is_sorted(), "{metres:?}");
        assert!(edges.iter().all(|edge| edge["totalPrice"]["currencyCode"] == "JPY"));
        let sum = |list: &Value| list.as_array().unwrap().iter().map(|bar| bar["count"].as_u64().unwrap()).sum::<u64>();
        let total = found["totalCount"].as_u64().unwrap();
        for facet in ["roomTypes", "bedrooms", "nightPrices", "totals"] {
            assert_eq!(sum(&found["facets"][facet]), total, "{facet}");
        }
        assert_eq!(found["facets"]["nightPrices"][0]["from"]["currencyCode"], "JPY");
    }
}
