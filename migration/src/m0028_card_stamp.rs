//! A number on each search row that changes with its card, by which servers know whether the card that they remember is
//! still the same. Entries are made anew at the first start after it.

use sea_orm_migration::prelude::*;

use crate::table::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        let column = big_integer("card_stamp").default(0).take();
        m.alter_table(Table::alter().table("search_row").add_column(column).to_owned()).await
    }

    async fn down(&self, m: &SchemaManager) -> Result<(), DbErr> {
        m.alter_table(Table::alter().table("search_row").drop_column("card_stamp").to_owned()).await
    }
}
