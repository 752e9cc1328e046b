//! Disputes of guests and hosts, and chargebacks of guests' banks: one table, since they wait in one queue. What payments
//! and refunds must know of chargebacks.

use sea_orm_migration::prelude::*;

use crate::table::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

const OF_PAYMENT: [&str; 2] = ["charged_back", "listing_charged_back"];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        create(
            m,
            table("dispute")
                .col(pk_uuid("id"))
                .col(text("kind"))
                .col(uuid("booking_id"))
                .col(text("status"))
                .col(uuid_null("opened_by"))
                .col(text_null("open_key"))
                .col(text_null("claim"))
                .col(text("currency"))
                .col(big_integer("amount"))
                .col(text("text"))
                .col(instant_null("respond_by"))
                .col(text_null("answer"))
                .col(instant_null("answered_at"))
                .col(big_integer("refund"))
                .col(big_integer("host_bears"))
                .col(big_integer("platform_bears"))
                .col(big_integer("taxes_bear"))
                .col(big_integer("to_host"))
                .col(uuid_null("decided_by"))
                .col(text_null("decision"))
                .col(uuid_null("payment_id"))
                .col(text_null("provider_id"))
                .col(text_null("bank_reason"))
                .col(text("paid_currency"))
                .col(big_integer("paid_amount"))
                .col(boolean("withdrawn"))
                .col(boolean("borne"))
                .col(text("fee_currency"))
                .col(big_integer("fee"))
                .col(text_null("problem"))
                .col(instant_null("closed_at"))
                .col(instant("created_at"))
                .col(instant("updated_at"))
                .foreign_key(&mut points_at("booking_id", "booking"))
                .foreign_key(&mut points_at("opened_by", "user"))
                .foreign_key(&mut points_at("decided_by", "user"))
                .foreign_key(&mut points_at("payment_id", "payment"))
                .to_owned(),
            vec![
                unique("dispute", &["open_key"]),
                unique("dispute", &["provider_id"]),
                index("dispute", &["booking_id"]),
                index("dispute", &["opened_by", "id"]),
                index("dispute", &["decided_by"]),
                index("dispute", &["payment_id"]),
                index("dispute", &["status", "id"]),
            ],
        )
        .await?;
        create(
            m,
            table("dispute_photo")
                .col(pk_uuid("id"))
                .col(uuid("dispute_id"))
                .col(boolean("of_answer"))
                .col(integer("position"))
                .col(text("file_key"))
                .col(integer("width"))
                .col(integer("height"))
                .col(text("blurhash"))
                .col(text("color"))
                .col(text("widths"))
                .col(instant("created_at"))
                .foreign_key(&mut points_at("dispute_id", "dispute"))
                .to_owned(),
            vec![index("dispute_photo", &["dispute_id", "position"])],
        )
        .await?;
        for column in OF_PAYMENT {
            add(m, "payment", big_integer(column).default(0).to_owned()).await?;
        }
        add(m, "payment", integer("open_chargebacks").default(0).to_owned()).await?;
        add(m, "refund", integer("round").default(0).to_owned()).await
    }

    async fn down(&self, m: &SchemaManager) -> Result<(), DbErr> {
        take_away(m, "refund", "round").await?;
        take_away(m, "payment", "open_chargebacks").await?;
        for column in OF_PAYMENT.into_iter().rev() {
            take_away(m, "payment", column).await?;
        }
        drop(m, &["dispute_photo", "dispute"]).await
    }
}
