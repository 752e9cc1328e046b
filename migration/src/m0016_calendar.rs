//! The rest of a calendar's rules: lengths by weekday and date, months ahead, a cut-off hour, preparation, closed weekdays;
//! and what search knows of them. A window in days becomes the nearest number of months.

use sea_orm_migration::prelude::*;

use crate::table::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

/// Of a night's nine bits, one for each day of the week: a number times this is that number seven times.
const SEVEN_TIMES: i64 = 18_049_651_735_527_937;

const NO_LIMITS: &str = r#"{"weekdays":[],"ranges":[]}"#;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        for column in [
            integer_null("cut_off_hour"),
            integer("window_months").default(12).to_owned(),
            integer("preparation_before").default(0).to_owned(),
            integer("preparation_after").default(0).to_owned(),
            integer("closed_to_arrival").default(0).to_owned(),
            integer("closed_to_departure").default(0).to_owned(),
            json_binary("limits").default(NO_LIMITS).to_owned(),
        ] {
            add(m, "calendar_rules", column).await?;
        }
        for column in [
            big_integer("week_min").default(0).to_owned(),
            big_integer("week_max").default(0).to_owned(),
            integer("window_months").default(12).to_owned(),
            integer("closed_to_arrival").default(0).to_owned(),
            integer("closed_to_departure").default(0).to_owned(),
            boolean("has_ranges").default(false).to_owned(),
        ] {
            add(m, "search_row", column).await?;
        }
        create(
            m,
            table("search_range")
                .col(uuid("listing_id"))
                .col(date("first_day"))
                .col(date("last_day"))
                .col(integer_null("min_nights"))
                .col(integer_null("max_nights"))
                .primary_key(Index::create().col("listing_id").col("first_day"))
                .foreign_key(&mut belongs_to("listing_id", "listing"))
                .to_owned(),
            vec![],
        )
        .await?;

        let months = "CASE WHEN window_days < 45 THEN 1 WHEN window_days >= 720 THEN 24 ELSE (window_days + 15) / 30 END";
        for sql in [
            format!("UPDATE calendar_rules SET window_months = {months}"),
            format!(
                "UPDATE search_row SET window_months = {months}, \
                 week_min = min_nights * {SEVEN_TIMES}, week_max = max_nights * {SEVEN_TIMES}"
            ),
            "ALTER TABLE calendar_rules DROP COLUMN window_days".to_owned(),
            "ALTER TABLE search_row DROP COLUMN window_days".to_owned(),
            "ALTER TABLE search_row DROP COLUMN min_nights".to_owned(),
            "ALTER TABLE search_row DROP COLUMN max_nights".to_owned(),
        ] {
            m.get_connection().execute_unprepared(&sql).await?;
        }
        Ok(())
    }
}

async fn add(m: &SchemaManager<'_>, table: &'static str, mut column: ColumnDef) -> Result<(), DbErr> {
    m.alter_table(Table::alter().table(table).add_column(&mut column).to_owned()).await
}
