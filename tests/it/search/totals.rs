//! What a result says that a stay costs is what its quote says, to the minor unit.

use chrono::TimeDelta;
use serde_json::{Value, json};
use sojourn::{kernel::Currency, seed, server::open};

use crate::{
    both,
    pricing::currency::told,
    support::{ListingAsk, World, people::in_days},
};

const SEARCH: &str =
    "query($filter: SearchFilterInput, $stay: StayInput, $flexible: FlexibleStayInput, $party: PartyInput!,
    $quoted: StayInput!, $sort: SearchSort!) {
  searchListings(filter: $filter, stay: $stay, flexible: $flexible, sort: $sort, first: 40) {
    totalCount edges { totalPrice { amount currencyCode } matchedStay { checkIn checkOut } distanceMeters
      node { id quote(stay: $quoted, party: $party) { total { amount currencyCode } } } } } }";

const IN_CURRENCY: &str = "query($filter: SearchFilterInput, $stay: StayInput, $flexible: FlexibleStayInput,
    $party: PartyInput!, $quoted: StayInput!, $currency: CurrencyCode!) {
  searchListings(filter: $filter, stay: $stay, flexible: $flexible, currency: $currency, first: 40) {
    edges { totalPrice { amount currencyCode } matchedStay { checkIn checkOut }
      node { id currencyCode quote(stay: $quoted, party: $party, currency: $currency) { total { amount currencyCode } } } } } }";

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

both! {
    async fn totals_in_the_viewers_currency_are_what_quotes_in_it_say(world: World) {
        market(world).await;
        let host = world.host("Hanna").await;
        for (currency, nightly, cleaning) in
            [("EUR", "101.37", "33.33"), ("JPY", "12347", "3331"), ("KWD", "33.370", "11.110"), ("USD", "99.99", "9.99")]
        {
            let listing = host.listing(&ListingAsk { currency, nightly, ..ListingAsk::default() }).await;
            let cleaning = json!({ "amount": cleaning, "currencyCode": currency });
            host.done(
                "mutation($input: UpdatePricingInput!) { updatePricing(input: $input) { errors { code message } } }",
                json!({ "listingId": listing, "cleaningFee": cleaning }),
            )
            .await;
        }
        // Not what is recorded: prices are shown at the rates of the day.
        let rates = [(Currency::USD, "1.1637"), (Currency::JPY, "171.35"), (Currency::KWD, "0.3511"), (Currency::GBP, "0.8519")];
        told(world, &rates, world.now()).await;

        let party = json!({ "adults": 3, "pets": 1 });
        let stay = json!({ "checkIn": in_days(world, 33), "checkOut": in_days(world, 38) });
        let mut seen = std::collections::BTreeSet::new();
        for currency in ["USD", "JPY", "KWD", "EUR"] {
            for filter in [json!({ "party": party, "hostId": host.id }), json!({ "party": party })] {
                let ask = json!({ "filter": filter, "stay": stay, "quoted": stay, "party": party, "currency": currency });
                let found = world.stranger().get(IN_CURRENCY, ask).await;
                for edge in found["edges"].as_array().unwrap() {
                    assert_eq!(edge["totalPrice"], edge["node"]["quote"]["total"], "{edge}");
                    assert_eq!(edge["totalPrice"]["currencyCode"], currency);
                    seen.insert((edge["node"]["currencyCode"].as_str().unwrap().to_owned(), currency));
                }
            }
        }
        for of in ["EUR", "JPY", "KWD", "USD"] {
            assert!(seen.contains(&(of.to_owned(), "USD")) && seen.contains(&(of.to_owned(), "JPY")), "{seen:?}");
        }

        // With flexible dates each has a stay of its own.
        let flexible = json!({ "from": in_days(world, 40), "to": in_days(world, 60), "nights": 4 });
        let ask = json!({ "filter": { "party": party }, "flexible": flexible, "quoted": stay, "party": party, "currency": "GBP" });
        let found = world.stranger().get(IN_CURRENCY, ask).await;
        let edges = found["edges"].as_array().unwrap();
        assert!(edges.len() > 10);
        for edge in edges.iter().take(12) {
            let listing = world
                .stranger()
                .get(
                    "query($id: ID!, $stay: StayInput!, $party: PartyInput!) { listing(by: { id: $id }) {
                       quote(stay: $stay, party: $party, currency: \"GBP\") { total { amount currencyCode } } } }",
                    json!({ "id": edge["node"]["id"], "stay": edge["matchedStay"], "party": party }),
                )
                .await;
            assert_eq!(listing["quote"]["total"], edge["totalPrice"], "{edge}");
        }

        // Without a recent rate there is no quote, and no total: neither in that currency, nor where a tax in euros is to
        // become a part of it.
        told(world, &[(Currency::USD, "1.1637")], world.now() - TimeDelta::days(4)).await;
        for (currency, without) in [("USD", &["EUR", "JPY", "KWD", "USD"][..]), ("EUR", &["USD"])] {
            let filter = json!({ "party": party, "hostId": host.id });
            let ask = json!({ "filter": filter, "stay": stay, "quoted": stay, "party": party, "currency": currency });
            let found = world.stranger().get(IN_CURRENCY, ask).await;
            let edges = found["edges"].as_array().unwrap();
            assert_eq!(edges.len(), 4);
            for edge in edges {
                assert_eq!(edge["totalPrice"], edge["node"]["quote"]["total"], "{edge}");
                assert_eq!(edge["totalPrice"].is_null(), without.contains(&edge["node"]["currencyCode"].as_str().unwrap()));
            }
        }
    }
}
