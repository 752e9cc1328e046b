//! What a person changes of themselves: the profile, and becoming a host.

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, sea_query::Expr};
use serde_json::{Value, json};
use sojourn::{
    accounts::user,
    kernel::{UserId, clock::Instant},
};

use crate::{
    both,
    support::{ListingAsk, only_error, people::in_days},
};

const UPDATE: &str = "mutation($input: UpdateProfileInput!) { updateProfile(input: $input) { user { displayName bio } errors { code path } } }";

both! {
    async fn a_profile_is_changed_and_seen_by_others(world: World) {
        let guest = world.guest("Greta").await;
        let changed = guest.done(UPDATE, json!({ "displayName": "  Greta 🌻 ", "bio": "I like trees.\r\nAnd rain." })).await;
        assert_eq!(changed["user"], json!({ "displayName": "Greta 🌻", "bio": "I like trees.\nAnd rain." }));
        let seen = world.stranger().get("query($id: ID!) { user(id: $id) { displayName bio } }", json!({ "id": guest.id })).await;
        assert_eq!(seen, changed["user"]);

        // What is left out stays; an empty text clears.
        assert_eq!(guest.done(UPDATE, json!({ "bio": "" })).await["user"], json!({ "displayName": "Greta 🌻", "bio": "" }));

        for (input, code, field) in [
            (json!({ "displayName": "" }), "NAME_INVALID", "displayName"),
            (json!({ "displayName": "x".repeat(61) }), "NAME_INVALID", "displayName"),
            (json!({ "displayName": "Ann\u{202e}nna" }), "NAME_INVALID", "displayName"),
            (json!({ "displayName": "New", "bio": "x".repeat(2_001) }), "BIO_INVALID", "bio"),
        ] {
            let payload = guest.attempt(UPDATE, input.clone()).await;
            assert_eq!(only_error(&payload), code, "{input}");
            assert_eq!(payload["errors"][0]["path"], json!([field]), "{input}");
        }
        let after: Value = guest.get("{ viewer { user { displayName } } }", json!({})).await;
        assert_eq!(after["user"]["displayName"], "Greta 🌻", "half of a refused change was made");
    }
}

both! {
    async fn a_guest_becomes_a_host(world: World) {
        let guest = world.guest("Greta").await;
        let create = "mutation { createListing(input: { currencyCode: \"EUR\", fields: {} }) { errors { code } } }";
        assert_eq!(guest.refused(create, json!({})).await, "FORBIDDEN");
        assert_eq!(guest.get("{ viewer { isHost hosting { listings { totalCount } } } }", json!({})).await["hosting"], json!(null));

        let become_host = "mutation { becomeHost { user { isHost } errors { code } } }";
        for _ in 0..2 {
            let payload = guest.get(become_host, json!({})).await;
            assert_eq!(payload, json!({ "user": { "isHost": true }, "errors": [] }));
        }
        let listing = guest.listing(&ListingAsk::default()).await;
        let hosting = guest.get("{ viewer { isHost hosting { listings { nodes { id status } } } } }", json!({})).await;
        assert_eq!(hosting["hosting"]["listings"]["nodes"], json!([{ "id": listing, "status": "PUBLISHED" }]));
    }
}

both! {
    async fn whoever_is_suspended_is_missing_by_every_path(world: World) {
        let host = world.host("Hanna").await;
        let guest = world.guest("Greta").await;
        let listing = host.listing(&ListingAsk::default()).await;
        let booking = guest.confirmed(world, &listing, in_days(world, 20), 2).await;
        let seen = async |who: &crate::support::Client| {
            who.ask(
                "query($host: ID!, $guest: ID!, $booking: ID!) {
                   user(id: $host) { displayName } node(id: $host) { id } nodes(ids: [$host]) { id }
                   other: user(id: $guest) { displayName }
                   booking(by: { id: $booking }) { host { displayName } guest { displayName } } }",
                json!({ "host": host.id, "guest": guest.id, "booking": booking }),
            )
            .await
        };
        let named = |name: &str| json!({ "displayName": name });
        assert_eq!(seen(&guest).await["booking"], json!({ "host": named("Hanna"), "guest": named("Greta") }));

        let suspend = async |since: Option<Instant>| {
            user::Entity::update_many()
                .col_expr(user::Column::SuspendedAt, Expr::value(since))
                .filter(user::Column::Id.eq(host.id.parse::<UserId>().unwrap()))
                .exec(world.app.db.writer())
                .await
                .unwrap()
        };
        suspend(Some(world.now())).await;

        let after = seen(&guest).await;
        assert_eq!(after["booking"], json!({ "host": null, "guest": named("Greta") }));
        assert_eq!([&after["user"], &after["node"], &after["nodes"]], [&json!(null), &json!(null), &json!([null])]);
        assert_eq!(after["other"], named("Greta"));
        suspend(None).await;
    }
}
