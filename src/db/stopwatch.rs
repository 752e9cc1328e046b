//! How long a statement may run on SQLite, which has no limit of its own: it asks now and then whether to go on, and a
//! stopwatch says. On PostgreSQL the server sees to it. No table is known here.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use sea_orm::sqlx::{self, Connection, sqlite::SqliteConnection};

/// After how many steps of SQLite's machine it asks: a millisecond at most.
const STEPS: i32 = 10_000;

/// Says whether the statement that runs now may go on. Clones are the same stopwatch.
#[derive(Debug, Clone)]
pub struct Stopwatch {
    limit: Duration,
    running: Arc<Mutex<Running>>,
}

#[derive(Debug)]
struct Running {
    /// Since when; `None` where this transaction may take its time.
    since: Option<Instant>,
    /// How many have lifted the limit for all that runs.
    lifted: usize,
}

/// Lifts the limit until it is dropped.
#[derive(Debug)]
pub struct Lifted(Stopwatch);

impl Stopwatch {
    /// For statements of at most this time.
    pub fn new(limit: Duration) -> Self {
        let running = Running { since: Some(Instant::now()), lifted: 0 };
        Self { limit, running: Arc::new(Mutex::new(running)) }
    }

    /// Somebody takes the connection.
    fn start(&self) {
        self.running().since = Some(Instant::now());
    }

    /// A statement has ended, and the next begins.
    pub fn lap(&self) {
        let mut running = self.running();
        running.since = running.since.map(|_| Instant::now());
    }

    /// Whoever has the connection may take their time, until they give it back.
    pub fn take_time(&self) {
        self.running().since = None;
    }

    /// Everybody may take their time while what is returned lives.
    pub fn lift(&self) -> Lifted {
        self.running().lifted += 1;
        Lifted(self.clone())
    }

    fn goes_on(&self) -> bool {
        let running = self.running();
        running.lifted > 0 || running.since.is_none_or(|since| since.elapsed() < self.limit)
    }

    fn running(&self) -> MutexGuard<'_, Running> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Lifted {
    fn drop(&mut self) {
        self.0.running().lifted -= 1;
        self.0.lap();
    }
}

/// Puts a connection that is about to be used under a stopwatch. Whether it is fit for use: SQLite ends the whole
/// transaction of a write that was interrupted (or found the disk full), and the library believes it still open.
pub async fn watch(connection: &mut SqliteConnection, stopwatch: Stopwatch) -> Result<bool, sqlx::Error> {
    // This waits for what the connection was told before, so it is a ping as well.
    let mut handle = connection.lock_handle().await?;
    stopwatch.start();
    handle.set_progress_handler(STEPS, move || stopwatch.goes_on());
    drop(handle);
    Ok(!connection.is_in_transaction())
}

#[cfg(test)]
mod tests {
    use sea_orm::{ConnectionTrait, DbBackend, DbErr, Statement};

    use super::super::{Db, DbSettings};
    use crate::{
        kernel::{Fault, Never},
        ports::tests::service,
    };

    use super::*;

    /// Counts for ever.
    const ENDLESS: &str =
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT COUNT(*) FROM n";

    /// Counts for longer than the limit, but not for ever.
    const LONG: &str = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000000) \
         SELECT COUNT(*) FROM n";

    async fn open(url: String) -> Db {
        let statement_time = Duration::from_millis(50);
        Db::open(&DbSettings { url, connections: 1, schema: None, statement_time }).await.unwrap()
    }

    async fn write(db: &Db, sql: &'static str, takes_its_time: bool) -> Result<(), Fault<Never>> {
        db.write(|tx| async move {
            if takes_its_time {
                tx.take_time().await?;
            }
            tx.execute_unprepared("INSERT INTO t VALUES (1)").await?;
            tx.execute_unprepared(sql).await?;
            Ok(())
        })
        .await
    }

    async fn rows(db: &Db) -> i64 {
        let counted = db
            .read()
            .query_one_raw(Statement::from_string(db.backend(), "SELECT CAST(COUNT(*) AS BIGINT) FROM t"));
        counted.await.unwrap().unwrap().try_get_by_index(0).unwrap()
    }

    #[tokio::test]
    async fn a_statement_that_takes_too_long_is_broken_off_and_the_connection_works_on() {
        let folder = tempfile::tempdir().unwrap();
        let db = open(format!("sqlite:{}", folder.path().join("test.db").display())).await;
        db.writer().execute_unprepared("CREATE TABLE t (n INTEGER)").await.unwrap();
        for _ in 0..3 {
            let endless = Statement::from_string(DbBackend::Sqlite, ENDLESS);
            let late: Result<_, DbErr> = db.read().query_one_raw(endless).await;
            assert!(late.unwrap_err().to_string().contains("interrupted"));
            assert_eq!(rows(&db).await, 0);
        }
        for _ in 0..3 {
            write(&db, "INSERT INTO t WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n", false)
                .await
                .unwrap_err();
            assert_eq!(rows(&db).await, 0, "nothing of it is left");
        }
        write(&db, "INSERT INTO t VALUES (2)", false).await.unwrap();
        assert_eq!(rows(&db).await, 2);
    }

    #[tokio::test]
    async fn bulk_work_may_take_its_time() {
        let folder = tempfile::tempdir().unwrap();
        let db = open(format!("sqlite:{}", folder.path().join("test.db").display())).await;
        db.writer().execute_unprepared("CREATE TABLE t (n INTEGER)").await.unwrap();
        write(&db, LONG, false).await.unwrap_err();
        write(&db, LONG, true).await.unwrap();
        write(&db, LONG, false).await.unwrap_err();
        db.alone(|hand| async move { Ok(hand.execute_unprepared(LONG).await?) }).await.unwrap();
        db.writer().execute_unprepared(LONG).await.unwrap_err();
        assert_eq!(rows(&db).await, 1);
    }

    #[tokio::test]
    async fn on_postgres_the_server_breaks_it_off() {
        let Some(url) = service("TEST_DATABASE_URL") else { return };
        let db = open(url).await;
        let sleep = Statement::from_string(DbBackend::Postgres, "SELECT pg_sleep(60)");
        let late: Result<_, DbErr> = db.read().query_one_raw(sleep).await;
        assert!(late.unwrap_err().to_string().contains("statement timeout"));

        // Bringing a large market up to date takes longer than any request may.
        let long = "SELECT pg_sleep(0.2)";
        db.writer().execute_unprepared(long).await.unwrap_err();
        db.alone(|hand| async move { Ok(hand.execute_unprepared(long).await?) }).await.unwrap();
    }
}
