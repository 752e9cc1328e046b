//! Short forms for writing tables: the few column kinds we use, keys that are named as the code names them.

use sea_orm_migration::{
    prelude::*,
    sea_orm::DbBackend,
    sea_query::{ForeignKeyAction, IndexCreateStatement, TableCreateStatement},
};

pub use sea_orm_migration::schema::{
    big_integer, big_integer_null, boolean, date, date_null, integer, integer_null, json_binary, pk_uuid,
    text, text_null, time, uuid, uuid_null,
};

/// An instant, in UTC.
pub fn instant(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).timestamp_with_time_zone().not_null().take()
}

/// An instant that may not have come yet.
pub fn instant_null(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).timestamp_with_time_zone().null().take()
}

/// A new table.
pub fn table(name: &'static str) -> TableCreateStatement {
    Table::create().table(name).to_owned()
}

/// `column` points at `target.id`, which can't go while it does.
pub fn points_at(column: &'static str, target: &'static str) -> ForeignKeyCreateStatement {
    ForeignKey::create().from_col(column).to(target, "id").on_delete(ForeignKeyAction::Restrict).to_owned()
}

/// `column` belongs to `target.id` and goes with it.
pub fn belongs_to(column: &'static str, target: &'static str) -> ForeignKeyCreateStatement {
    ForeignKey::create().from_col(column).to(target, "id").on_delete(ForeignKeyAction::Cascade).to_owned()
}

/// An index for a finder: `table_by_columns`.
pub fn index(table: &'static str, columns: &[&'static str]) -> IndexCreateStatement {
    named(table, columns, "by")
}

/// A unique key: `table_one_columns`. These names are what `db::Key` maps to refusals.
pub fn unique(table: &'static str, columns: &[&'static str]) -> IndexCreateStatement {
    named(table, columns, "one").unique().to_owned()
}

fn named(table: &'static str, columns: &[&'static str], kind: &str) -> IndexCreateStatement {
    let mut index =
        Index::create().name(format!("{table}_{kind}_{}", columns.join("_"))).table(table).to_owned();
    for column in columns {
        index.col(*column);
    }
    index
}

/// Creates a table and its indices.
pub async fn create(
    manager: &SchemaManager<'_>,
    table: TableCreateStatement,
    indices: Vec<IndexCreateStatement>,
) -> Result<(), DbErr> {
    manager.create_table(table).await?;
    for index in indices {
        manager.create_index(index).await?;
    }
    Ok(())
}

/// Adds a column to a table. One that may not be empty needs a default, for the rows that are there.
pub async fn add(manager: &SchemaManager<'_>, table: &'static str, column: ColumnDef) -> Result<(), DbErr> {
    manager.alter_table(Table::alter().table(table).add_column(column).to_owned()).await
}

/// Takes a column away again.
pub async fn take_away(
    manager: &SchemaManager<'_>,
    table: &'static str,
    column: &'static str,
) -> Result<(), DbErr> {
    manager.alter_table(Table::alter().table(table).drop_column(column).to_owned()).await
}

/// Lets a migration take longer than a request's statement may: an index over a table that has grown large.
pub async fn take_time(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    if manager.get_database_backend() == DbBackend::Postgres {
        manager.get_connection().execute_unprepared("SET LOCAL statement_timeout = 0").await?;
    }
    Ok(())
}

/// Drops tables, last made first.
pub async fn drop(manager: &SchemaManager<'_>, tables: &[&'static str]) -> Result<(), DbErr> {
    for table in tables {
        manager.drop_table(Table::drop().table(*table).to_owned()).await?;
    }
    Ok(())
}
