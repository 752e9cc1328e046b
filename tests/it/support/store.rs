//! A database of a test's own, brought up to date, with nobody at work on it. No server here.

use migration::{Migrator, MigratorTrait};
use sojourn::db::{Db, DbSettings, STATEMENT_TIME};
use tempfile::TempDir;

use super::schema::{Schema, service};

/// A database.
pub struct Store {
    /// A handle on it.
    pub db: Db,
    settings: DbSettings,
    schema: Option<Schema>,
    _folder: TempDir,
}

impl Store {
    /// On a SQLite file.
    pub async fn on_sqlite() -> Self {
        let folder = TempDir::new().unwrap();
        let url = format!("sqlite:{}", folder.path().join("test.db").display());
        let settings = DbSettings { url, connections: 4, schema: None, statement_time: STATEMENT_TIME };
        Self::open(settings, None, folder).await
    }

    /// On a PostgreSQL schema; `None` where the machine has no PostgreSQL, said loudly.
    pub async fn on_postgres() -> Option<Self> {
        let url = service("TEST_DATABASE_URL")?;
        let schema = Schema::create(&url).await;
        let name = Some(schema.name.clone());
        let settings = DbSettings { url, connections: 8, schema: name, statement_time: STATEMENT_TIME };
        Some(Self::open(settings, Some(schema), TempDir::new().unwrap()).await)
    }

    async fn open(settings: DbSettings, schema: Option<Schema>, folder: TempDir) -> Self {
        let db = Db::open(&settings).await.unwrap();
        Migrator::up(db.writer(), None).await.unwrap();
        Self { db, settings, schema, _folder: folder }
    }

    /// Another handle on the same database, as another process would have one.
    pub async fn again(&self) -> Db {
        Db::open(&self.settings).await.unwrap()
    }

    /// Leaves nothing behind.
    pub async fn finish(self) {
        if let Some(schema) = self.schema {
            schema.drop().await;
        }
    }
}
