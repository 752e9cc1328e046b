//! How many lists there may be, how much may be on one, and that once is enough.

use sea_orm::{ActiveModelTrait, ActiveValue::Set, EntityTrait};
use serde_json::json;
use sojourn::{
    kernel::{Fault, Never},
    listings::listing,
    wishlists::wishlist_item,
};

use super::share::{CREATE, SAVE, begin};
use crate::{
    both,
    support::{ListingAsk, World, only_error},
};

both! {
    async fn a_listing_that_is_saved_twice_is_there_once(world: World) {
        let host = world.host("Hanna").await;
        let guest = world.guest("Gustavo").await;
        let listing = host.listing(&ListingAsk::default()).await;
        let (list, another) = (begin(&guest, "By the sea").await, begin(&guest, "Some day").await);
        let saved = "query($id: ID!) { listing(by: { id: $id }) { isSaved } }";
        assert_eq!(guest.get(saved, json!({ "id": listing })).await["isSaved"], false);
        let twice = json!({ "wishlistId": list, "listingId": listing });
        let (first, second) = tokio::join!(guest.done(SAVE, twice.clone()), guest.done(SAVE, twice.clone()));
        assert_eq!(first["wishlist"]["listings"]["totalCount"], 1);
        assert_eq!(second["wishlist"]["listings"]["totalCount"], 1);
        guest.done(SAVE, json!({ "wishlistId": another, "listingId": listing })).await;

        // A heart is one's own.
        assert_eq!(guest.get(saved, json!({ "id": listing })).await["isSaved"], true);
        let found = guest.get("{ searchListings { nodes { isSaved } } }", json!({})).await;
        assert_eq!(found["nodes"], json!([{ "isSaved": true }]));
        assert_eq!(host.get(saved, json!({ "id": listing })).await["isSaved"], false);
        assert_eq!(world.stranger().get(saved, json!({ "id": listing })).await["isSaved"], false);
    }
}

both! {
    async fn the_501st_place_and_the_101st_list_are_too_many(world: World) {
        let host = world.host("Hanna").await;
        let guest = world.guest("Gustavo").await;
        let listing = host.listing(&ListingAsk::default()).await;
        let list = begin(&guest, "Everything").await;
        fill(world, &list, &listing, 499).await;
        let last = host.listing(&ListingAsk::default()).await;
        guest.done(SAVE, json!({ "wishlistId": list, "listingId": listing })).await;
        let refused = guest.attempt(SAVE, json!({ "wishlistId": list, "listingId": last })).await;
        assert_eq!(only_error(&refused), "TOO_MANY");
        // What is there already is not one more.
        guest.done(SAVE, json!({ "wishlistId": list, "listingId": listing })).await;

        for n in 1..100 {
            begin(&guest, &format!("List {n}")).await;
        }
        assert_eq!(only_error(&guest.attempt(CREATE, json!({ "name": "One more" })).await), "TOO_MANY");
        for name in ["", "  ", "two\nlines", &"x".repeat(61)] {
            let refused = guest.attempt(CREATE, json!({ "name": name })).await;
            assert_eq!(only_error(&refused), "NAME_INVALID");
            assert_eq!(refused["errors"][0]["path"], json!(["name"]));
        }
    }
}

/// So many places on a list, copied from one: nobody would publish so many for a test.
async fn fill(world: &World, list: &str, like: &str, count: usize) {
    let (list, like) = (list.parse().unwrap(), like.parse().unwrap());
    let like = listing::Entity::find_by_id::<sojourn::kernel::ListingId>(like).one(world.app.db.read()).await;
    let like = like.unwrap().unwrap();
    let now = world.now();
    world
        .app
        .db
        .write(|tx| {
            let like = like.clone();
            async move {
                for _ in 0..count {
                    let id = sojourn::kernel::ListingId::new();
                    let copy = listing::Model {
                        id,
                        slug: id.to_string(),
                        status: listing::Status::Paused,
                        ..like.clone()
                    };
                    let copy: listing::ActiveModel = copy.into();
                    listing::Entity::insert(copy.reset_all()).exec_without_returning(&*tx).await?;
                    let item = wishlist_item::ActiveModel {
                        wishlist_id: Set(list),
                        listing_id: Set(id),
                        saved_at: Set(now),
                    };
                    wishlist_item::Entity::insert(item).exec_without_returning(&*tx).await?;
                }
                Ok::<_, Fault<Never>>(())
            }
        })
        .await
        .unwrap();
}
