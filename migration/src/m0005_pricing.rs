//! Prices of a listing, taxes of a region, and quotes that are kept.

use sea_orm_migration::prelude::*;

use crate::table::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        create(
            m,
            table("price_settings")
                .col(pk_uuid("listing_id"))
                .col(big_integer("nightly"))
                .col(big_integer_null("weekend"))
                .col(big_integer("cleaning_fee"))
                .col(big_integer("extra_guest_fee"))
                .col(integer("guests_included"))
                .col(big_integer("pet_fee"))
                .col(integer("weekly_discount"))
                .col(integer("monthly_discount"))
                .foreign_key(&mut belongs_to("listing_id", "listing"))
                .to_owned(),
            vec![],
        )
        .await?;
        create(
            m,
            table("price_override")
                .col(pk_uuid("id"))
                .col(uuid("listing_id"))
                .col(date("first_night"))
                .col(date("last_night"))
                .col(big_integer("nightly"))
                .foreign_key(&mut belongs_to("listing_id", "listing"))
                .to_owned(),
            vec![unique("price_override", &["listing_id", "first_night", "last_night"])],
        )
        .await?;
        create(
            m,
            table("tax_rule")
                .col(text("country"))
                .col(text("region"))
                .col(integer("percent"))
                .col(big_integer("per_person_night"))
                .col(text("currency"))
                .primary_key(Index::create().col("country").col("region"))
                .to_owned(),
            vec![],
        )
        .await?;
        create(
            m,
            table("quote")
                .col(pk_uuid("id"))
                .col(uuid("listing_id"))
                .col(uuid("user_id"))
                .col(date("check_in"))
                .col(date("check_out"))
                .col(integer("adults"))
                .col(integer("children"))
                .col(integer("infants"))
                .col(integer("pets"))
                .col(json_binary("price"))
                .col(text("currency"))
                .col(big_integer("total"))
                .col(text("cancellation_policy"))
                .col(instant("created_at"))
                .col(instant("expires_at"))
                .foreign_key(&mut points_at("listing_id", "listing"))
                .foreign_key(&mut points_at("user_id", "user"))
                .to_owned(),
            vec![index("quote", &["expires_at"])],
        )
        .await?;

        Ok(())
    }

    async fn down(&self, m: &SchemaManager) -> Result<(), DbErr> {
        drop(m, &["quote", "tax_rule", "price_override", "price_settings"]).await
    }
}
