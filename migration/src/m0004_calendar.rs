//! Rules of a listing's calendar, and the nights that are not for sale. The primary key of `night` prevents double booking.

use sea_orm_migration::prelude::*;

use crate::table::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        create(
            m,
            table("calendar_rules")
                .col(pk_uuid("listing_id"))
                .col(integer("min_nights"))
                .col(integer("max_nights"))
                .col(integer("notice_days"))
                .col(integer("window_days"))
                .foreign_key(&mut belongs_to("listing_id", "listing"))
                .to_owned(),
            vec![],
        )
        .await?;
        create(
            m,
            table("night")
                .col(uuid("listing_id"))
                .col(date("night"))
                .col(integer("reasons"))
                .primary_key(Index::create().col("listing_id").col("night"))
                .foreign_key(&mut belongs_to("listing_id", "listing"))
                .to_owned(),
            vec![],
        )
        .await?;
        create(
            m,
            table("night_reason")
                .col(pk_uuid("id"))
                .col(uuid("listing_id"))
                .col(date("night"))
                .col(text("kind"))
                .col(uuid("source_id"))
                .foreign_key(
                    ForeignKey::create()
                        .from_tbl("night_reason")
                        .from_col("listing_id")
                        .from_col("night")
                        .to_tbl("night")
                        .to_col("listing_id")
                        .to_col("night"),
                )
                .to_owned(),
            vec![
                unique("night_reason", &["listing_id", "night", "kind", "source_id"]),
                index("night_reason", &["source_id"]),
            ],
        )
        .await?;

        Ok(())
    }

    async fn down(&self, m: &SchemaManager) -> Result<(), DbErr> {
        drop(m, &["night_reason", "night", "calendar_rules"]).await
    }
}
