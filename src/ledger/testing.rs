//! A fresh database per test: a SQLite file always, a PostgreSQL schema too when TEST_DATABASE_URL is set. Tests only.

use std::panic::{AssertUnwindSafe, resume_unwind};

use futures_util::FutureExt;
use migration::{Migrator, MigratorTrait};
use sea_orm::ConnectionTrait;

use crate::db::{Db, DbSettings, STATEMENT_TIME};

/// Runs the test on every database that is at hand.
pub(crate) async fn on_each_database(test: impl AsyncFn(Db)) {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("test.db").display());
    let db = Db::open(&DbSettings { url, connections: 4, schema: None, statement_time: STATEMENT_TIME })
        .await
        .unwrap();
    Migrator::up(db.writer(), None).await.unwrap();
    test(db).await;

    let Some(url) = crate::ports::tests::service("TEST_DATABASE_URL") else { return };
    let schema = format!("test_{}", uuid::Uuid::now_v7().simple());
    let mut settings = DbSettings { url, connections: 2, schema: None, statement_time: STATEMENT_TIME };
    let outside = Db::open(&settings).await.unwrap();
    outside.writer().execute_unprepared(&format!("CREATE SCHEMA {schema}")).await.unwrap();
    settings.schema = Some(schema.clone());
    settings.connections = 16;
    let db = Db::open(&settings).await.unwrap();
    Migrator::up(db.writer(), None).await.unwrap();
    // A test that fails leaves no schema behind either.
    let outcome = AssertUnwindSafe(test(db)).catch_unwind().await;
    outside.writer().execute_unprepared(&format!("DROP SCHEMA {schema} CASCADE")).await.unwrap();
    if let Err(panic) = outcome {
        resume_unwind(panic);
    }
}
