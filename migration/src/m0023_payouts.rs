//! Where hosts are paid, and what they are paid for each booking, in a part per payment.

use sea_orm_migration::prelude::*;

use crate::table::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        create(
            m,
            table("payout_account")
                .col(pk_uuid("id"))
                .col(uuid("host_id"))
                .col(integer("number"))
                .col(text("country"))
                .col(text_null("provider_id"))
                .col(boolean("can_receive"))
                .col(boolean("submitted"))
                .col(json_binary("missing"))
                .col(text_null("disabled_reason"))
                .col(instant_null("held_until"))
                .col(instant_null("asked_at"))
                .col(instant("created_at"))
                .col(instant("updated_at"))
                .foreign_key(&mut points_at("host_id", "user"))
                .to_owned(),
            vec![
                unique("payout_account", &["host_id", "number"]),
                unique("payout_account", &["provider_id"]),
            ],
        )
        .await?;
        create(
            m,
            table("payout")
                .col(pk_uuid("id"))
                .col(uuid("booking_id"))
                .col(uuid("host_id"))
                .col(text("status"))
                .col(text("currency"))
                .col(big_integer("gross"))
                .col(big_integer("host_fee"))
                .col(big_integer("amount"))
                .col(big_integer("netted"))
                .col(instant("due_at"))
                .col(instant_null("paid_at"))
                .col(text_null("problem"))
                .col(instant("created_at"))
                .col(instant("updated_at"))
                .foreign_key(&mut points_at("booking_id", "booking"))
                .foreign_key(&mut points_at("host_id", "user"))
                .to_owned(),
            vec![unique("payout", &["booking_id"]), index("payout", &["host_id", "id"])],
        )
        .await?;
        create(
            m,
            table("payout_leg")
                .col(pk_uuid("id"))
                .col(uuid("payout_id"))
                .col(uuid("payment_id"))
                .col(text("status"))
                .col(text("destination"))
                .col(text_null("source_charge"))
                .col(text("currency"))
                .col(big_integer("amount"))
                .col(big_integer("worth"))
                .col(integer("round"))
                .col(text_null("provider_id"))
                .col(text_null("problem"))
                .col(integer("attempts"))
                .col(instant_null("asked_at"))
                .col(instant("created_at"))
                .col(instant("updated_at"))
                .foreign_key(&mut points_at("payout_id", "payout"))
                .foreign_key(&mut points_at("payment_id", "payment"))
                .to_owned(),
            vec![
                unique("payout_leg", &["payout_id", "payment_id"]),
                unique("payout_leg", &["provider_id"]),
                index("payout_leg", &["payment_id"]),
            ],
        )
        .await
    }

    async fn down(&self, m: &SchemaManager) -> Result<(), DbErr> {
        drop(m, &["payout_leg", "payout", "payout_account"]).await
    }
}
