//! Things to pay, refunds, and what Stripe told us.

use sea_orm_migration::prelude::*;

use crate::table::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        create(
            m,
            table("payment")
                .col(pk_uuid("id"))
                .col(uuid("booking_id"))
                .col(text("status"))
                .col(text("currency"))
                .col(big_integer("amount"))
                .col(big_integer("captured"))
                .col(big_integer("refunded"))
                .col(text_null("intent_id"))
                .col(text_null("client_secret"))
                .col(text_null("charge_id"))
                .col(text_null("decline_code"))
                .col(integer("attempts"))
                .col(instant_null("asked_at"))
                .col(instant("created_at"))
                .col(instant("updated_at"))
                .foreign_key(&mut points_at("booking_id", "booking"))
                .to_owned(),
            vec![unique("payment", &["intent_id"]), index("payment", &["booking_id"])],
        )
        .await?;
        create(
            m,
            table("refund")
                .col(pk_uuid("id"))
                .col(uuid("payment_id"))
                .col(text("status"))
                .col(text("reason"))
                .col(text("currency"))
                .col(big_integer("amount"))
                .col(text_null("provider_id"))
                .col(integer("attempts"))
                .col(instant_null("asked_at"))
                .col(instant("created_at"))
                .col(instant("updated_at"))
                .foreign_key(&mut points_at("payment_id", "payment"))
                .to_owned(),
            vec![unique("refund", &["provider_id"]), index("refund", &["payment_id"])],
        )
        .await?;
        create(
            m,
            table("stripe_event")
                .col(text("id").primary_key())
                .col(text("kind"))
                .col(text_null("object_id"))
                .col(text("payload"))
                .col(instant("received_at"))
                .col(instant_null("handled_at"))
                .col(text_null("problem"))
                .to_owned(),
            vec![],
        )
        .await?;

        Ok(())
    }

    async fn down(&self, m: &SchemaManager) -> Result<(), DbErr> {
        drop(m, &["stripe_event", "refund", "payment"]).await
    }
}
