//! The double-entry ledger. The database itself refuses to post what does not sum to zero and to touch what is posted.

use sea_orm_migration::{prelude::*, sea_orm::DbBackend};

use crate::table::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

const SQLITE: &[&str] = &[
    "CREATE TRIGGER ledger_transaction_balances BEFORE UPDATE ON ledger_transaction
     WHEN NEW.posted AND NOT OLD.posted AND EXISTS (
         SELECT 1 FROM ledger_entry WHERE transaction_id = NEW.id GROUP BY currency HAVING SUM(amount) <> 0)
     BEGIN SELECT RAISE(ABORT, 'ledger: the transaction does not sum to zero'); END",
    "CREATE TRIGGER ledger_transaction_is_kept BEFORE UPDATE ON ledger_transaction WHEN OLD.posted
     BEGIN SELECT RAISE(ABORT, 'ledger: posted is posted'); END",
    "CREATE TRIGGER ledger_transaction_stays BEFORE DELETE ON ledger_transaction WHEN OLD.posted
     BEGIN SELECT RAISE(ABORT, 'ledger: posted is posted'); END",
    "CREATE TRIGGER ledger_transaction_begins_as_draft BEFORE INSERT ON ledger_transaction WHEN NEW.posted
     BEGIN SELECT RAISE(ABORT, 'ledger: a transaction begins as a draft'); END",
    "CREATE TRIGGER ledger_entry_comes_before BEFORE INSERT ON ledger_entry
     WHEN (SELECT posted FROM ledger_transaction WHERE id = NEW.transaction_id)
     BEGIN SELECT RAISE(ABORT, 'ledger: posted is posted'); END",
    "CREATE TRIGGER ledger_entry_is_kept BEFORE UPDATE ON ledger_entry
     BEGIN SELECT RAISE(ABORT, 'ledger: entries are never changed'); END",
    "CREATE TRIGGER ledger_entry_stays BEFORE DELETE ON ledger_entry
     WHEN (SELECT posted FROM ledger_transaction WHERE id = OLD.transaction_id)
     BEGIN SELECT RAISE(ABORT, 'ledger: posted is posted'); END",
];

const POSTGRES: &[&str] = &[
    "CREATE FUNCTION ledger_guard_transaction() RETURNS trigger LANGUAGE plpgsql AS $$
     BEGIN
       IF TG_OP = 'INSERT' THEN
         IF NEW.posted THEN RAISE EXCEPTION 'ledger: a transaction begins as a draft'; END IF;
         RETURN NEW;
       END IF;
       IF OLD.posted THEN RAISE EXCEPTION 'ledger: posted is posted'; END IF;
       IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
       IF NEW.posted AND EXISTS (SELECT 1 FROM ledger_entry WHERE transaction_id = NEW.id
                                 GROUP BY currency HAVING SUM(amount) <> 0) THEN
         RAISE EXCEPTION 'ledger: the transaction does not sum to zero';
       END IF;
       RETURN NEW;
     END $$",
    "CREATE TRIGGER ledger_guard_transaction BEFORE INSERT OR UPDATE OR DELETE ON ledger_transaction
     FOR EACH ROW EXECUTE FUNCTION ledger_guard_transaction()",
    // The share lock makes an entry and the posting of its transaction wait for each other.
    "CREATE FUNCTION ledger_guard_entry() RETURNS trigger LANGUAGE plpgsql AS $$
     DECLARE sealed boolean;
     BEGIN
       IF TG_OP = 'UPDATE' THEN RAISE EXCEPTION 'ledger: entries are never changed'; END IF;
       SELECT posted INTO sealed FROM ledger_transaction
         WHERE id = CASE WHEN TG_OP = 'DELETE' THEN OLD.transaction_id ELSE NEW.transaction_id END FOR SHARE;
       IF sealed THEN RAISE EXCEPTION 'ledger: posted is posted'; END IF;
       IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
       RETURN NEW;
     END $$",
    "CREATE TRIGGER ledger_guard_entry BEFORE INSERT OR UPDATE OR DELETE ON ledger_entry
     FOR EACH ROW EXECUTE FUNCTION ledger_guard_entry()",
    // Emptying a table runs no trigger of its rows.
    "CREATE FUNCTION ledger_refuse_truncate() RETURNS trigger LANGUAGE plpgsql AS $$
     BEGIN RAISE EXCEPTION 'ledger: posted is posted'; END $$",
    "CREATE TRIGGER ledger_refuse_truncate BEFORE TRUNCATE ON ledger_transaction
     FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_truncate()",
    "CREATE TRIGGER ledger_refuse_truncate BEFORE TRUNCATE ON ledger_entry
     FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_truncate()",
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        create(
            m,
            table("ledger_transaction")
                .col(pk_uuid("id"))
                .col(text("kind"))
                .col(text("source"))
                .col(uuid_null("booking_id"))
                .col(boolean("posted"))
                .col(instant("at"))
                .to_owned(),
            vec![unique("ledger_transaction", &["source"]), index("ledger_transaction", &["booking_id"])],
        )
        .await?;
        create(
            m,
            table("ledger_entry")
                .col(pk_uuid("id"))
                .col(uuid("transaction_id"))
                .col(text("account"))
                .col(text("currency"))
                .col(big_integer("amount"))
                .foreign_key(&mut belongs_to("transaction_id", "ledger_transaction"))
                .to_owned(),
            vec![index("ledger_entry", &["transaction_id"]), index("ledger_entry", &["account", "currency"])],
        )
        .await?;
        let guards = match m.get_database_backend() {
            DbBackend::Sqlite => SQLITE,
            _ => POSTGRES,
        };
        for guard in guards {
            m.get_connection().execute_unprepared(guard).await?;
        }
        Ok(())
    }

    async fn down(&self, m: &SchemaManager) -> Result<(), DbErr> {
        drop(m, &["ledger_entry", "ledger_transaction"]).await?;
        if m.get_database_backend() == DbBackend::Postgres {
            for function in ["ledger_guard_transaction", "ledger_guard_entry", "ledger_refuse_truncate"] {
                m.get_connection().execute_unprepared(&format!("DROP FUNCTION {function}()")).await?;
            }
        }
        Ok(())
    }
}
