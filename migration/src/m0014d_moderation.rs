//! Listings that an admin has taken off sale: since when, and what the host is told.

use sea_orm_migration::prelude::*;

use crate::table::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        add(m, "listing", instant_null("suspended_at")).await?;
        add(m, "listing", text_null("suspended_reason")).await
    }

    async fn down(&self, m: &SchemaManager) -> Result<(), DbErr> {
        take_away(m, "listing", "suspended_reason").await?;
        take_away(m, "listing", "suspended_at").await
    }
}
