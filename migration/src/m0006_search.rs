//! The read model of search: one narrow row per published listing, and the places that people type.

use sea_orm_migration::prelude::*;

use crate::table::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        create(
            m,
            table("search_row")
                .col(pk_uuid("listing_id"))
                .col(uuid("host_id"))
                .col(text("city"))
                .col(text("region"))
                .col(text("country"))
                .col(text("title"))
                .col(integer("lat_e6"))
                .col(integer("lon_e6"))
                .col(big_integer("price"))
                .col(integer("guests"))
                .col(integer("bedrooms"))
                .col(integer("beds"))
                .col(integer("half_bathrooms"))
                .col(text("room_type"))
                .col(text("property_type"))
                .col(big_integer("amenities"))
                .col(boolean("instant_book"))
                .col(integer("rating"))
                .col(integer("review_count"))
                .col(big_integer("score"))
                .col(big_integer("published"))
                .col(integer("min_nights"))
                .col(integer("max_nights"))
                .col(integer("notice_days"))
                .col(integer("window_days"))
                .col(big_integer("nights_0").default(0))
                .col(big_integer("nights_1").default(0))
                .col(big_integer("nights_2").default(0))
                .col(big_integer("nights_3").default(0))
                .col(big_integer("nights_4").default(0))
                .col(big_integer("nights_5").default(0))
                .col(big_integer("nights_6").default(0))
                .col(big_integer("nights_7").default(0))
                .col(big_integer("nights_8").default(0))
                .col(big_integer("nights_9").default(0))
                .col(big_integer("nights_10").default(0))
                .col(big_integer("nights_11").default(0))
                .col(big_integer("nights_12").default(0))
                .foreign_key(&mut belongs_to("listing_id", "listing"))
                .to_owned(),
            vec![
                index("search_row", &["city", "price", "listing_id"]),
                index("search_row", &["city", "score", "listing_id"]),
                index("search_row", &["city", "rating", "listing_id"]),
                index("search_row", &["city", "published", "listing_id"]),
                index("search_row", &["price", "listing_id"]),
                index("search_row", &["score", "listing_id"]),
                index("search_row", &["rating", "listing_id"]),
                index("search_row", &["published", "listing_id"]),
                index("search_row", &["region", "score", "listing_id"]),
                index("search_row", &["country", "score", "listing_id"]),
                index("search_row", &["lat_e6", "lon_e6"]),
            ],
        )
        .await?;
        // Beside the row and not in it: filters walk many narrow rows, a page needs twenty cards.
        create(
            m,
            table("search_card")
                .col(pk_uuid("listing_id"))
                .col(text("card"))
                .foreign_key(&mut belongs_to("listing_id", "listing"))
                .to_owned(),
            vec![],
        )
        .await?;
        create(
            m,
            table("place")
                .col(text("name"))
                .col(text("kind"))
                .primary_key(Index::create().col("name").col("kind"))
                .to_owned(),
            vec![],
        )
        .await?;

        Ok(())
    }

    async fn down(&self, m: &SchemaManager) -> Result<(), DbErr> {
        drop(m, &["place", "search_card", "search_row"]).await
    }
}
