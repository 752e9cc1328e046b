//! Changes of dates or guests of a booking, and the payments of their differences.

use sea_orm_migration::{prelude::*, sea_orm::DbBackend};

use crate::table::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        create(
            m,
            table("booking_change")
                .col(pk_uuid("id"))
                .col(uuid("booking_id"))
                .col(uuid("listing_id"))
                .col(uuid("proposed_by"))
                .col(text("status"))
                .col(date("from_check_in"))
                .col(date("from_check_out"))
                .col(integer("from_adults"))
                .col(integer("from_children"))
                .col(integer("from_infants"))
                .col(integer("from_pets"))
                .col(big_integer("from_total"))
                .col(date("check_in"))
                .col(date("check_out"))
                .col(integer("adults"))
                .col(integer("children"))
                .col(integer("infants"))
                .col(integer("pets"))
                .col(json_binary("price"))
                .col(text("currency"))
                .col(big_integer("total"))
                .col(big_integer("difference"))
                .col(big_integer("listing_difference"))
                .col(instant("check_in_at"))
                .col(instant("check_out_at"))
                .col(text("note"))
                .col(text("reason"))
                .col(instant("ends_at"))
                .col(boolean("hold_extended"))
                .col(instant_null("answered_at"))
                .col(instant_null("applied_at"))
                .col(instant("created_at"))
                .foreign_key(&mut points_at("booking_id", "booking"))
                .foreign_key(&mut points_at("listing_id", "listing"))
                .foreign_key(&mut points_at("proposed_by", "user"))
                .to_owned(),
            vec![
                index("booking_change", &["booking_id", "id"]),
                index("booking_change", &["listing_id", "status"]),
                index("booking_change", &["proposed_by"]),
            ],
        )
        .await?;
        let db = m.get_connection();
        // Partial: of the changes of a booking, one at most is open. Both databases know the clause.
        db.execute_unprepared(
            "CREATE UNIQUE INDEX booking_change_one_booking_id ON booking_change (booking_id) \
             WHERE status IN ('PROPOSED', 'ACCEPTED')",
        )
        .await?;
        // With its foreign key, which SQLite takes only together with the column.
        let uuid = match m.get_database_backend() {
            DbBackend::Sqlite => "uuid_text",
            _ => "uuid",
        };
        let column =
            format!("ALTER TABLE payment ADD COLUMN change_id {uuid} NULL REFERENCES booking_change (id)");
        db.execute_unprepared(&column).await?;
        m.create_index(unique("payment", &["change_id"])).await?;
        add(m, "payment", boolean("counts").default(true).take()).await
    }

    async fn down(&self, m: &SchemaManager) -> Result<(), DbErr> {
        take_away(m, "payment", "counts").await?;
        m.drop_index(Index::drop().name("payment_one_change_id").table("payment").to_owned()).await?;
        take_away(m, "payment", "change_id").await?;
        drop(m, &["booking_change"]).await
    }
}
