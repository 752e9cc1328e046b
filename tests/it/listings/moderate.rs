//! `moderateListing`: an admin takes a place off sale, and its host learns why; who has booked it still comes.

use serde_json::{Value, json};

use crate::{
    both,
    support::{ListingAsk, only_error, people::in_days},
};

const MODERATE: &str = "mutation($input: ModerateListingInput!) { moderateListing(input: $input) {
    listing { id status } errors { code path } } }";
const PUBLISH: &str = "mutation($input: ListingIdInput!) { publishListing(input: $input) { listing { status } errors { code } } }";
const SEEN: &str = "query($id: ID!) { listing(by: { id: $id }) { status suspendedAt suspendedReason } }";

both! {
    async fn an_admin_takes_a_listing_off_sale(world: World) {
        let (host, admin) = (world.host("Hanna").await, world.admin("Ada").await);
        let guest = world.guest("Gustavo").await;
        let id = host.listing(&ListingAsk::default()).await;
        let booking = guest.confirmed(world, &id, in_days(world, 10), 2).await;
        let kept = guest.quoted(&id, in_days(world, 30), 2).await;

        let ask = json!({ "listingId": id, "action": "SUSPEND", "reason": "The photos show another place" });
        let suspended = admin.done(MODERATE, ask.clone()).await;
        assert_eq!(suspended["listing"]["status"], "SUSPENDED");
        assert_eq!(only_error(&admin.attempt(MODERATE, ask).await), "WRONG_STATE");

        // Nobody finds it, nobody gets a price for it, and a price that was kept buys nothing.
        let found = world.stranger().get("{ searchListings { nodes { id } } }", json!({})).await;
        assert_eq!(found["nodes"], json!([]));
        assert_eq!(guest.get(SEEN, json!({ "id": id })).await, Value::Null);
        let ask = json!({ "listingId": id, "stay": { "checkIn": in_days(world, 40), "checkOut": in_days(world, 41) }, "party": {} });
        let quote = "mutation($input: CreateQuoteInput!) { createQuote(input: $input) { errors { code } } }";
        assert_eq!(guest.refused(quote, json!({ "input": ask })).await, "NOT_FOUND");
        assert_eq!(only_error(&guest.book(&kept, "kept").await), "NOT_AVAILABLE");

        // The host reads why, and can't undo it; the booking stands.
        let seen = host.get(SEEN, json!({ "id": id })).await;
        assert_eq!(seen["status"], "SUSPENDED");
        assert_eq!(seen["suspendedReason"], "The photos show another place");
        assert!(seen["suspendedAt"].is_string());
        assert_eq!(only_error(&host.attempt(PUBLISH, json!({ "listingId": id })).await), "WRONG_STATE");
        assert_eq!(guest.booking(&booking).await["status"], "CONFIRMED");
        assert_eq!(guest.booking(&booking).await["address"]["street"], "Rua das Flores 7");

        // Handed back, it is the host who puts it on sale again.
        let back = admin.done(MODERATE, json!({ "listingId": id, "action": "REINSTATE", "reason": "New photos" })).await;
        assert_eq!(back["listing"]["status"], "PAUSED");
        let seen = host.get(SEEN, json!({ "id": id })).await;
        assert_eq!(seen, json!({ "status": "PAUSED", "suspendedAt": null, "suspendedReason": null }));
        host.done(PUBLISH, json!({ "listingId": id })).await;
        guest.quoted(&id, in_days(world, 40), 1).await;

        // A reason there must be, and a draft is nobody's business yet.
        let silent = json!({ "listingId": id, "action": "SUSPEND", "reason": " " });
        assert_eq!(only_error(&admin.attempt(MODERATE, silent).await), "REASON_INVALID");
        let draft = host.draft(&ListingAsk::default()).await;
        let early = json!({ "listingId": draft, "action": "SUSPEND", "reason": "Spam" });
        assert_eq!(only_error(&admin.attempt(MODERATE, early).await), "WRONG_STATE");
    }
}
