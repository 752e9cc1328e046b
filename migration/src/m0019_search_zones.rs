//! What a search needs to judge advance notice by the clock of the place: its zone, and the notice in minutes. Both are of
//! no meaning until the rows are made anew, which the server does before it serves: they are of another form.

use sea_orm_migration::prelude::*;

use crate::table::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        add(m, "search_row", integer("zone").default(0).take()).await?;
        add(m, "search_row", integer("notice_minutes").default(0).take()).await?;
        take_away(m, "search_row", "notice_days").await
    }

    async fn down(&self, m: &SchemaManager) -> Result<(), DbErr> {
        add(m, "search_row", integer("notice_days").default(0).take()).await?;
        take_away(m, "search_row", "notice_minutes").await?;
        take_away(m, "search_row", "zone").await
    }
}
