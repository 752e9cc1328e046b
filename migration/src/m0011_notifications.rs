//! Notices to people, numbered per person in order of commit.

use sea_orm_migration::prelude::*;

use crate::table::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        create(
            m,
            table("notification")
                .col(pk_uuid("id"))
                .col(uuid("user_id"))
                .col(big_integer("seq"))
                .col(text("kind"))
                .col(text("title"))
                .col(text("body"))
                .col(text("dedup_key"))
                .col(uuid_null("booking_id"))
                .col(instant("created_at"))
                .col(instant_null("read_at"))
                .col(instant_null("mailed_at"))
                .foreign_key(&mut belongs_to("user_id", "user"))
                .to_owned(),
            vec![
                unique("notification", &["user_id", "seq"]),
                unique("notification", &["user_id", "dedup_key"]),
            ],
        )
        .await?;

        Ok(())
    }

    async fn down(&self, m: &SchemaManager) -> Result<(), DbErr> {
        drop(m, &["notification"]).await
    }
}
