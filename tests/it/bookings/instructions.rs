//! How a guest gets in: told by the host, released to the guest of a paid stay 48 hours before check-in, to nobody else.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

use crate::{
    both,
    support::{ListingAsk, Person, people::in_days},
};

async fn instructions(who: &Person, booking: &str) -> Value {
    let query = "query($id: ID!) { booking(by: { id: $id }) { checkInInstructions } }";
    who.get(query, json!({ "id": booking })).await["checkInInstructions"].clone()
}

both! {
    async fn instructions_come_48_hours_before_check_in(world: World) {
        let host = world.host("Hanna").await;
        let listing = host.listing(&ListingAsk::default()).await;
        let guest = world.guest("Gustavo").await;
        let booking = guest.confirmed(world, &listing, in_days(world, 10), 2).await;
        let unpaid = guest.hold(&listing, in_days(world, 10) + chrono::Days::new(4), 2).await;
        let unpaid = unpaid["booking"]["id"].as_str().unwrap();

        // The host has written them, on the listing and on every booking; nobody finds them on the listing.
        let on_listing = "query($id: ID!) { listing(by: { id: $id }) { checkInInstructions } }";
        assert_eq!(host.get(on_listing, json!({ "id": listing })).await["checkInInstructions"], "The key is with the baker.");
        assert_eq!(guest.get(on_listing, json!({ "id": listing })).await["checkInInstructions"], Value::Null);
        assert_eq!(instructions(&host, &booking).await, "The key is with the baker.");
        assert_eq!(instructions(&host, unpaid).await, "The key is with the baker.");

        let seen = guest.get("query($id: ID!) { booking(by: { id: $id }) { checkInAt } }", json!({ "id": booking })).await;
        let check_in: DateTime<Utc> = seen["checkInAt"].as_str().unwrap().parse().unwrap();
        world.advance_to(check_in - TimeDelta::hours(48) - TimeDelta::seconds(30)).await;
        assert_eq!(instructions(&guest, &booking).await, Value::Null);
        world.advance_to(check_in - TimeDelta::hours(48)).await;
        assert_eq!(instructions(&guest, &booking).await, "The key is with the baker.");
        assert_eq!(instructions(&guest, unpaid).await, Value::Null, "it was never paid for");

        // A lock that was changed meanwhile is what the guest needs to know.
        host.done(
            "mutation($input: UpdateListingInput!) { updateListing(input: $input) { errors { code } } }",
            json!({ "listingId": listing, "fields": { "checkInInstructions": "The key is with the florist." } }),
        ).await;
        assert_eq!(instructions(&guest, &booking).await, "The key is with the florist.");
        world.advance_to(check_in + TimeDelta::days(5)).await;
        assert_eq!(instructions(&guest, &booking).await, "The key is with the florist.", "what was told stays told");
    }
}
