//! The idempotency key of `createBooking` stands in the booking that it made: one row less for each, and it is remembered
//! as long as the booking is.

use sea_orm_migration::prelude::*;

use crate::table::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        add(m, "booking", text_null("idempotency_key").take()).await?;
        m.create_index(unique("booking", &["guest_id", "idempotency_key"])).await
    }

    async fn down(&self, m: &SchemaManager) -> Result<(), DbErr> {
        let key = Index::drop().name("booking_one_guest_id_idempotency_key").table("booking").to_owned();
        m.drop_index(key).await?;
        take_away(m, "booking", "idempotency_key").await
    }
}
