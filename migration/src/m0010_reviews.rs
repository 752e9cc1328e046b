//! What the two sides of a stay say of each other.

use sea_orm_migration::prelude::*;

use crate::table::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        create(
            m,
            table("review")
                .col(pk_uuid("id"))
                .col(uuid("booking_id"))
                .col(uuid("listing_id"))
                .col(uuid("author_id"))
                .col(uuid("subject_id"))
                .col(text("side"))
                .col(integer("overall"))
                .col(integer_null("cleanliness"))
                .col(integer_null("accuracy"))
                .col(integer_null("check_in"))
                .col(integer_null("communication"))
                .col(integer_null("location"))
                .col(integer_null("value"))
                .col(text("text"))
                .col(text("private_note"))
                .col(instant("submitted_at"))
                .col(instant_null("released_at"))
                .foreign_key(&mut points_at("booking_id", "booking"))
                .foreign_key(&mut points_at("listing_id", "listing"))
                .foreign_key(&mut points_at("author_id", "user"))
                .foreign_key(&mut points_at("subject_id", "user"))
                .to_owned(),
            vec![
                unique("review", &["booking_id", "side"]),
                index("review", &["listing_id", "side", "released_at"]),
            ],
        )
        .await?;

        Ok(())
    }

    async fn down(&self, m: &SchemaManager) -> Result<(), DbErr> {
        drop(m, &["review"]).await
    }
}
