//! The cheaper rate that gives nothing back: offered by a listing, chosen for a quote, copied onto the booking.

use sea_orm_migration::prelude::*;

use crate::table::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        add(m, "price_settings", boolean("non_refundable").default(false).to_owned()).await?;
        add(m, "quote", text("rate_plan").default("STANDARD").to_owned()).await?;
        add(m, "booking", text("rate_plan").default("STANDARD").to_owned()).await
    }

    async fn down(&self, m: &SchemaManager) -> Result<(), DbErr> {
        take_away(m, "booking", "rate_plan").await?;
        take_away(m, "quote", "rate_plan").await?;
        take_away(m, "price_settings", "non_refundable").await
    }
}
