//! Refunds beyond what a policy gives: who asked for them, who bears them, and what of them comes out of escrow.

use sea_orm_migration::{prelude::*, sea_orm::DbBackend};

use crate::table::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

const AMOUNTS: [&str; 4] = ["from_escrow", "host_bears", "platform_bears", "taxes_bear"];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        for amount in AMOUNTS {
            add(m, "refund", big_integer(amount).default(0).to_owned()).await?;
        }
        let db = m.get_connection();
        // Until now, all came out of escrow, and by the rules.
        db.execute_unprepared("UPDATE refund SET from_escrow = listing_amount").await?;
        // With its foreign key, which SQLite takes only together with the column.
        let uuid = match m.get_database_backend() {
            DbBackend::Sqlite => "uuid_text",
            _ => "uuid",
        };
        let column = format!(r#"ALTER TABLE refund ADD COLUMN asked_by {uuid} NULL REFERENCES "user" (id)"#);
        db.execute_unprepared(&column).await?;
        m.create_index(index("refund", &["asked_by"])).await
    }

    async fn down(&self, m: &SchemaManager) -> Result<(), DbErr> {
        m.drop_index(Index::drop().name("refund_by_asked_by").table("refund").to_owned()).await?;
        take_away(m, "refund", "asked_by").await?;
        for amount in AMOUNTS.into_iter().rev() {
            take_away(m, "refund", amount).await?;
        }
        Ok(())
    }
}
