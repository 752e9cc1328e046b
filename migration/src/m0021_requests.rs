//! Requests to book: the host is asked first, the card is charged once the host has accepted.

use sea_orm_migration::prelude::*;

use crate::table::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        add(m, "booking", boolean("by_request").default(false).take()).await?;
        add(m, "booking", instant_null("requested_at")).await?;
        add(m, "booking", instant_null("accepted_at")).await?;
        add(m, "payment", boolean("manual_capture").default(false).take()).await?;
        add(m, "payment", integer("capture_attempts").default(0).take()).await?;
        add(m, "payment", instant_null("capture_asked_at")).await
    }

    async fn down(&self, m: &SchemaManager) -> Result<(), DbErr> {
        for column in ["capture_asked_at", "capture_attempts", "manual_capture"] {
            take_away(m, "payment", column).await?;
        }
        for column in ["accepted_at", "requested_at", "by_request"] {
            take_away(m, "booking", column).await?;
        }
        Ok(())
    }
}
