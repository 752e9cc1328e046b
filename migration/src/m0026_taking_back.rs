//! What holds a host's payout, more than one payout per booking, and money that is taken back of one that was sent.

use sea_orm_migration::prelude::*;

use crate::table::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        create(
            m,
            table("payout_hold")
                .col(pk_uuid("source_id"))
                .col(uuid("booking_id"))
                .col(text("reason"))
                .col(instant("created_at"))
                .foreign_key(&mut points_at("booking_id", "booking"))
                .to_owned(),
            vec![index("payout_hold", &["booking_id"])],
        )
        .await?;
        create(
            m,
            table("transfer_reversal")
                .col(pk_uuid("id"))
                .col(uuid("payout_id"))
                .col(uuid("leg_id"))
                .col(uuid("booking_id"))
                .col(uuid("host_id"))
                .col(text("status"))
                .col(text("currency"))
                .col(big_integer("amount"))
                .col(text("listing_currency"))
                .col(big_integer("worth"))
                .col(text_null("provider_id"))
                .col(text_null("problem"))
                .col(integer("attempts"))
                .col(instant_null("asked_at"))
                .col(instant("created_at"))
                .col(instant("updated_at"))
                .foreign_key(&mut points_at("payout_id", "payout"))
                .foreign_key(&mut points_at("leg_id", "payout_leg"))
                .foreign_key(&mut points_at("booking_id", "booking"))
                .foreign_key(&mut points_at("host_id", "user"))
                .to_owned(),
            vec![
                unique("transfer_reversal", &["provider_id"]),
                index("transfer_reversal", &["payout_id"]),
                index("transfer_reversal", &["leg_id"]),
                index("transfer_reversal", &["booking_id"]),
                index("transfer_reversal", &["host_id", "status"]),
            ],
        )
        .await?;
        add(m, "payout", integer("number").default(0).to_owned()).await?;
        add(m, "payout", text_null("held_for")).await?;
        add(m, "payout", big_integer("taken_back").default(0).to_owned()).await?;
        m.drop_index(Index::drop().name("payout_one_booking_id").table("payout").to_owned()).await?;
        m.create_index(unique("payout", &["booking_id", "number"])).await?;
        m.create_index(index("payout", &["status", "id"])).await
    }

    async fn down(&self, m: &SchemaManager) -> Result<(), DbErr> {
        m.drop_index(Index::drop().name("payout_by_status_id").table("payout").to_owned()).await?;
        m.drop_index(Index::drop().name("payout_one_booking_id_number").table("payout").to_owned()).await?;
        m.create_index(unique("payout", &["booking_id"])).await?;
        for column in ["taken_back", "held_for", "number"] {
            take_away(m, "payout", column).await?;
        }
        drop(m, &["transfer_reversal", "payout_hold"]).await
    }
}
