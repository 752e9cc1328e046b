//! The life of a listing: published when nothing is missing, archived when nobody comes any more; and bookings that
//! keep what they were made with.

use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::{
    both,
    support::{ListingAsk, Person, only_error, people::in_days},
};

const PUBLISH: &str = "mutation($input: ListingIdInput!) { publishListing(input: $input) {
    listing { id status } errors { code message path } } }";
const ARCHIVE: &str = "mutation($input: ListingIdInput!) { archiveListing(input: $input) {
    listing { id status } errors { code message path } } }";
const PAUSE: &str = "mutation($input: ListingIdInput!) { pauseListing(input: $input) {
    listing { id status } errors { code message path } } }";
const DELETE: &str = "mutation($input: ListingIdInput!) { deleteListing(input: $input) { listingId errors { code message path } } }";
const UPDATE: &str = "mutation($input: UpdateListingInput!) { updateListing(input: $input) {
    listing { id title } errors { code message path } } }";
const ADD: &str = "mutation($input: AddListingPhotosInput!) { addListingPhotos(input: $input) {
    photos { id caption } errors { code message path } } }";
const REORDER: &str = "mutation($input: ReorderListingPhotosInput!) { reorderListingPhotos(input: $input) {
    photos { id caption } errors { code message path } } }";
const REMOVE: &str = "mutation($input: RemoveListingPhotoInput!) { removeListingPhoto(input: $input) {
    photoId errors { code message path } } }";
const PRICE: &str = "mutation($input: UpdatePricingInput!) { updatePricing(input: $input) {
    pricing { nightly { amount } } errors { code message } } }";

async fn bare_draft(host: &Person) -> String {
    let payload = host
        .done(
            "mutation($input: CreateListingInput!) { createListing(input: $input) { listing { id } errors { code message path } } }",
            json!({ "currencyCode": "EUR", "fields": {} }),
        )
        .await;
    payload["listing"]["id"].as_str().unwrap().to_owned()
}

fn paths(payload: &Value) -> Vec<String> {
    let join = |error: &Value| {
        let parts: Vec<_> =
            error["path"].as_array().unwrap().iter().map(|part| part.as_str().unwrap()).collect();
        assert_eq!(error["code"], "REQUIRED");
        parts.join(".")
    };
    payload["errors"].as_array().unwrap().iter().map(join).collect()
}

both! {
    async fn everything_that_is_missing_is_named_at_once(world: World) {
        let host = world.host("Hanna").await;
        let id = bare_draft(&host).await;
        let refused = host.attempt(PUBLISH, json!({ "listingId": id })).await;
        assert_eq!(paths(&refused), [
            "fields.title", "fields.description", "fields.street", "fields.city", "fields.country",
            "fields.latitudeE6", "fields.timeZone", "fields.beds", "photos", "pricing",
        ]);
        assert_eq!(refused["listing"], Value::Null);

        // Each thing that comes is no longer named.
        host.done(UPDATE, json!({ "listingId": id, "fields": {
            "title": "A quiet home", "description": "Two rooms with morning light, a long table, and a balcony.",
            "street": "Rua 7", "city": "Lisbon", "country": "PT", "beds": 1,
        } })).await;
        let refused = host.attempt(PUBLISH, json!({ "listingId": id })).await;
        assert_eq!(paths(&refused), ["fields.latitudeE6", "fields.timeZone", "photos", "pricing"]);
        host.done(UPDATE, json!({ "listingId": id, "fields": {
            "latitudeE6": 38_710_000, "longitudeE6": -9_140_000, "timeZone": "Europe/Lisbon" } })).await;
        host.done(ADD, json!({ "listingId": id, "photos": [{ "uploadId": host.upload().await }] })).await;
        assert_eq!(paths(&host.attempt(PUBLISH, json!({ "listingId": id })).await), ["pricing"]);
        host.done(PRICE, json!({ "listingId": id, "nightly": { "amount": "80.00", "currencyCode": "EUR" } })).await;
        let published = host.done(PUBLISH, json!({ "listingId": id })).await;
        assert_eq!(published["listing"]["status"], "PUBLISHED");

        // On sale, it can't lose what it needs, and a second time is no step.
        let refused = host.attempt(UPDATE, json!({ "listingId": id, "fields": { "title": "Short", "beds": 0 } })).await;
        assert_eq!(paths(&refused), ["fields.title", "fields.beds"]);
        assert_eq!(only_error(&host.attempt(PUBLISH, json!({ "listingId": id })).await), "WRONG_STATE");
        // Nobody else's business.
        let other = world.host("Hugo").await;
        for operation in [PUBLISH, PAUSE, ARCHIVE, DELETE] {
            assert_eq!(other.refused(operation, json!({ "input": { "listingId": id } })).await, "NOT_FOUND");
        }
    }
}

both! {
    async fn photos_keep_their_order(world: World) {
        let host = world.host("Hanna").await;
        let id = host.listing(&ListingAsk::default()).await;
        let (two, three) = (host.upload().await, host.upload().await);
        let added = host.done(ADD, json!({ "listingId": id, "photos": [
            { "uploadId": two, "caption": "Noon" }, { "uploadId": three, "caption": "Night" }] })).await;
        let captions = |payload: &Value| -> Vec<String> {
            let photos = payload["photos"].as_array().unwrap();
            photos.iter().map(|photo| photo["caption"].as_str().unwrap().to_owned()).collect()
        };
        assert_eq!(captions(&added), ["Morning", "Noon", "Night"]);
        let ids: Vec<&Value> = added["photos"].as_array().unwrap().iter().map(|photo| &photo["id"]).collect();

        let order = [ids[2], ids[0], ids[1]];
        let sorted = host.done(REORDER, json!({ "listingId": id, "photoIds": order })).await;
        assert_eq!(captions(&sorted), ["Night", "Morning", "Noon"]);
        // What everybody sees has the same order, and its first is the cover in search.
        let page = world.stranger().get("query($id: ID!) { listing(by: { id: $id }) { photos { id } } }", json!({ "id": id })).await;
        let seen: Vec<&Value> = page["photos"].as_array().unwrap().iter().map(|photo| &photo["id"]).collect();
        assert_eq!(seen, order);
        let found = world.stranger().get(
            "{ searchListings(filter: {}, first: 1) { nodes { coverPhoto { id } } } }", json!({})).await;
        assert_eq!(&found["nodes"][0]["coverPhoto"]["id"], ids[2]);

        for wrong in [json!([ids[0], ids[1]]), json!([ids[0], ids[1], ids[1]]), json!([ids[0], ids[1], ids[2], ids[2]])] {
            let refused = host.attempt(REORDER, json!({ "listingId": id, "photoIds": wrong })).await;
            assert_eq!(only_error(&refused), "NOT_THE_SAME_PHOTOS");
        }
        let used = host.attempt(ADD, json!({ "listingId": id, "photos": [{ "uploadId": two }] })).await;
        assert_eq!(only_error(&used), "UNKNOWN_UPLOAD");
        host.done(REMOVE, json!({ "photoId": ids[2] })).await;
        host.done(REMOVE, json!({ "photoId": ids[0] })).await;
        assert_eq!(only_error(&host.attempt(REMOVE, json!({ "photoId": ids[1] })).await), "LAST_PHOTO");
    }
}

both! {
    async fn a_listing_that_guests_have_booked_is_not_archived(world: World) {
        let host = world.host("Hanna").await;
        let id = host.listing(&ListingAsk::default()).await;
        let guest = world.guest("Gustavo").await;
        let booking = guest.confirmed(world, &id, in_days(world, 10), 2).await;
        assert_eq!(only_error(&host.attempt(ARCHIVE, json!({ "listingId": id })).await), "FUTURE_BOOKINGS");

        // Off sale for a while it may be: the booking stands, and nobody else can book.
        let quote = guest.quoted(&id, in_days(world, 30), 1).await;
        host.done(PAUSE, json!({ "listingId": id })).await;
        assert_eq!(guest.booking(&booking).await["status"], "CONFIRMED");
        assert_eq!(only_error(&guest.book(&quote, "late").await), "NOT_AVAILABLE");
        assert_eq!(only_error(&host.attempt(DELETE, json!({ "listingId": id })).await), "WRONG_STATE");

        world.advance(TimeDelta::days(13)).await;
        assert_eq!(guest.booking(&booking).await["status"], "COMPLETED");
        let archived = host.done(ARCHIVE, json!({ "listingId": id })).await;
        assert_eq!(archived["listing"]["status"], "ARCHIVED");
        assert_eq!(only_error(&host.attempt(PUBLISH, json!({ "listingId": id })).await), "WRONG_STATE");
        let edited = host.attempt(UPDATE, json!({ "listingId": id, "fields": { "title": "A new title" } })).await;
        assert_eq!(only_error(&edited), "WRONG_STATE");
        // The trip still says where it was.
        let trip = guest.get("query($id: ID!) { booking(by: { id: $id }) { listing { title } } }", json!({ "id": booking })).await;
        assert_eq!(trip["listing"]["title"], "A quiet home in Lisbon");
    }
}

both! {
    async fn a_draft_can_be_deleted_with_all_that_it_has(world: World) {
        let host = world.host("Hanna").await;
        let id = host.draft(&ListingAsk::default()).await;
        host.done(ADD, json!({ "listingId": id, "photos": [{ "uploadId": host.upload().await }] })).await;
        host.done(PRICE, json!({ "listingId": id, "nightly": { "amount": "80.00", "currencyCode": "EUR" } })).await;
        let night = in_days(world, 5);
        host.done(
            "mutation($input: UpdateCalendarInput!) { updateCalendar(input: $input) { rules { minNights } errors { code } } }",
            json!({ "listingId": id, "minNights": 2, "block": [{ "first": night, "last": night }] }),
        ).await;
        let deleted = host.done(DELETE, json!({ "listingId": id })).await;
        assert_eq!(deleted["listingId"], json!(id));
        let gone = host.get("query($id: ID!) { listing(by: { id: $id }) { id } }", json!({ "id": id })).await;
        assert_eq!(gone, Value::Null);
        assert_eq!(host.refused(DELETE, json!({ "input": { "listingId": id } })).await, "NOT_FOUND");
    }
}

both! {
    async fn edits_change_no_booking_and_no_quote(world: World) {
        const BOOKING: &str = "query($id: ID!) { booking(by: { id: $id }) {
            total { amount } price { lines { kind amount { amount } } } cancellationPolicy checkInAt checkOutAt
            refundPreview { rule total { amount } } } }";
        let host = world.host("Hanna").await;
        let id = host.listing(&ListingAsk::default()).await;
        let guest = world.guest("Gustavo").await;
        let booking = guest.confirmed(world, &id, in_days(world, 20), 2).await;
        let quote = guest.quoted(&id, in_days(world, 30), 2).await;
        let before = guest.get(BOOKING, json!({ "id": booking })).await;

        host.done(PRICE, json!({ "listingId": id, "nightly": { "amount": "999.00", "currencyCode": "EUR" } })).await;
        host.done(UPDATE, json!({ "listingId": id, "fields": {
            "cancellationPolicy": "STRICT", "checkInTime": "20:00", "checkOutTime": "06:00", "timeZone": "Asia/Tokyo",
            "maxGuests": 1 } })).await;

        assert_eq!(guest.get(BOOKING, json!({ "id": booking })).await, before);
        // A quote charges exactly what it said.
        let booked = guest.book(&quote, "as quoted").await;
        assert_eq!(booked["booking"]["total"]["amount"], "224.00");
    }
}

both! {
    async fn a_page_of_results_is_whole_though_one_of_them_went_off_sale_meanwhile(world: World) {
        use sea_orm::{ActiveEnum, ColumnTrait, EntityTrait, QueryFilter, sea_query::Expr};
        use sojourn::{kernel::ListingId, listings::listing};

        let host = world.host("Hanna").await;
        let (stays, goes) = (host.listing(&ListingAsk::default()).await, host.listing(&ListingAsk::default()).await);
        // As it is between the statement that finds the cards and the one that loads what the cards have not.
        let set = async |status: listing::Status| {
            listing::Entity::update_many()
                .col_expr(listing::Column::Status, Expr::value(status.to_value()))
                .filter(listing::Column::Id.eq(goes.parse::<ListingId>().unwrap()))
                .exec(world.app.db.writer())
                .await
                .unwrap()
        };
        set(listing::Status::Paused).await;
        let page = world.stranger().get("{ searchListings { nodes { id description } } }", json!({})).await;
        let found: Vec<_> = page["nodes"].as_array().unwrap().iter().map(|node| node["id"].clone()).collect();
        assert_eq!(found.len(), 2, "{page}");
        assert!(found.contains(&json!(stays)) && found.contains(&json!(goes)));
        set(listing::Status::Published).await;
    }
}
