//! What one euro is worth in each currency: rates that prices in another currency are made with.

use sea_orm_migration::prelude::*;

use crate::table::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        create(
            m,
            table("exchange_rate")
                .col(text("currency").primary_key())
                .col(text("per_euro"))
                .col(instant("recorded_at"))
                .col(text("source"))
                .to_owned(),
            vec![],
        )
        .await
    }

    async fn down(&self, m: &SchemaManager) -> Result<(), DbErr> {
        drop(m, &["exchange_rate"]).await
    }
}
