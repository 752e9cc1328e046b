//! What has had its time is forgotten once a day, by the clock that it lives on; what is still needed stays.

use chrono::TimeDelta;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter,
    sea_query::Expr,
};
use serde_json::json;
use sojourn::{
    accounts::{forget, idempotent_answer, pending_sign_up, session},
    jobs,
    kernel::{QuoteId, UploadId},
    listings::upload,
    payments::{self, stripe_event},
    pricing::quote,
};

use crate::{
    both,
    support::{ListingAsk, World, people::in_days},
};

/// Stripe's notices, worked on or not, with or without a problem, as if they had come so long ago.
async fn notice(world: &World, id: &str, handled: bool, problem: Option<&str>) {
    let now = world.app.clock.real_now();
    let row = stripe_event::ActiveModel {
        id: Set(id.to_owned()),
        kind: Set("test".to_owned()),
        object_id: Set(None),
        payload: Set("{}".to_owned()),
        received_at: Set(now),
        handled_at: Set(handled.then_some(now)),
        problem: Set(problem.map(str::to_owned)),
    };
    row.insert(world.app.db.writer()).await.unwrap();
}

both! {
    async fn what_lives_on_the_domains_clock_goes_when_it_is_moved(world: World) {
        let host = world.host("Hanna").await;
        let listing = host.listing(&ListingAsk::default()).await;
        let guest = world.guest("Gustavo").await;
        let booking = guest.confirmed(world, &listing, in_days(world, 20), 2).await;
        let quote = guest.quoted(&listing, in_days(world, 40), 2).await;
        let upload = host.upload().await;
        let db = world.app.db.clone();
        let upload_row = async || {
            upload::Entity::find_by_id(upload.parse::<UploadId>().unwrap()).one(db.read()).await.unwrap()
        };
        let quotes = async || quote::Entity::find().count(db.read()).await.unwrap();
        let stored = upload_row().await.unwrap();
        let width = stored.widths.split(',').next().unwrap().to_owned();
        let file = format!("{}/{width}.jpg", stored.file_key);
        let file = sojourn::ports::files::FileKey::new(file).unwrap();
        assert!(world.app.files.get(&file).await.unwrap().is_some());
        assert_eq!(quotes().await, 2);

        // Three days: the quote that nobody booked is gone, the upload still waits.
        world.advance(TimeDelta::days(3)).await;
        assert_eq!(quotes().await, 1);
        assert!(quote::Entity::find_by_id(quote.parse::<QuoteId>().unwrap()).one(db.read()).await.unwrap().is_none());
        assert!(upload_row().await.is_some());
        assert_eq!(guest.booking(&booking).await["status"], "CONFIRMED");

        // A week: so is the upload, with its files; pictures of the listing stay.
        world.advance(TimeDelta::days(6)).await;
        assert!(upload_row().await.is_none());
        assert!(world.app.files.get(&file).await.unwrap().is_none());
        assert_eq!(upload::Entity::find().count(db.read()).await.unwrap(), 1, "the one on the listing");

        // A month: so are answers to keys.
        assert!(idempotent_answer::Entity::find().count(db.read()).await.unwrap() > 0);
        world.advance(TimeDelta::days(24)).await;
        assert_eq!(idempotent_answer::Entity::find().count(db.read()).await.unwrap(), 0);
    }
}

both! {
    async fn what_lives_on_the_machines_clock_goes_by_that(world: World) {
        let guest = world.guest("Gustavo").await;
        world
            .stranger()
            .done(
                "mutation($input: SignUpInput!) { signUp(input: $input) { mailSent errors { code } } }",
                json!({
                    "email": "never@example.org", "password": "seven quiet otters drift", "displayName": "Never",
                    "asHost": false,
                }),
            )
            .await;
        notice(world, "evt_settled", true, None).await;
        notice(world, "evt_waits", false, None).await;
        notice(world, "evt_strange", true, Some("an admin must look")).await;
        world.settle().await;
        let db = &world.app.db;
        let waiting = async || {
            let email: sojourn::kernel::EmailAddress = "never@example.org".parse().unwrap();
            let mine = pending_sign_up::Column::Email.eq(email);
            pending_sign_up::Entity::find().filter(mine).count(db.read()).await.unwrap()
        };

        // However far the domain's clock is moved, they stay.
        world.advance(TimeDelta::days(120)).await;
        assert_eq!(waiting().await, 1);
        assert_eq!(stripe_event::Entity::find().count(db.read()).await.unwrap(), 3);
        assert!(guest.get("{ viewer { email } }", json!({})).await["email"].is_string());

        let now = || world.app.clock.real_now();
        assert_eq!(forget::forget_ended(db, now() + TimeDelta::hours(47)).await.unwrap(), 0);
        assert!(forget::forget_ended(db, now() + TimeDelta::hours(49)).await.unwrap() >= 1);
        assert_eq!(waiting().await, 0);
        assert_eq!(session::Entity::find().count(db.read()).await.unwrap(), 1);
        session::Entity::update_many()
            .col_expr(session::Column::RevokedAt, Expr::value(now()))
            .exec(db.writer())
            .await
            .unwrap();
        assert_eq!(forget::forget_ended(db, now() + TimeDelta::days(29)).await.unwrap(), 0);
        assert_eq!(forget::forget_ended(db, now() + TimeDelta::days(31)).await.unwrap(), 1);

        assert_eq!(payments::forget::forget(db, now() + TimeDelta::days(89)).await.unwrap(), 0);
        assert_eq!(payments::forget::forget(db, now() + TimeDelta::days(91)).await.unwrap(), 1);
        let left = stripe_event::Entity::find().all(db.read()).await.unwrap();
        assert!(left.iter().all(|row| row.id != "evt_settled"));

        let done = jobs::done(db).await.unwrap();
        assert!(done > 120, "two a day");
        assert_eq!(jobs::forget(db, now() - TimeDelta::days(1)).await.unwrap(), 0);
        assert_eq!(jobs::forget(db, now() + TimeDelta::minutes(1)).await.unwrap(), done);
        assert_eq!(jobs::done(db).await.unwrap(), 0);
    }
}
