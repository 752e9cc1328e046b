//! The database: open it, read from it, write to it in one way. No table is known here.

mod announced;
mod batches;
mod keys;
mod latest;
mod open;
mod reader;
mod retry;
mod stopwatch;
mod touched;

use std::{
    collections::BTreeSet,
    ops::Deref,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use chrono::NaiveDate;
use sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr,
    SqliteTransactionMode, Statement, TransactionOptions, TransactionTrait,
};
use tokio::sync::Notify;

pub use announced::Herald;
pub use batches::delete_in_batches;
pub use keys::{Key, OnUnique};
pub use latest::{beyond, latest, latest_in_time, order};
pub use reader::Reader;
pub use touched::{Afterwards, Keeper, Touched};

use self::stopwatch::Stopwatch;
use crate::{
    drill,
    kernel::{Fault, ListingId},
};

/// How often a write is run before its failure is believed.
const TRIES: u32 = 3;

/// How long a statement may run where no setting says otherwise.
pub const STATEMENT_TIME: Duration = Duration::from_secs(5);

/// What must be known to open a database.
#[derive(Debug, Clone)]
pub struct DbSettings {
    /// `sqlite:path` or `postgres://…`.
    pub url: String,
    /// Connections in the pool (PostgreSQL), or readers (SQLite, which has one writer).
    pub connections: u32,
    /// A PostgreSQL schema to live in, where one database holds several servers' worth (tests).
    pub schema: Option<String>,
    /// How long a statement may run; bulk work takes its time.
    pub statement_time: Duration,
}

/// A handle on the database; clones share the pools.
#[derive(Clone)]
pub struct Db {
    writer: DatabaseConnection,
    reader: Reader,
    statements: Arc<AtomicU64>,
    collisions: Arc<Collided>,
    job_stored: Arc<Notify>,
    job_told: Arc<Notify>,
    job_ended: Arc<Notify>,
    keeper: Option<Arc<dyn Keeper>>,
    herald: Option<Arc<dyn Herald>>,
    settings: Arc<DbSettings>,
    stopwatch: Stopwatch,
}

/// How often writers were in each other's way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Collisions {
    /// Writes that ran once more, for whatever collision.
    pub retries: u64,
    /// Collisions that were deadlocks: PostgreSQL had to kill one of the two.
    pub deadlocks: u64,
}

#[derive(Default)]
struct Collided {
    retries: AtomicU64,
    deadlocks: AtomicU64,
}

/// An open transaction: an owned, cheap handle. Pass it on as `&*tx`.
#[derive(Debug, Clone)]
pub struct Tx {
    inner: Arc<DatabaseTransaction>,
    stopwatch: Stopwatch,
    stored_a_job: Arc<AtomicBool>,
    touched: Arc<Mutex<Touched>>,
    announced: Arc<Mutex<BTreeSet<String>>>,
}

impl Deref for Tx {
    type Target = DatabaseTransaction;
    fn deref(&self) -> &DatabaseTransaction {
        &self.inner
    }
}

impl Tx {
    /// Says that the worker has something to do once this commits.
    pub fn wake_worker(&self) {
        self.stored_a_job.store(true, Ordering::Relaxed);
    }

    /// Lets this transaction's statements take their time: for bulk work that no request waits for.
    pub async fn take_time(&self) -> Result<(), DbErr> {
        match self.get_database_backend() {
            DbBackend::Postgres => {
                self.execute_unprepared("SET LOCAL statement_timeout = 0").await.map(|_| ())
            }
            _ => {
                self.stopwatch.take_time();
                Ok(())
            }
        }
    }

    /// Says that a listing, its photos, prices, rules or reviews change: its search row follows before the commit.
    pub fn touch_listing(&self, listing: ListingId) {
        self.touched().listings.insert(listing);
    }

    /// Says that taxes of a country or of its regions change: its search rows follow before the commit.
    pub fn touch_country(&self, country: &str) {
        self.touched().countries.insert(country.to_owned());
    }

    /// Says that nights of a listing are taken (or free again): its search row follows before the commit.
    pub fn touch_nights(&self, listing: ListingId, nights: &[NaiveDate], taken: bool) {
        self.touched().nights.push((listing, nights.to_vec(), taken));
    }

    /// Says that whoever listens to this topic of the bus is to be told once this commits: once, however often it is said.
    pub fn announce(&self, topic: String) {
        self.announced.lock().unwrap_or_else(PoisonError::into_inner).insert(topic);
    }

    fn touched(&self) -> MutexGuard<'_, Touched> {
        self.touched.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Db {
    /// Opens the pools. SQLite gets a pool of readers and a single writer, so that a reader never waits for a write.
    pub async fn open(settings: &DbSettings) -> anyhow::Result<Self> {
        let statements = Arc::new(AtomicU64::new(0));
        let stopwatch = Stopwatch::new(settings.statement_time);
        let counted = |mut connection: DatabaseConnection, writing: Option<Stopwatch>| {
            let statements = statements.clone();
            connection.set_metric_callback(move |_| {
                statements.fetch_add(1, Ordering::Relaxed);
                if let Some(stopwatch) = &writing {
                    stopwatch.lap();
                }
            });
            connection
        };
        let (writer, reader) = if settings.url.starts_with("sqlite:") {
            let (writer, readers) = open::sqlite(settings, &stopwatch).await?;
            (counted(writer, Some(stopwatch.clone())), Reader::sqlite(counted(readers, None)))
        } else {
            let writer = open::postgres(settings).await?;
            (counted(writer, Some(stopwatch.clone())), Reader::postgres(settings, statements.clone())?)
        };
        Ok(Self {
            writer,
            reader,
            statements,
            collisions: Arc::default(),
            job_stored: Arc::new(Notify::new()),
            job_told: Arc::new(Notify::new()),
            job_ended: Arc::new(Notify::new()),
            keeper: None,
            herald: None,
            settings: Arc::new(settings.clone()),
            stopwatch,
        })
    }

    /// The same database with a keeper of its read models, which runs at the end of every write that touched something.
    pub fn kept_by(self, keeper: Arc<dyn Keeper>) -> Self {
        Self { keeper: Some(keeper), ..self }
    }

    /// The same database with a herald, which is told what each committed write announced.
    pub fn announced_by(self, herald: Arc<dyn Herald>) -> Self {
        Self { herald: Some(herald), ..self }
    }

    /// Runs `work` while no other server on this PostgreSQL schema runs such work: migrations, the first market. The
    /// connection that it is given takes its time: no statement on it is broken off. SQLite is one server's own.
    pub async fn alone<T, W>(&self, work: impl FnOnce(DatabaseConnection) -> W) -> anyhow::Result<T>
    where
        W: Future<Output = anyhow::Result<T>>,
    {
        if self.backend() != DbBackend::Postgres {
            let _lifted = self.stopwatch.lift();
            return work(self.writer.clone()).await;
        }
        // The lock is the connection's: it goes with it, also when this process dies. So it must not be taken for idle, or
        // for old, however long the work takes.
        let mut options = ConnectOptions::new(self.settings.url.clone());
        options.max_connections(1).idle_timeout(None).max_lifetime(None).sqlx_logging(false);
        if let Some(schema) = &self.settings.schema {
            options.set_schema_search_path(schema.clone());
        }
        let door = Database::connect(options).await?;
        let schema = self.settings.schema.clone().unwrap_or_default();
        let lock = Statement::from_sql_and_values(
            DbBackend::Postgres,
            "SELECT pg_advisory_lock(hashtextextended($1, 0))",
            [format!("sojourn {schema}").into()],
        );
        door.execute_raw(lock).await?;
        let outcome = work(door.clone()).await;
        door.close().await?;
        outcome
    }

    /// For reading only; what is read here may be changed by the time you act on it.
    pub fn read(&self) -> &Reader {
        &self.reader
    }

    /// Which database this is.
    pub fn backend(&self) -> DbBackend {
        self.writer.get_database_backend()
    }

    /// The writer itself, for migrations and bulk work of the command line.
    pub fn writer(&self) -> &DatabaseConnection {
        &self.writer
    }

    /// How many statements have been run so far, by anybody.
    pub fn statements(&self) -> u64 {
        self.statements.load(Ordering::Relaxed)
    }

    /// How often this process' writers collided so far.
    pub fn collisions(&self) -> Collisions {
        Collisions {
            retries: self.collisions.retries.load(Ordering::Relaxed),
            deadlocks: self.collisions.deadlocks.load(Ordering::Relaxed),
        }
    }

    /// Lets this process' worker look for work: the clock was moved, or another server has stored a job.
    pub fn wake_worker(&self) {
        self.job_stored.notify_one();
    }

    /// Connections that are open, and those of them that nobody uses just now.
    pub fn connections(&self) -> (usize, usize) {
        let (size, idle) = self.reader.connections();
        let (writers, resting) = match self.backend() {
            DbBackend::Postgres => {
                let pool = self.writer.get_postgres_connection_pool();
                (pool.size(), pool.num_idle())
            }
            _ => {
                let pool = self.writer.get_sqlite_connection_pool();
                (pool.size(), pool.num_idle())
            }
        };
        (size + writers as usize, idle + resting)
    }

    /// Resolves when the worker should look: a job was stored by this process, or somebody woke it.
    pub async fn job_stored(&self) {
        self.job_stored.notified().await;
    }

    /// Resolves when this process has stored a job that other servers have not been told of.
    pub async fn job_to_tell(&self) {
        self.job_told.notified().await;
    }

    /// Says that a job of this process came to its end.
    pub fn job_has_ended(&self) {
        self.job_ended.notify_waiters();
    }

    /// Resolves when a job of this process comes to its end after this call, however late it is awaited.
    pub fn job_ended(&self) -> impl Future<Output = ()> + '_ {
        self.job_ended.notified()
    }

    /// The one way to write: begins (taking SQLite's write lock at once), runs `work`, commits. Where the database
    /// says that two writers were in each other's way, all of `work` runs again, at most three times; so it must hold
    /// no state of its own and make no network call.
    pub async fn write<T, R, F, Fut>(&self, work: F) -> Result<T, Fault<R>>
    where
        F: Fn(Tx) -> Fut + Send,
        Fut: Future<Output = Result<T, Fault<R>>> + Send,
        T: Send,
        R: Send,
    {
        let mut tries = 1;
        loop {
            match self.write_once(&work).await {
                Err(Fault::Broken(cause)) if retry::is_collision(&cause) => {
                    if retry::is_deadlock(&cause) {
                        self.collisions.deadlocks.fetch_add(1, Ordering::Relaxed);
                    }
                    if tries == TRIES {
                        return Err(Fault::Broken(cause));
                    }
                    self.collisions.retries.fetch_add(1, Ordering::Relaxed);
                    tracing::debug!(tries, %cause, "writers collided: once more");
                    retry::pause(tries).await;
                    tries += 1;
                }
                outcome => return outcome,
            }
        }
    }

    /// Lets the read models follow what the transaction changed.
    async fn follow(&self, tx: &Tx) -> Result<Option<Afterwards>, DbErr> {
        let touched = std::mem::take(&mut *tx.touched());
        match &self.keeper {
            Some(keeper) if !touched.is_empty() => keeper.follow(tx, touched).await,
            _ => Ok(None),
        }
    }

    async fn tell(&self, announced: &Mutex<BTreeSet<String>>) {
        let topics = std::mem::take(&mut *announced.lock().unwrap_or_else(PoisonError::into_inner));
        if let Some(herald) = self.herald.as_ref().filter(|_| !topics.is_empty()) {
            herald.tell(topics).await;
        }
    }

    async fn write_once<T, R, F, Fut>(&self, work: &F) -> Result<T, Fault<R>>
    where
        F: Fn(Tx) -> Fut + Send,
        Fut: Future<Output = Result<T, Fault<R>>> + Send,
    {
        let options = TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..Default::default()
        };
        let inner = Arc::new(self.writer.begin_with_options(options).await?);
        // Waiting for the lock was no part of the first statement.
        self.stopwatch.lap();
        let tx = Tx {
            inner,
            stopwatch: self.stopwatch.clone(),
            stored_a_job: Arc::default(),
            touched: Arc::default(),
            announced: Arc::default(),
        };
        let stored_a_job = tx.stored_a_job.clone();
        let announced = tx.announced.clone();
        let outcome = match drill::writing(work(tx.clone())).await {
            Ok(value) => self.follow(&tx).await.map(|after| (value, after)).map_err(Fault::from),
            Err(fault) => Err(fault),
        };
        let inner =
            Arc::try_unwrap(tx.inner).map_err(|_| anyhow::anyhow!("a transaction outlived its write"))?;
        match outcome {
            Ok((value, afterwards)) => {
                inner.commit().await?;
                if let Some(afterwards) = afterwards {
                    afterwards.await;
                }
                if stored_a_job.load(Ordering::Relaxed) {
                    self.job_stored.notify_one();
                    self.job_told.notify_one();
                }
                self.tell(&announced).await;
                Ok(value)
            }
            Err(fault) => {
                // Dropping would roll back too, but only when the connection is next used.
                inner.rollback().await.ok();
                Err(fault)
            }
        }
    }
}
