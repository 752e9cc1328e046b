//! Calendars of other sites that hosts take in, what they said last, and how often a listing's own address was changed.

use sea_orm_migration::prelude::*;

use crate::table::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        create(
            m,
            table("calendar_export")
                .col(pk_uuid("listing_id"))
                .col(integer("number"))
                .foreign_key(&mut belongs_to("listing_id", "listing"))
                .to_owned(),
            vec![],
        )
        .await?;
        create(
            m,
            table("calendar_feed")
                .col(pk_uuid("id"))
                .col(uuid("listing_id"))
                .col(text("name"))
                .col(text("url"))
                .col(instant("created_at"))
                .col(instant("due_at"))
                .col(instant_null("checked_at"))
                .col(instant_null("synced_at"))
                .col(date_null("synced_on"))
                .col(text_null("problem"))
                .col(integer_null("answered"))
                .col(integer("skipped"))
                .col(integer("failures"))
                .foreign_key(&mut belongs_to("listing_id", "listing"))
                .to_owned(),
            vec![unique("calendar_feed", &["listing_id", "url"])],
        )
        .await?;
        create(
            m,
            table("feed_event")
                .col(pk_uuid("id"))
                .col(uuid("feed_id"))
                .col(uuid("listing_id"))
                .col(text("uid"))
                .col(date("first_night"))
                .col(date("last_night"))
                .col(text("kind"))
                .col(text("summary"))
                .foreign_key(&mut belongs_to("feed_id", "calendar_feed"))
                .to_owned(),
            vec![index("feed_event", &["feed_id"]), index("feed_event", &["listing_id", "first_night"])],
        )
        .await
    }

    async fn down(&self, m: &SchemaManager) -> Result<(), DbErr> {
        drop(m, &["feed_event", "calendar_feed", "calendar_export"]).await
    }
}
