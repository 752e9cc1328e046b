//! Indices for what points at another table, and for what is looked for by its time or country, that had none.

use sea_orm_migration::{prelude::*, sea_query::IndexCreateStatement};

use crate::table::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

/// Tables, each with the column that rows are looked for by.
const LOOKED_FOR: [(&str, &str); 10] = [
    ("calendar_feed", "due_at"),
    ("idempotent_answer", "created_at"),
    ("listing", "country"),
    ("quote", "listing_id"),
    ("quote", "user_id"),
    ("review", "author_id"),
    ("review", "subject_id"),
    ("sign_up", "expires_at"),
    ("stripe_event", "received_at"),
    ("upload", "created_at"),
];

fn index_of((table, column): (&'static str, &'static str)) -> IndexCreateStatement {
    index(table, &[column])
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        take_time(m).await?;
        for index in LOOKED_FOR.map(index_of) {
            m.create_index(index).await?;
        }
        Ok(())
    }

    async fn down(&self, m: &SchemaManager) -> Result<(), DbErr> {
        for (table, column) in LOOKED_FOR {
            let gone = Index::drop().name(format!("{table}_by_{column}")).table(table).to_owned();
            m.drop_index(gone).await?;
        }
        Ok(())
    }
}
