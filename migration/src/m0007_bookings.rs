//! Bookings, their timelines, and the answers that an idempotency key gets again.

use sea_orm_migration::prelude::*;

use crate::table::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        create(
            m,
            table("booking")
                .col(pk_uuid("id"))
                .col(text("code"))
                .col(uuid("listing_id"))
                .col(uuid("guest_id"))
                .col(uuid("host_id"))
                .col(uuid("quote_id"))
                .col(text("status"))
                .col(date("check_in"))
                .col(date("check_out"))
                .col(integer("adults"))
                .col(integer("children"))
                .col(integer("infants"))
                .col(integer("pets"))
                .col(json_binary("price"))
                .col(text("currency"))
                .col(big_integer("total"))
                .col(text("cancellation_policy"))
                .col(text("time_zone"))
                .col(instant("check_in_at"))
                .col(instant("check_out_at"))
                .col(instant("hold_ends_at"))
                .col(boolean("hold_extended"))
                .col(instant_null("confirmed_at"))
                .col(instant_null("cancelled_at"))
                .col(instant("created_at"))
                .foreign_key(&mut points_at("listing_id", "listing"))
                .foreign_key(&mut points_at("guest_id", "user"))
                .foreign_key(&mut points_at("host_id", "user"))
                .foreign_key(&mut points_at("quote_id", "quote"))
                .to_owned(),
            vec![
                unique("booking", &["code"]),
                unique("booking", &["quote_id"]),
                index("booking", &["guest_id", "id"]),
                index("booking", &["host_id", "id"]),
                index("booking", &["listing_id", "check_in"]),
            ],
        )
        .await?;
        create(
            m,
            table("booking_event")
                .col(pk_uuid("id"))
                .col(uuid("booking_id"))
                .col(text("kind"))
                .col(uuid_null("actor_id"))
                .col(text("note"))
                .col(instant("at"))
                .foreign_key(&mut belongs_to("booking_id", "booking"))
                .to_owned(),
            vec![index("booking_event", &["booking_id", "id"])],
        )
        .await?;
        create(
            m,
            table("idempotent_answer")
                .col(uuid("user_id"))
                .col(text("mutation"))
                .col(text("key"))
                .col(text("input_hash"))
                .col(text("answer"))
                .col(instant("created_at"))
                .primary_key(Index::create().col("user_id").col("mutation").col("key"))
                .foreign_key(&mut belongs_to("user_id", "user"))
                .to_owned(),
            vec![],
        )
        .await?;

        Ok(())
    }

    async fn down(&self, m: &SchemaManager) -> Result<(), DbErr> {
        drop(m, &["idempotent_answer", "booking_event", "booking"]).await
    }
}
