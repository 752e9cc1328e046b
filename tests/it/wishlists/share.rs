//! A list is its owner's, until it is shared by a link; and what is off sale is on no list.

use serde_json::{Value, json};

use crate::{
    both,
    support::{Client, ListingAsk, Person, only_error},
};

pub const CREATE: &str = "mutation($input: CreateWishlistInput!) { createWishlist(input: $input) {
    wishlist { id name } errors { code path } } }";
const UPDATE: &str = "mutation($input: UpdateWishlistInput!) { updateWishlist(input: $input) {
    wishlist { name shareLink } errors { code path } } }";
pub const SAVE: &str = "mutation($input: SaveListingInput!) { saveListing(input: $input) {
    wishlist { listings { totalCount } } errors { code path } } }";
const UNSAVE: &str = "mutation($input: UnsaveListingInput!) { unsaveListing(input: $input) {
    wishlist { listings { totalCount } } errors { code path } } }";
const BY_LINK: &str = "query($link: String!) { wishlist(by: { link: $link }) {
    name owner { displayName } shareLink listings { totalCount nodes { id title } } } }";
const BY_ID: &str =
    "query($id: ID!) { wishlist(by: { id: $id }) { name listings { totalCount nodes { id } } } }";

pub async fn begin(person: &Person, name: &str) -> String {
    let begun = person.done(CREATE, json!({ "name": name })).await;
    begun["wishlist"]["id"].as_str().unwrap().to_owned()
}

async fn share(person: &Person, list: &str, shared: bool) -> Value {
    let payload = person.done(UPDATE, json!({ "wishlistId": list, "shared": shared })).await;
    payload["wishlist"]["shareLink"].clone()
}

async fn places(who: &Client, link: &Value) -> Vec<Value> {
    let list = who.get(BY_LINK, json!({ "link": link })).await;
    let nodes = list["listings"]["nodes"].as_array().unwrap().clone();
    assert_eq!(list["listings"]["totalCount"], nodes.len(), "the count agrees with what is shown");
    nodes.into_iter().map(|node| node["id"].clone()).collect()
}

both! {
    async fn a_wishlist_is_private_until_it_is_shared(world: World) {
        let host = world.host("Hanna").await;
        let (guest, other) = (world.guest("Gustavo").await, world.guest("Olga").await);
        let lisbon = host.listing(&ListingAsk::default()).await;
        let porto = host.listing(&ListingAsk { city: "Porto", ..ListingAsk::default() }).await;
        let list = begin(&guest, "  By the sea ").await;
        assert_eq!(guest.done(SAVE, json!({ "wishlistId": list, "listingId": lisbon })).await["wishlist"]["listings"]["totalCount"], 1);
        guest.done(SAVE, json!({ "wishlistId": list, "listingId": porto })).await;

        // Latest saved first, for its owner only.
        let own = guest.get(BY_ID, json!({ "id": list })).await;
        assert_eq!(own, json!({ "name": "By the sea", "listings": { "totalCount": 2, "nodes": [{ "id": porto }, { "id": lisbon }] } }));
        let all = guest.get("{ viewer { wishlists { totalCount nodes { id } } } }", json!({})).await;
        assert_eq!(all["wishlists"], json!({ "totalCount": 1, "nodes": [{ "id": list }] }));
        assert_eq!(other.get(BY_ID, json!({ "id": list })).await, Value::Null);
        assert_eq!(world.stranger().get("query($id: ID!) { node(id: $id) { id } }", json!({ "id": list })).await, Value::Null);

        // With the link, everybody; but nobody learns the link from the list, and the id still opens nothing.
        let link = share(&guest, &list, true).await;
        let seen = world.stranger().get(BY_LINK, json!({ "link": link })).await;
        assert_eq!(seen["name"], "By the sea");
        assert_eq!(seen["owner"]["displayName"], "Gustavo");
        assert_eq!(seen["shareLink"], Value::Null);
        assert_eq!(places(&other, &link).await, [json!(porto), json!(lisbon)]);
        assert_eq!(other.get(BY_ID, json!({ "id": list })).await, Value::Null);
        assert_eq!(other.refused(SAVE, json!({ "input": { "wishlistId": list, "listingId": porto } })).await, "NOT_FOUND");

        // A name may change under it; walking page by page meets each place once.
        guest.done(UPDATE, json!({ "wishlistId": list, "name": "Portugal" })).await;
        let page = "query($link: String!, $after: String) { wishlist(by: { link: $link }) { name
            listings(first: 1, after: $after) { nodes { id } pageInfo { hasNextPage endCursor } } } }";
        let one = other.get(page, json!({ "link": link })).await;
        assert_eq!((&one["name"], &one["listings"]["nodes"][0]["id"]), (&json!("Portugal"), &json!(porto)));
        let two = other.get(page, json!({ "link": link, "after": one["listings"]["pageInfo"]["endCursor"] })).await;
        assert_eq!(two["listings"]["nodes"][0]["id"], json!(lisbon));
        assert_eq!(two["listings"]["pageInfo"]["hasNextPage"], false);
    }
}

both! {
    async fn a_link_that_was_taken_back_shows_nothing(world: World) {
        let guest = world.guest("Gustavo").await;
        let list = begin(&guest, "By the sea").await;
        let first = share(&guest, &list, true).await;
        assert_eq!(share(&guest, &list, true).await, first, "what is shared stays shared");
        assert_eq!(share(&guest, &list, false).await, Value::Null);
        assert_eq!(world.stranger().get(BY_LINK, json!({ "link": first })).await, Value::Null);

        // Sharing again makes another link; the old one never comes back.
        let second = share(&guest, &list, true).await;
        assert_ne!(second, first);
        assert_eq!(world.stranger().get(BY_LINK, json!({ "link": second })).await["name"], "By the sea");
        assert_eq!(world.stranger().get(BY_LINK, json!({ "link": first })).await, Value::Null);
        for guess in ["", "x", "%", "nul\u{0}", "' OR 1=1 --"] {
            assert_eq!(world.stranger().get(BY_LINK, json!({ "link": guess })).await, Value::Null);
        }
        guest.done("mutation($input: DeleteWishlistInput!) { deleteWishlist(input: $input) { wishlistId errors { code } } }",
            json!({ "wishlistId": list })).await;
        assert_eq!(world.stranger().get(BY_LINK, json!({ "link": second })).await, Value::Null);
        assert_eq!(guest.get(BY_ID, json!({ "id": list })).await, Value::Null);
    }
}

both! {
    async fn what_is_off_sale_leaves_the_list_and_comes_back(world: World) {
        let host = world.host("Hanna").await;
        let guest = world.guest("Gustavo").await;
        let listing = host.listing(&ListingAsk::default()).await;
        let list = begin(&guest, "By the sea").await;
        guest.done(SAVE, json!({ "wishlistId": list, "listingId": listing })).await;
        let link = share(&guest, &list, true).await;
        let step = async |what: &str| {
            let document = format!("mutation($input: ListingIdInput!) {{ {what}(input: $input) {{ errors {{ code }} }} }}");
            host.done(&document, json!({ "listingId": listing })).await;
        };

        step("pauseListing").await;
        assert_eq!(places(&guest, &link).await, [] as [Value; 0]);
        assert_eq!(places(&world.stranger(), &link).await, [] as [Value; 0]);
        // Its host sees it wherever it is.
        assert_eq!(places(&host, &link).await, [json!(listing)]);
        step("publishListing").await;
        assert_eq!(places(&guest, &link).await, [json!(listing)]);

        // Off the list it goes by its owner's hand too, also while nobody sees it.
        step("pauseListing").await;
        let gone = guest.done(UNSAVE, json!({ "wishlistId": list, "listingId": listing })).await;
        assert_eq!(gone["wishlist"]["listings"]["totalCount"], 0);
        let again = guest.attempt(UNSAVE, json!({ "wishlistId": list, "listingId": listing })).await;
        assert_eq!(only_error(&again), "NOT_SAVED");
        // And what nobody sees, nobody saves.
        assert_eq!(guest.refused(SAVE, json!({ "input": { "wishlistId": list, "listingId": listing } })).await, "NOT_FOUND");
    }
}
