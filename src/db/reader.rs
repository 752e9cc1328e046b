//! What is read with. SQLite has a pool of readers; on PostgreSQL the connections are ours to keep, since the library's
//! own pool asks the server once more whenever one comes back, which costs as much as a small statement. No table is
//! known here.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use anyhow::Context;
use deadpool::{
    Runtime,
    managed::{self, Object, Pool, PoolError, RecycleError, RecycleResult},
};
use sea_orm::{
    ConnAcquireErr, ConnectionTrait, DatabaseConnection, DbBackend, DbErr, ExecResult, QueryResult,
    RuntimeErr, Statement, Values,
    sqlx::{
        self, AssertSqlSafe, ConnectOptions as _, Connection, Executor, PgConnection,
        postgres::{PgConnectOptions, PgRow},
    },
};
use sea_query_sqlx::SqlxValues;

use super::DbSettings;

/// How long a statement waits for a connection.
const PATIENCE: Duration = Duration::from_secs(10);

/// A connection that is older than this is made anew.
const OLDEST: Duration = Duration::from_secs(30 * 60);

/// For reading only: `.one(db.read())`, `.all(db.read())`. Clones share the connections.
#[derive(Clone)]
pub struct Reader(Connections);

#[derive(Clone)]
enum Connections {
    Postgres(Postgres),
    /// Counts its statements itself.
    Sqlite(DatabaseConnection),
}

#[derive(Clone)]
struct Postgres {
    pool: Pool<Lanes>,
    statements: Arc<AtomicU64>,
}

/// Makes the connections of the pool.
#[derive(Debug)]
struct Lanes {
    options: PgConnectOptions,
    schema: Option<String>,
}

impl managed::Manager for Lanes {
    type Type = PgConnection;
    type Error = sqlx::Error;

    async fn create(&self) -> Result<PgConnection, sqlx::Error> {
        let mut connection = PgConnection::connect_with(&self.options).await?;
        if let Some(schema) = &self.schema {
            let path = format!("SET search_path = \"{schema}\"");
            connection.execute(AssertSqlSafe(path)).await?;
        }
        Ok(connection)
    }

    async fn recycle(&self, _: &mut PgConnection, lane: &managed::Metrics) -> RecycleResult<sqlx::Error> {
        if lane.age() > OLDEST { Err(RecycleError::message("it is old")) } else { Ok(()) }
    }
}

/// A connection in use. Only who gives it back after a whole answer keeps it alive: what was left half-way, by an error
/// or because nobody waits any more, is closed.
struct Lane(Option<Object<Lanes>>);

impl Lane {
    fn give_back(mut self) {
        self.0 = None;
    }
}

impl Drop for Lane {
    fn drop(&mut self) {
        if let Some(half_way) = self.0.take() {
            drop(Object::take(half_way));
        }
    }
}

impl Reader {
    /// Connections to PostgreSQL, made when they are needed.
    pub(super) fn postgres(settings: &DbSettings, statements: Arc<AtomicU64>) -> anyhow::Result<Self> {
        let options: PgConnectOptions = settings.url.parse().context("DATABASE_URL can't be read")?;
        let options = options
            .disable_statement_logging()
            .application_name("sojourn")
            .options([("statement_timeout", settings.statement_time.as_millis().to_string())]);
        let pool = Pool::builder(Lanes { options, schema: settings.schema.clone() })
            .max_size(usize::try_from(settings.connections)?.max(2))
            .wait_timeout(Some(PATIENCE))
            .create_timeout(Some(PATIENCE))
            .runtime(Runtime::Tokio1)
            .build()?;
        Ok(Self(Connections::Postgres(Postgres { pool, statements })))
    }

    /// SQLite's pool of readers.
    pub(super) fn sqlite(readers: DatabaseConnection) -> Self {
        Self(Connections::Sqlite(readers))
    }

    /// Asks whether the database answers.
    pub async fn ping(&self) -> Result<(), DbErr> {
        self.query_one_raw(Statement::from_string(self.get_database_backend(), "SELECT 1")).await.map(|_| ())
    }

    /// Gives all connections up, as if the database had gone.
    #[cfg(test)]
    pub async fn close(&self) {
        match &self.0 {
            Connections::Postgres(lanes) => lanes.pool.close(),
            Connections::Sqlite(readers) => readers.clone().close().await.unwrap_or_default(),
        }
    }

    /// Connections that are open, and those of them that nobody uses just now.
    pub(super) fn connections(&self) -> (usize, usize) {
        match &self.0 {
            Connections::Postgres(Postgres { pool, .. }) => {
                let status = pool.status();
                (status.size, status.available)
            }
            Connections::Sqlite(readers) => {
                let pool = readers.get_sqlite_connection_pool();
                (usize::try_from(pool.size()).unwrap_or(usize::MAX), pool.num_idle())
            }
        }
    }
}

impl Postgres {
    /// Runs a statement. A connection that broke while it waited in the pool is no reason to fail: what is read may be
    /// read again, on one that nobody has used yet in the end.
    async fn rows(&self, statement: &Statement, most: usize) -> Result<Vec<PgRow>, DbErr> {
        self.statements.fetch_add(1, Ordering::Relaxed);
        loop {
            let mut lane = Lane(Some(self.pool.get().await.map_err(no_connection)?));
            let Some(connection) = lane.0.as_mut() else { continue };
            let has_waited = Object::metrics(connection).recycle_count > 0;
            let values = statement.values.clone().unwrap_or(Values(Vec::new()));
            let query = sqlx::query_with(AssertSqlSafe(statement.sql.as_str()), SqlxValues(values));
            let answer = match most {
                1 => query.fetch_optional(&mut **connection).await.map(|row| row.into_iter().collect()),
                _ => query.fetch_all(&mut **connection).await,
            };
            match answer {
                Ok(rows) => {
                    lane.give_back();
                    return Ok(rows);
                }
                Err(error) if has_waited && is_broken(&error) => {}
                Err(error) => {
                    if !is_broken(&error) {
                        lane.give_back();
                    }
                    return Err(DbErr::Query(RuntimeErr::SqlxError(error.into())));
                }
            }
        }
    }
}

/// Whether the connection is at fault, and not the statement.
fn is_broken(error: &sqlx::Error) -> bool {
    match error {
        // 57P: the server goes, or a person ended the session.
        sqlx::Error::Database(error) => error.code().is_some_and(|code| code.starts_with("57P")),
        sqlx::Error::RowNotFound
        | sqlx::Error::ColumnNotFound(_)
        | sqlx::Error::ColumnDecode { .. }
        | sqlx::Error::Encode(_)
        | sqlx::Error::Decode(_) => false,
        _ => true,
    }
}

fn no_connection(error: PoolError<sqlx::Error>) -> DbErr {
    match error {
        PoolError::Timeout(_) => DbErr::ConnectionAcquire(ConnAcquireErr::Timeout),
        PoolError::Backend(error) => DbErr::Conn(RuntimeErr::SqlxError(error.into())),
        error => DbErr::Conn(RuntimeErr::Internal(error.to_string())),
    }
}

#[async_trait::async_trait]
impl ConnectionTrait for Reader {
    fn get_database_backend(&self) -> DbBackend {
        match &self.0 {
            Connections::Postgres(_) => DbBackend::Postgres,
            Connections::Sqlite(_) => DbBackend::Sqlite,
        }
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        match &self.0 {
            Connections::Postgres(lanes) => {
                Ok(lanes.rows(&statement, 1).await?.into_iter().next().map(QueryResult::from))
            }
            Connections::Sqlite(readers) => readers.query_one_raw(statement).await,
        }
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        match &self.0 {
            Connections::Postgres(lanes) => {
                let rows = lanes.rows(&statement, usize::MAX).await?;
                Ok(rows.into_iter().map(QueryResult::from).collect())
            }
            Connections::Sqlite(readers) => readers.query_all_raw(statement).await,
        }
    }

    async fn execute_raw(&self, _: Statement) -> Result<ExecResult, DbErr> {
        Err(only_reads())
    }

    async fn execute_unprepared(&self, _: &str) -> Result<ExecResult, DbErr> {
        Err(only_reads())
    }
}

fn only_reads() -> DbErr {
    DbErr::Custom("what changes something goes through Db::write".to_owned())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use futures_util::future::join_all;
    use uuid::Uuid;

    use super::*;
    use crate::{
        db::{Db, STATEMENT_TIME},
        ports::tests::service,
    };

    /// Who answers a statement that takes a moment: so many at once are as many connections.
    async fn pid(db: &Db) -> i32 {
        let ask = "SELECT pg_backend_pid() FROM pg_sleep(0.05)";
        let row = db.read().query_one_raw(Statement::from_string(DbBackend::Postgres, ask)).await;
        row.unwrap().unwrap().try_get_by_index(0).unwrap()
    }

    async fn pids(db: &Db, count: usize) -> BTreeSet<i32> {
        join_all((0..count).map(|_| pid(db))).await.into_iter().collect()
    }

    /// Ends sessions as an operator does, and returns when they are gone.
    async fn end(db: &Db, pids: &BTreeSet<i32>) {
        let all = pids.iter().map(i32::to_string).collect::<Vec<_>>().join(",");
        let ended = format!(
            "SELECT count(*) FROM unnest(ARRAY[{all}]) AS pid WHERE pg_terminate_backend(pid, 10000)"
        );
        let row = db.writer().query_one_raw(Statement::from_string(DbBackend::Postgres, ended)).await;
        let count: i64 = row.unwrap().unwrap().try_get_by_index(0).unwrap();
        assert_eq!(usize::try_from(count).unwrap(), pids.len());
    }

    #[tokio::test]
    async fn connections_that_are_ended_while_idle_are_replaced_and_no_reader_sees_it() {
        let Some(url) = service("TEST_DATABASE_URL") else { return };
        let settings = DbSettings { url, connections: 3, schema: None, statement_time: STATEMENT_TIME };
        let db = Db::open(&settings).await.unwrap();
        let before = pids(&db, 3).await;
        assert_eq!((before.len(), db.read().connections().1), (3, 3), "three, all of them idle");

        end(&db, &before).await;
        let after = pids(&db, 3).await;
        assert_eq!(after.len(), 3);
        assert!(before.is_disjoint(&after), "{before:?} {after:?}");

        // One of three: the others go on.
        let gone = BTreeSet::from([*after.first().unwrap()]);
        end(&db, &gone).await;
        let now = pids(&db, 3).await;
        assert!(now.is_disjoint(&gone));
        assert_eq!(now.intersection(&after).count(), 2);
    }

    #[tokio::test]
    async fn a_connection_that_is_ended_while_it_answers_is_an_error_once() {
        let Some(url) = service("TEST_DATABASE_URL") else { return };
        let settings = DbSettings { url, connections: 2, schema: None, statement_time: STATEMENT_TIME };
        let db = Db::open(&settings).await.unwrap();
        let mark = Uuid::now_v7().simple().to_string();
        let ask = format!("SELECT pg_sleep(60), '{mark}'");
        // A fresh connection: whoever takes it is told, since nothing says that it was not the statement's fault.
        let asked = db.read().query_one_raw(Statement::from_string(DbBackend::Postgres, ask));
        let ended = async {
            let find = format!(
                "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity \
                 WHERE query LIKE '%{mark}%' AND state = 'active' AND pid <> pg_backend_pid()"
            );
            loop {
                let find = Statement::from_string(DbBackend::Postgres, find.clone());
                if db.writer().query_one_raw(find).await.unwrap().is_some() {
                    return;
                }
                tokio::task::yield_now().await;
            }
        };
        let (asked, ()) = tokio::join!(asked, ended);
        assert!(asked.is_err());
        pid(&db).await;
    }
}
