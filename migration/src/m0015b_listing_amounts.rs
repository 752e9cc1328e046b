//! Guests may pay in another currency than the listing's: beside each amount stands what it is worth to the listing.

use sea_orm_migration::prelude::*;

use crate::table::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        add(m, "payment", text("listing_currency").default("EUR").to_owned()).await?;
        add(m, "payment", big_integer("listing_amount").default(0).to_owned()).await?;
        add(m, "payment", big_integer("listing_refunded").default(0).to_owned()).await?;
        add(m, "refund", big_integer("listing_amount").default(0).to_owned()).await?;
        // Until now, everybody paid in the listing's currency.
        let db = m.get_connection();
        db.execute_unprepared(
            "UPDATE payment SET listing_currency = currency, listing_amount = amount, listing_refunded = refunded",
        )
        .await?;
        db.execute_unprepared("UPDATE refund SET listing_amount = amount").await?;
        Ok(())
    }

    async fn down(&self, m: &SchemaManager) -> Result<(), DbErr> {
        take_away(m, "refund", "listing_amount").await?;
        take_away(m, "payment", "listing_refunded").await?;
        take_away(m, "payment", "listing_amount").await?;
        take_away(m, "payment", "listing_currency").await
    }
}
