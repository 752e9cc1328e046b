//! What waits for those who run the market, latest first: refunds by their state, and webhooks that something is wrong with.

use sea_orm_migration::prelude::*;

use crate::table::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

/// Of millions of webhooks, hardly any.
const PROBLEMS: &str =
    "CREATE INDEX stripe_event_problems ON stripe_event (received_at, id) WHERE problem IS NOT NULL";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        take_time(m).await?;
        m.create_index(index("refund", &["status", "id"])).await?;
        m.get_connection().execute_unprepared(PROBLEMS).await.map(|_| ())
    }

    async fn down(&self, m: &SchemaManager) -> Result<(), DbErr> {
        m.drop_index(Index::drop().name("stripe_event_problems").table("stripe_event").to_owned()).await?;
        m.drop_index(Index::drop().name("refund_by_status_id").table("refund").to_owned()).await
    }
}
