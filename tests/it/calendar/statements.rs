//! How many SQL statements a price and an availability cost: numbers, not only that they stay the same.

use chrono::Days;
use serde_json::{Value, json};

use super::set;
use crate::{
    both,
    support::{Client, ListingAsk, World, people::in_days},
};

both! {
    async fn a_quote_and_an_availability_take_at_most_four_statements(world: World) {
        let host = world.host("Hanna").await;
        let listing = host.listing(&ListingAsk::default()).await;
        let block = json!([{ "first": in_days(world, 20), "last": in_days(world, 140) }]);
        set(&host, &listing, json!({ "block": block, "preparationAfter": 2, "weekdayNights": [{ "weekday": "FRIDAY", "min": 3 }] })).await;
        let stranger = world.stranger();
        for (what, days) in [("free", 5), ("near others", 19), ("far from others", 80)] {
            let stay = json!({ "checkIn": in_days(world, days), "checkOut": in_days(world, days) + Days::new(4) });
            let input = json!({ "id": listing, "stay": stay });
            for field in [
                "quote(stay: $stay, party: { adults: 2 }) { total { amount } }",
                "availability(stay: $stay, party: { adults: 2 }) { isAvailable violations { code } alternatives { checkIn } }",
            ] {
                let query = format!("query($id: ID!, $stay: StayInput!) {{ listing(by: {{ id: $id }}) {{ {field} }} }}");
                let least = fewest(world, &stranger, &query, &input).await;
                assert!(least <= 4, "{least} statements for {field} of a stay that is {what}");
            }
        }
    }
}

/// The fewest statements of some tries: now and then a session's standing is looked at on the way.
async fn fewest(world: &World, client: &Client, query: &str, input: &Value) -> u64 {
    let mut least = u64::MAX;
    for _ in 0..3 {
        least = least.min(world.statements(client.ask(query, input.clone())).await.0);
    }
    least
}
