//! Wish lists of people and the listings on them.

use sea_orm_migration::prelude::*;

use crate::table::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        create(
            m,
            table("wishlist")
                .col(pk_uuid("id"))
                .col(uuid("user_id"))
                .col(text("name"))
                .col(text_null("share_secret"))
                .col(instant("created_at"))
                .foreign_key(&mut belongs_to("user_id", "user"))
                .to_owned(),
            vec![unique("wishlist", &["share_secret"]), index("wishlist", &["user_id", "id"])],
        )
        .await?;
        create(
            m,
            table("wishlist_item")
                .col(uuid("wishlist_id"))
                .col(uuid("listing_id"))
                .col(instant("saved_at"))
                .primary_key(Index::create().col("wishlist_id").col("listing_id"))
                .foreign_key(&mut belongs_to("wishlist_id", "wishlist"))
                .foreign_key(&mut belongs_to("listing_id", "listing"))
                .to_owned(),
            vec![index("wishlist_item", &["listing_id"])],
        )
        .await
    }

    async fn down(&self, m: &SchemaManager) -> Result<(), DbErr> {
        drop(m, &["wishlist_item", "wishlist"]).await
    }
}
