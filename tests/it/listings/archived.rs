//! What is archived stays as it is; a hold that ended keeps nothing from being archived.

use chrono::TimeDelta;
use serde_json::json;

use crate::{
    both,
    support::{ListingAsk, only_error, people::in_days},
};

const ARCHIVE: &str = "mutation($input: ListingIdInput!) { archiveListing(input: $input) { listing { status } errors { code } } }";

both! {
    async fn an_archived_listing_is_not_changed(world: World) {
        let host = world.host("Hanna").await;
        let id = host.listing(&ListingAsk::default()).await;
        let seen = host.get("query($id: ID!) { listing(by: { id: $id }) { photos { id } } }", json!({ "id": id })).await;
        let photo = seen["photos"][0]["id"].clone();
        host.done(ARCHIVE, json!({ "listingId": id })).await;
        for (mutation, input) in [
            ("updateListing", json!({ "listingId": id, "fields": { "title": "Something else" } })),
            ("updatePricing", json!({ "listingId": id, "guestsIncluded": 2 })),
            ("updateCalendar", json!({ "listingId": id, "minNights": 2 })),
            ("addListingPhotos", json!({ "listingId": id, "photos": [{ "uploadId": host.upload().await }] })),
            ("reorderListingPhotos", json!({ "listingId": id, "photoIds": [photo] })),
            ("removeListingPhoto", json!({ "photoId": photo })),
        ] {
            let ty = format!("{}{}Input", mutation[..1].to_uppercase(), &mutation[1..]);
            let document = format!("mutation($input: {ty}!) {{ {mutation}(input: $input) {{ errors {{ code }} }} }}");
            assert_eq!(only_error(&host.attempt(&document, input).await), "WRONG_STATE", "{mutation}");
        }
    }
}

both! {
    async fn a_hold_that_ended_is_no_future_booking(world: World) {
        let host = world.host("Hanna").await;
        let id = host.listing(&ListingAsk::default()).await;
        let guest = world.guest("Gustavo").await;
        world.without_workers().await;
        guest.hold(&id, in_days(world, 20), 3).await;
        assert_eq!(only_error(&host.attempt(ARCHIVE, json!({ "listingId": id })).await), "FUTURE_BOOKINGS");
        world.app.clock.advance_to(world.now() + TimeDelta::minutes(16));
        let archived = host.done(ARCHIVE, json!({ "listingId": id })).await;
        assert_eq!(archived["listing"]["status"], "ARCHIVED");
        world.with_workers().await;
    }
}
