//! What a search needs to reckon the total of a stay and distances: prices and points in its rows, spans beside them.

use sea_orm_migration::prelude::*;

use crate::table::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

/// The new columns; of no meaning until the rows are made anew, which the server does before it serves.
const NUMBERS: [&str; 11] = [
    "nightly",
    "weekend",
    "cleaning_fee",
    "extra_guest_fee",
    "pet_fee",
    "tax_person",
    "tax_up",
    "tax_down",
    "space_x",
    "space_y",
    "space_z",
];
const SMALL: [&str; 4] = ["discount_7", "discount_28", "guests_included", "tax_percent"];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        let number = |name: &'static str| match name {
            "tax_up" | "tax_down" => big_integer(name).default(1).take(),
            "space_x" | "space_y" | "space_z" => integer(name).default(0).take(),
            name => big_integer(name).default(0).take(),
        };
        let columns = [text("currency").default("EUR").take(), boolean("has_spans").default(false).take()]
            .into_iter()
            .chain(NUMBERS.map(number))
            .chain(SMALL.map(|name| integer(name).default(0).take()));
        for column in columns {
            m.alter_table(Table::alter().table("search_row").add_column(column).to_owned()).await?;
        }
        create(
            m,
            table("search_span")
                .col(uuid("listing_id"))
                .col(integer("first_day"))
                .col(integer("last_day"))
                .col(big_integer("span_nightly"))
                .primary_key(Index::create().col("listing_id").col("first_day"))
                .foreign_key(&mut belongs_to("listing_id", "listing"))
                .to_owned(),
            vec![],
        )
        .await?;
        // A host's own places, and those of one host to a guest.
        m.create_index(index("search_row", &["host_id", "score", "listing_id"])).await?;
        // No day has been turned with these columns: the next turn makes all rows anew.
        m.get_connection().execute_unprepared("DELETE FROM setting WHERE key = 'search.day'").await?;
        Ok(())
    }

    async fn down(&self, m: &SchemaManager) -> Result<(), DbErr> {
        drop(m, &["search_span"]).await?;
        let hosts =
            Index::drop().name("search_row_by_host_id_score_listing_id").table("search_row").to_owned();
        m.drop_index(hosts).await?;
        for column in ["currency", "has_spans"].into_iter().chain(NUMBERS).chain(SMALL) {
            m.alter_table(Table::alter().table("search_row").drop_column(column).to_owned()).await?;
        }
        Ok(())
    }
}
