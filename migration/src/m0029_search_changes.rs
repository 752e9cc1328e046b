//! A log of the changes of search rows, by which servers keep their index in process equal to them. A trigger writes it,
//! so that nobody can change a row and forget to say so. The indices by which rows were searched for are of no use any
//! more, and each change of a row kept eleven of them.

use sea_orm_migration::{prelude::*, sea_orm::DbBackend};

use crate::table::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

/// One writer at a time: numbers are given in the order in which changes are committed.
const SQLITE: &[&str] = &[
    "CREATE TABLE search_change (seq INTEGER PRIMARY KEY AUTOINCREMENT, xid BIGINT NOT NULL DEFAULT 0,
     listing_id uuid_text NOT NULL)",
    // Of no listing: servers hold on to what they know of the log, which so is never empty.
    "INSERT INTO search_change (listing_id) VALUES (zeroblob(16))",
    "CREATE TRIGGER search_row_is_new AFTER INSERT ON search_row
     BEGIN INSERT INTO search_change (listing_id) VALUES (NEW.listing_id); END",
    "CREATE TRIGGER search_row_is_changed AFTER UPDATE ON search_row
     BEGIN INSERT INTO search_change (listing_id) VALUES (NEW.listing_id); END",
    "CREATE TRIGGER search_row_is_gone AFTER DELETE ON search_row
     BEGIN INSERT INTO search_change (listing_id) VALUES (OLD.listing_id); END",
];

/// Many writers: a number may be given before a smaller one is committed, and the transaction's own number tells.
const POSTGRES: &[&str] = &[
    "CREATE TABLE search_change (seq BIGSERIAL PRIMARY KEY,
     xid BIGINT NOT NULL DEFAULT CAST(CAST(pg_current_xact_id() AS TEXT) AS BIGINT), listing_id UUID NOT NULL)",
    "INSERT INTO search_change (listing_id) VALUES ('00000000-0000-0000-0000-000000000000')",
    "CREATE FUNCTION search_note_change() RETURNS trigger LANGUAGE plpgsql AS $$
     BEGIN
       INSERT INTO search_change (listing_id)
         VALUES (CASE WHEN TG_OP = 'DELETE' THEN OLD.listing_id ELSE NEW.listing_id END);
       RETURN NULL;
     END $$",
    "CREATE TRIGGER search_note_change AFTER INSERT OR UPDATE OR DELETE ON search_row
     FOR EACH ROW EXECUTE FUNCTION search_note_change()",
];

/// The indices by which rows were searched for.
const SEARCHED_BY: &[&[&str]] = &[
    &["city", "price", "listing_id"],
    &["city", "score", "listing_id"],
    &["city", "rating", "listing_id"],
    &["city", "published", "listing_id"],
    &["price", "listing_id"],
    &["score", "listing_id"],
    &["rating", "listing_id"],
    &["published", "listing_id"],
    &["region", "score", "listing_id"],
    &["country", "score", "listing_id"],
    &["lat_e6", "lon_e6"],
    &["host_id", "score", "listing_id"],
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        let statements = if m.get_database_backend() == DbBackend::Postgres { POSTGRES } else { SQLITE };
        for statement in statements {
            m.get_connection().execute_unprepared(statement).await?;
        }
        m.create_index(index("search_change", &["xid", "seq"])).await?;
        for columns in SEARCHED_BY {
            let name = format!("search_row_by_{}", columns.join("_"));
            m.drop_index(Index::drop().name(name).table("search_row").to_owned()).await?;
        }
        // The taxes of a country are followed.
        m.create_index(index("search_row", &["country"])).await
    }

    async fn down(&self, m: &SchemaManager) -> Result<(), DbErr> {
        let country = Index::drop().name("search_row_by_country").table("search_row").to_owned();
        m.drop_index(country).await?;
        for columns in SEARCHED_BY {
            m.create_index(index("search_row", columns)).await?;
        }
        let triggers: &[&str] = if m.get_database_backend() == DbBackend::Postgres {
            &["DROP TRIGGER search_note_change ON search_row", "DROP FUNCTION search_note_change"]
        } else {
            &[
                "DROP TRIGGER search_row_is_new",
                "DROP TRIGGER search_row_is_changed",
                "DROP TRIGGER search_row_is_gone",
            ]
        };
        for statement in triggers {
            m.get_connection().execute_unprepared(statement).await?;
        }
        drop(m, &["search_change"]).await
    }
}
