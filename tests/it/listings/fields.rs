//! What a listing says: all that its host wrote, to everybody but what only the confirmed guest may know.

use serde_json::{Value, json};
use sojourn::listings::point;

use crate::{
    both,
    support::{ListingAsk, only_error, picture},
};

const CREATE: &str = "mutation($input: CreateListingInput!) { createListing(input: $input) {
    listing { id } errors { code path message } } }";
const UPDATE: &str = "mutation($input: UpdateListingInput!) { updateListing(input: $input) {
    listing { id } errors { code path message } } }";
const FIELDS: &str = "query($id: ID!) { listing(by: { id: $id }) {
    title description propertyType roomType city region country timeZone bedrooms beds halfBathrooms maxGuests
    amenities { code } houseRules checkInTime checkOutTime checkInInstructions cancellationPolicy instantBook
    currencyCode status address { street postalCode city region country point { latitudeE6 longitudeE6 } } } }";
const ADD: &str = "mutation($input: AddListingPhotosInput!) { addListingPhotos(input: $input) {
    photos { caption url width height blurhash } errors { code } } }";

both! {
    async fn a_listing_is_as_its_host_wrote_it(world: World) {
        let host = world.host("Hanna").await;
        // The whole catalogue: about sixty things on five shelves.
        let catalogue = world.stranger().get("{ amenities { code group label } }", json!({})).await;
        let catalogue = catalogue.as_array().unwrap();
        assert!((55..=63).contains(&catalogue.len()), "{}", catalogue.len());
        let shelves: std::collections::BTreeSet<_> = catalogue.iter().map(|one| one["group"].as_str().unwrap()).collect();
        assert_eq!(shelves.into_iter().collect::<Vec<_>>(), ["ACCESSIBILITY", "ESSENTIALS", "FEATURES", "PETS", "SAFETY"]);
        let all: Vec<Value> = catalogue.iter().map(|one| one["code"].clone()).collect();

        let fields = json!({
            "title": "A boat of one's own", "description": "It lies still in the evening, and the ducks come by for bread.",
            "propertyType": "BOAT", "roomType": "PRIVATE_ROOM", "street": "Kade 3 – naast de brug", "postalCode": "1011 AB",
            "city": "Amsterdam", "region": "North Holland", "country": "NL",
            "latitudeE6": 52_370_216, "longitudeE6": 4_895_168, "timeZone": "Europe/Amsterdam",
            "bedrooms": 0, "beds": 1, "halfBathrooms": 3, "maxGuests": 2, "amenities": all,
            "houseRules": "No shoes below deck.\nNo parties 🛶", "checkInTime": "16:30", "checkOutTime": "09:45",
            "checkInInstructions": "The key hangs under the fender.", "cancellationPolicy": "STRICT", "instantBook": false,
        });
        let created = host.done(CREATE, json!({ "currencyCode": "EUR", "fields": fields })).await;
        let id = created["listing"]["id"].clone();
        let seen = host.get(FIELDS, json!({ "id": id })).await;
        for field in ["title", "description", "propertyType", "roomType", "city", "region", "country", "timeZone", "bedrooms",
            "beds", "halfBathrooms", "maxGuests", "houseRules", "checkInTime", "checkOutTime", "checkInInstructions",
            "cancellationPolicy", "instantBook"] {
            assert_eq!(seen[field], fields[field], "{field}");
        }
        let had: Vec<Value> = seen["amenities"].as_array().unwrap().iter().map(|one| one["code"].clone()).collect();
        assert_eq!(had, all);
        assert_eq!((&seen["currencyCode"], &seen["status"]), (&json!("EUR"), &json!("DRAFT")));
        assert_eq!(seen["address"], json!({
            "street": fields["street"], "postalCode": "1011 AB", "city": "Amsterdam", "region": "North Holland",
            "country": "NL", "point": { "latitudeE6": 52_370_216, "longitudeE6": 4_895_168 } }));

        // Unless the host says otherwise, guests come at three and leave at eleven.
        let bare = host.done(CREATE, json!({ "currencyCode": "JPY", "fields": {} })).await;
        let bare = host.get(FIELDS, json!({ "id": bare["listing"]["id"] })).await;
        assert_eq!((&bare["checkInTime"], &bare["checkOutTime"]), (&json!("15:00"), &json!("11:00")));
        assert_eq!((&bare["currencyCode"], &bare["country"], &bare["timeZone"]), (&json!("JPY"), &Value::Null, &Value::Null));

        // What is left out of an edit stays.
        host.done(UPDATE, json!({ "listingId": id, "fields": { "title": "A boat for two" } })).await;
        let after = host.get(FIELDS, json!({ "id": id })).await;
        assert_eq!(after["title"], "A boat for two");
        assert_eq!(after["houseRules"], seen["houseRules"]);
    }
}

both! {
    async fn strangers_see_a_point_nearby_that_stays(world: World) {
        let host = world.host("Hanna").await;
        let listing = host.listing(&ListingAsk::default()).await;
        let another = host.listing(&ListingAsk::default()).await;
        let query = "query($id: ID!) { listing(by: { id: $id }) { point { latitudeE6 longitudeE6 } address { street } } }";
        let seen = world.stranger().get(query, json!({ "id": listing })).await;
        assert_eq!(seen["address"], Value::Null);
        let moved = |seen: &Value| {
            let of = |name: &str| i32::try_from(seen["point"][name].as_i64().unwrap()).unwrap();
            (of("latitudeE6"), of("longitudeE6"))
        };
        // By up to half a kilometre: a millionth of a degree is 11 cm to the north, and 0.78 of that to the east here.
        let (north, east) = (moved(&seen).0 - 38_710_000, moved(&seen).1 + 9_140_000);
        let metres = (f64::from(north) * 0.1112).hypot(f64::from(east) * 0.1112 * 0.7803);
        assert!((50.0..=510.0).contains(&metres), "{metres}");

        // Always the same, in search as well, and for the host too; another place at the same spot moves otherwise.
        let again = world.guest("Gustavo").await.get(query, json!({ "id": listing })).await;
        assert_eq!(again["point"], seen["point"]);
        assert_eq!(host.get(query, json!({ "id": listing })).await["point"], seen["point"]);
        let found = world.stranger().get("{ searchListings { nodes { id point { latitudeE6 longitudeE6 } } } }", json!({})).await;
        let card = found["nodes"].as_array().unwrap().iter().find(|one| one["id"] == json!(listing)).unwrap();
        assert_eq!(card["point"], seen["point"]);
        assert_ne!(world.stranger().get(query, json!({ "id": another })).await["point"], seen["point"]);
        let secret = world.app.keys.derive("public-point", b"");
        let id = listing.parse().unwrap();
        assert_eq!(moved(&seen), point::public_point(&secret, id, 38_710_000, -9_140_000));
    }
}

both! {
    async fn half_a_point_and_a_country_that_is_none_are_refused(world: World) {
        let host = world.host("Hanna").await;
        let draft = host.draft(&ListingAsk::default()).await;
        for (fields, path) in [
            (json!({ "latitudeE6": 1_000_000 }), "longitudeE6"),
            (json!({ "longitudeE6": 1_000_000 }), "latitudeE6"),
            (json!({ "latitudeE6": 90_000_001, "longitudeE6": 0 }), "latitudeE6"),
            (json!({ "country": "ZZ" }), "country"),
            (json!({ "maxGuests": 51 }), "maxGuests"),
        ] {
            let refused = host.attempt(UPDATE, json!({ "listingId": draft, "fields": fields })).await;
            assert_eq!(only_error(&refused), "INVALID", "{fields}");
            assert_eq!(refused["errors"][0]["path"], json!(["fields", path]), "{fields}");
            let refused = host.attempt(CREATE, json!({ "currencyCode": "EUR", "fields": fields })).await;
            assert_eq!(refused["errors"][0]["path"], json!(["fields", path]), "{fields}");
        }
        // All that is wrong, at once.
        let refused = host.attempt(UPDATE, json!({ "listingId": draft, "fields": { "country": "ZZ", "beds": 101, "latitudeE6": 5 } })).await;
        assert_eq!(refused["errors"].as_array().unwrap().len(), 3, "{refused}");
    }
}

both! {
    async fn a_paused_listing_comes_back(world: World) {
        let host = world.host("Hanna").await;
        let guest = world.guest("Gustavo").await;
        let listing = host.listing(&ListingAsk::default()).await;
        let step = async |what: &str| {
            let document = format!("mutation($input: ListingIdInput!) {{ {what}(input: $input) {{ listing {{ status publishedAt }} errors {{ code }} }} }}");
            host.done(&document, json!({ "listingId": listing })).await["listing"].clone()
        };
        let found = async || {
            let found = guest.get("{ searchListings { totalCount } }", json!({})).await;
            let page = guest.get("query($id: ID!) { listing(by: { id: $id }) { status } }", json!({ "id": listing })).await;
            (found["totalCount"].clone(), page["status"].clone())
        };
        let before = host.get("query($id: ID!) { listing(by: { id: $id }) { publishedAt } }", json!({ "id": listing })).await;
        assert_eq!(found().await, (json!(1), json!("PUBLISHED")));
        assert_eq!(step("pauseListing").await["status"], "PAUSED");
        assert_eq!(found().await, (json!(0), Value::Null));
        let back = step("publishListing").await;
        assert_eq!(back, json!({ "status": "PUBLISHED", "publishedAt": before["publishedAt"] }));
        assert_eq!(found().await, (json!(1), json!("PUBLISHED")));
    }
}

both! {
    async fn similar_places_are_of_the_same_city_for_about_as_many(world: World) {
        let host = world.host("Hanna").await;
        let listing = host.listing(&ListingAsk::default()).await;
        let like = host.listing(&ListingAsk::default()).await;
        let larger = host.listing(&ListingAsk::default()).await;
        host.done(UPDATE, json!({ "listingId": larger, "fields": { "maxGuests": 9 } })).await;
        host.listing(&ListingAsk { city: "Porto", ..ListingAsk::default() }).await;
        let query = "query($id: ID!, $n: Int!) { listing(by: { id: $id }) { similar(first: $n) { id title } } }";
        let seen = world.stranger().get(query, json!({ "id": listing, "n": 6 })).await;
        assert_eq!(seen["similar"], json!([{ "id": like, "title": "A quiet home in Lisbon" }]));
        let none = world.stranger().get(query, json!({ "id": listing, "n": 0 })).await;
        assert_eq!(none["similar"], json!([]));
        assert_eq!(world.stranger().refused(query, json!({ "id": listing, "n": 13 })).await, "BAD_USER_INPUT");
    }
}

both! {
    async fn the_forty_first_photo_is_too_many(world: World) {
        let host = world.host("Hanna").await;
        let draft = host.draft(&ListingAsk::default()).await;
        let mut uploads = Vec::new();
        for n in 0..41 {
            uploads.push(json!({ "uploadId": host.upload().await, "caption": format!("View {n}") }));
        }
        let refused = host.attempt(ADD, json!({ "listingId": draft, "photos": uploads })).await;
        assert_eq!(only_error(&refused), "TOO_MANY");
        let last = uploads.pop().unwrap();
        let added = host.done(ADD, json!({ "listingId": draft, "photos": uploads })).await;
        let photos = added["photos"].as_array().unwrap();
        assert_eq!(photos.len(), 40);
        assert_eq!((&photos[0]["caption"], &photos[39]["caption"]), (&json!("View 0"), &json!("View 39")));
        let refused = host.attempt(ADD, json!({ "listingId": draft, "photos": [last] })).await;
        assert_eq!(only_error(&refused), "TOO_MANY");
    }
}

both! {
    async fn a_photo_is_stored_and_served_in_its_widths(world: World) {
        let host = world.host("Hanna").await;
        let draft = host.draft(&ListingAsk::default()).await;
        let response = host.post_bytes("/uploads", "image/jpeg", picture::jpeg(2_400, 1_200)).await;
        assert_eq!(response.status(), 201);
        let stored: Value = response.json().await.unwrap();
        host.done(ADD, json!({ "listingId": draft, "photos": [{ "uploadId": stored["id"], "caption": "The canal" }] })).await;
        let query = "query($id: ID!) { listing(by: { id: $id }) { photos {
            caption blurhash color small: url(width: 100) middle: url large: url(width: 9000) } } }";
        let seen = host.get(query, json!({ "id": draft })).await;
        let photo = &seen["photos"][0];
        assert_eq!(photo["caption"], "The canal");
        assert!(photo["blurhash"].as_str().unwrap().len() > 6 && photo["color"].as_str().unwrap().starts_with('#'));
        for (url, width) in [("small", 320), ("middle", 960), ("large", 1_920)] {
            let path = photo[url].as_str().unwrap().strip_prefix(&world.url).unwrap();
            let response = world.stranger().fetch(path).await;
            assert_eq!(response.headers()["content-type"], "image/jpeg");
            let picture = image::load_from_memory(&response.bytes().await.unwrap()).unwrap();
            assert_eq!((picture.width(), picture.height()), (width, width / 2), "{url}");
        }
    }
}
