//! A world per test: a whole server of its own on a port of its own, over a database of its own.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use clap::Parser;
use sea_orm::{ConnectionTrait, Database, EntityTrait};
use sojourn::{
    app::App,
    config::Settings,
    jobs,
    kernel::Clock,
    ledger, sandbox, search,
    server::{Server, demo, open},
};
use tempfile::TempDir;
use tokio::net::TcpListener;
use uuid::Uuid;

use super::{Client, Person};

#[derive(Parser)]
struct Flags {
    #[command(flatten)]
    settings: Settings,
}

/// A running server and everything around it.
pub struct World {
    /// Where the server answers, without a slash at the end.
    pub url: String,
    /// The server's own hands, to look behind the scenes.
    pub app: App,
    server: Server,
    schema: Option<(String, String)>,
    folder: TempDir,
}

impl World {
    /// A server on one SQLite file, everything else in process.
    pub async fn on_sqlite() -> Self {
        Self::open(TempDir::new().unwrap(), &[], None).await
    }

    /// A server on a PostgreSQL schema of its own, and Redis; `None` where the machine has none, said loudly.
    pub async fn on_postgres_and_redis() -> Option<Self> {
        let variable = |name: &str| {
            #[allow(clippy::disallowed_methods, reason = "tests have no settings of their own")]
            let found = std::env::var(name).ok();
            #[allow(clippy::disallowed_methods, reason = "likewise")]
            let ci = std::env::var("CI").is_ok();
            assert!(found.is_some() || !ci, "{name} must be set in CI: nothing is skipped there");
            if found.is_none() {
                eprintln!("SKIPPED: {name} is not set, so this test did not run on PostgreSQL and Redis");
            }
            found
        };
        let (postgres, redis) = (variable("TEST_DATABASE_URL")?, variable("TEST_REDIS_URL")?);
        let schema = format!("test_{}", Uuid::now_v7().simple());
        let admin = Database::connect(&postgres).await.expect("PostgreSQL must answer");
        admin.execute_unprepared(&format!("CREATE SCHEMA {schema}")).await.unwrap();
        admin.close().await.unwrap();
        let flags = [
            format!("--database-url={postgres}"),
            format!("--database-schema={schema}"),
            format!("--redis-url={redis}"),
            format!("--redis-prefix={schema}"),
        ];
        Some(Self::open(TempDir::new().unwrap(), &flags, Some((postgres, schema))).await)
    }

    /// A server on SQLite with flags of its own.
    pub async fn with_flags(flags: &[&str]) -> Self {
        let flags: Vec<String> = flags.iter().map(|flag| (*flag).to_owned()).collect();
        Self::open(TempDir::new().unwrap(), &flags, None).await
    }

    async fn open(folder: TempDir, flags: &[String], schema: Option<(String, String)>) -> Self {
        sojourn::ports::use_ring_for_tls();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let url = format!("http://{address}");
        let data = format!("--data-dir={}", folder.path().display());
        let public = format!("--public-url={url}");
        let arguments = ["test", &data, &public].map(str::to_owned).into_iter().chain(flags.iter().cloned());
        let settings = Flags::parse_from(arguments).settings;
        let app = open::app(settings, Clock::ticking(), &[]).await.unwrap();
        let explorer = demo::explorer(app.clone());
        let server = Server::start(app.clone(), listener, explorer).await.unwrap();
        Self { url, app, server, schema, folder }
    }

    /// Somebody who is not signed in.
    pub fn stranger(&self) -> Client {
        Client::new(&self.url, None)
    }

    /// Somebody who has signed up and verified the address.
    pub async fn guest(&self, name: &str) -> Person {
        Person::sign_up(self, name, false).await
    }

    /// The same, as a host.
    pub async fn host(&self, name: &str) -> Person {
        Person::sign_up(self, name, true).await
    }

    /// The domain's now.
    pub fn now(&self) -> DateTime<Utc> {
        self.app.clock.now()
    }

    /// Waits until nothing that is due waits: no job, no webhook.
    pub async fn settle(&self) {
        let settled = tokio::time::timeout(Duration::from_secs(60), sandbox::settle(&self.app)).await;
        settled.expect("the world does not come to rest: a guard against hanging, not a limit").unwrap();
    }

    /// Moves the clock; everything that comes due happens at its own time.
    pub async fn advance(&self, by: TimeDelta) {
        self.advance_to(self.now() + by).await;
    }

    /// Moves the clock to an instant.
    pub async fn advance_to(&self, to: DateTime<Utc>) {
        sandbox::advance_clock(&self.app, to).await.unwrap();
    }

    /// What was mailed to an address, oldest first.
    pub async fn letters(&self, to: &str) -> Vec<sojourn::ports::mail::Received> {
        self.settle().await;
        self.app.mail.outbox().unwrap().letters_to(&to.parse().unwrap()).await.unwrap()
    }

    /// How many statements `work` runs, with nobody else at work.
    pub async fn statements<T>(&self, work: impl Future<Output = T>) -> (u64, T) {
        self.settle().await;
        let before = self.app.db.statements();
        let value = work.await;
        (self.app.db.statements() - before, value)
    }

    /// The end of a test: the world comes to rest, and nothing may be left over or out of step.
    pub async fn finish(self) {
        self.settle().await;
        let secret = self.app.keys.derive(open::POINT_SECRET, b"");
        assert_eq!(ledger::verify(&self.app.db).await.unwrap(), [], "the ledger is wrong");
        let differences = search::verify(&self.app.db, &secret, self.now()).await.unwrap();
        assert!(differences.is_empty(), "search is out of step: {differences:?}");
        let jobs = jobs::entity::Entity::find().all(self.app.db.read()).await.unwrap();
        let dead: Vec<_> = jobs.iter().filter(|job| job.last_error.is_some()).collect();
        assert!(dead.is_empty(), "jobs have failed: {dead:?}");
        self.server.stop().await;
        drop(self.app);
        drop(self.folder);
        if let Some((postgres, schema)) = self.schema {
            let admin = Database::connect(&postgres).await.unwrap();
            admin.execute_unprepared(&format!("DROP SCHEMA {schema} CASCADE")).await.unwrap();
        }
    }
}
