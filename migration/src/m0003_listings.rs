//! Listings, their pictures, and uploads that wait to be attached.

use sea_orm_migration::prelude::*;

use crate::table::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        create(
            m,
            table("listing")
                .col(pk_uuid("id"))
                .col(text("slug"))
                .col(uuid("host_id"))
                .col(text("status"))
                .col(text("title"))
                .col(text("description"))
                .col(text("property_type"))
                .col(text("room_type"))
                .col(text("street"))
                .col(text("postal_code"))
                .col(text("city"))
                .col(text("region"))
                .col(text("country"))
                .col(integer("lat_e6"))
                .col(integer("lon_e6"))
                .col(text("time_zone"))
                .col(integer("bedrooms"))
                .col(integer("beds"))
                .col(integer("half_bathrooms"))
                .col(integer("max_guests"))
                .col(big_integer("amenities"))
                .col(text("house_rules"))
                .col(time("check_in_time"))
                .col(time("check_out_time"))
                .col(text("check_in_instructions"))
                .col(text("cancellation_policy"))
                .col(boolean("instant_book"))
                .col(text("currency"))
                .col(integer("rating_sum"))
                .col(integer("rating_count"))
                .col(big_integer("revision").default(0))
                .col(instant_null("published_at"))
                .col(instant("created_at"))
                .col(instant("updated_at"))
                .foreign_key(&mut points_at("host_id", "user"))
                .to_owned(),
            vec![unique("listing", &["slug"]), index("listing", &["host_id", "id"])],
        )
        .await?;
        create(
            m,
            table("photo")
                .col(pk_uuid("id"))
                .col(uuid("listing_id"))
                .col(integer("position"))
                .col(text("caption"))
                .col(text("file_key"))
                .col(integer("width"))
                .col(integer("height"))
                .col(text("blurhash"))
                .col(text("color"))
                .col(text("widths"))
                .col(instant("created_at"))
                .foreign_key(&mut belongs_to("listing_id", "listing"))
                .to_owned(),
            vec![index("photo", &["listing_id", "position"])],
        )
        .await?;
        create(
            m,
            table("upload")
                .col(pk_uuid("id"))
                .col(uuid("user_id"))
                .col(text("file_key"))
                .col(integer("width"))
                .col(integer("height"))
                .col(text("blurhash"))
                .col(text("color"))
                .col(text("widths"))
                .col(instant("created_at"))
                .col(instant_null("attached_at"))
                .foreign_key(&mut belongs_to("user_id", "user"))
                .to_owned(),
            vec![index("upload", &["user_id"])],
        )
        .await?;

        Ok(())
    }

    async fn down(&self, m: &SchemaManager) -> Result<(), DbErr> {
        drop(m, &["upload", "photo", "listing"]).await
    }
}
