//! A world per test: a whole server of its own on a port of its own, over a database of its own.

use std::{net::SocketAddr, path::Path, sync::Arc, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use clap::Parser;
use futures_util::{StreamExt, stream};
use sea_orm::EntityTrait;
use sojourn::{
    accounts,
    app::App,
    config::Settings,
    jobs,
    kernel::{Clock, Fault},
    ledger,
    ports::stripe::emulator::Switches,
    sandbox, search,
    server::{Server, demo, open},
};
use tempfile::TempDir;
use tokio::{net::TcpListener, sync::Mutex};

use super::{
    Client, Person,
    schema::{Schema, service},
};

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
    address: SocketAddr,
    server: Mutex<Option<Server>>,
    flags: Vec<String>,
    schema: Option<Schema>,
    folder: Arc<TempDir>,
}

impl World {
    /// A server on one SQLite file, everything else in process.
    pub async fn on_sqlite() -> Self {
        Self::with_flags(&[]).await
    }

    /// A server on a PostgreSQL schema of its own, and Redis; `None` where the machine has none, said loudly.
    pub async fn on_postgres_and_redis() -> Option<Self> {
        Self::on_postgres_and_redis_with(&[]).await
    }

    /// A server on SQLite with flags of its own.
    pub async fn with_flags(flags: &[&str]) -> Self {
        let flags = flags.iter().map(|flag| (*flag).to_owned()).collect();
        Self::open(Arc::new(TempDir::new().unwrap()), flags, None).await
    }

    /// A server on a PostgreSQL schema of its own, and Redis, with more flags.
    pub async fn on_postgres_and_redis_with(more: &[&str]) -> Option<Self> {
        let (postgres, redis) = (service("TEST_DATABASE_URL")?, service("TEST_REDIS_URL")?);
        let schema = Schema::create(&postgres).await;
        let mut flags = vec![
            format!("--database-url={postgres}"),
            format!("--database-schema={}", schema.name),
            format!("--redis-url={redis}"),
            format!("--redis-prefix={}", schema.name),
        ];
        flags.extend(more.iter().map(|flag| (*flag).to_owned()));
        Some(Self::open(Arc::new(TempDir::new().unwrap()), flags, Some(schema)).await)
    }

    /// A server as in business: nothing of the sandbox, and each stand-in named, as a single server may.
    pub async fn in_business(more: &[&str]) -> Self {
        const KEY: &str = "k:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
        let folder = Arc::new(TempDir::new().unwrap());
        let at = |name: &str| folder.path().join(name).display().to_string();
        let mut flags = vec![
            "--mode=production".to_owned(),
            format!("--jwt-keys={KEY}"),
            format!("--data-keys={KEY}"),
            format!("--database-url=sqlite:{}", at("sojourn.db")),
            "--redis-url=memory:".to_owned(),
            format!("--files-url=file:{}", at("files")),
            format!("--smtp-url=file:{}", at("mail")),
            "--mail-from=Market <hello@example.org>".to_owned(),
            "--rates-url=recorded:".to_owned(),
            "--stripe-secret-key=sk_live_nobody".to_owned(),
            "--stripe-webhook-secret=whsec_nobody_knows_it".to_owned(),
            "--stripe-publishable-key=pk_live_nobody".to_owned(),
        ];
        flags.extend(more.iter().map(|flag| (*flag).to_owned()));
        Self::open(folder, flags, None).await
    }

    async fn open(folder: Arc<TempDir>, mut flags: Vec<String>, schema: Option<Schema>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let by_tls = flags.iter().any(|flag| flag.starts_with("--tls-cert="));
        let url = format!("{}://{address}", if by_tls { "https" } else { "http" });
        flags.push(format!("--data-dir={}", folder.path().display()));
        // A test is many people at one address, in a hurry, on a machine that may stand still for a while. Who tests a
        // limit sets it.
        let generous = [
            "--rate-limit-person=0",
            "--rate-limit-address=0",
            "--rate-limit-requests=0",
            "--rate-limit-uploads=0",
            "--rate-limit-sign-ups=0",
            "--statement-seconds=60",
            "--execution-seconds=60",
            "--socket-init-seconds=60",
        ];
        let public = format!("--public-url={url}");
        for flag in generous.into_iter().chain([public.as_str()]) {
            let (name, _) = flag.split_once('=').unwrap();
            if !flags.iter().any(|given| given.split('=').next() == Some(name)) {
                flags.push(flag.to_owned());
            }
        }
        let app = app(&flags).await;
        let server = Mutex::new(Some(start(&app, listener).await));
        Self { url, app, address, server, flags, schema, folder }
    }

    /// Another server on the same database, the same Redis, the same Stripe and the same folder. Stop it before the
    /// test ends.
    pub async fn sibling(&self) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let stripe = self.app.emulator.as_ref().unwrap().url();
        let mut flags = self.flags.clone();
        flags.extend([
            "--stripe-secret-key=sk_test_sojourn_emulator".to_owned(),
            "--stripe-webhook-secret=whsec_sojourn_emulator".to_owned(),
            format!("--stripe-api-url={stripe}"),
        ]);
        let app = app(&flags).await;
        let server = Mutex::new(Some(start(&app, listener).await));
        let url = format!("http://{address}");
        Self { url, app, address, server, flags, schema: None, folder: self.folder.clone() }
    }

    /// Where the server tells what it counts, if it does.
    pub async fn metrics(&self) -> Option<SocketAddr> {
        self.server.lock().await.as_ref()?.metrics
    }

    /// Stops the server in good order; the database and the rest stay.
    pub async fn stop(&self) {
        if let Some(server) = self.server.lock().await.take() {
            server.stop().await;
        }
    }

    /// Starts the server again where it was, working on so many jobs at once.
    pub async fn start(&self, jobs_at_once: usize) {
        let settings = Settings { jobs_at_once, ..(*self.app.settings).clone() };
        let app = App { settings: Arc::new(settings), ..self.app.clone() };
        let listener = TcpListener::bind(self.address).await.unwrap();
        *self.server.lock().await = Some(start(&app, listener).await);
    }

    /// Stops all workers; the server goes on answering.
    pub async fn without_workers(&self) {
        self.stop().await;
        self.start(0).await;
    }

    /// Sets workers to work again.
    pub async fn with_workers(&self) {
        self.stop().await;
        self.start(8).await;
    }

    /// The flags of this world's server, for a process of its own.
    pub fn flags(&self) -> Vec<String> {
        let listen = format!("--listen={}", self.address);
        self.flags.iter().cloned().chain([listen]).collect()
    }

    /// The folder of everything that is kept on this machine.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// What makes trouble at Stripe.
    pub fn switches(&self) -> Switches {
        self.app.emulator.as_ref().unwrap().switches()
    }

    /// Many guests at once.
    pub async fn guests(&self, count: usize) -> Vec<Person> {
        let names = (0..count).map(|n| format!("Guest {n}"));
        // Passwords are hashed one per core; more at once would be refused.
        stream::iter(names).map(|name| async move { self.guest(&name).await }).buffered(2).collect().await
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

    /// Somebody who runs the market.
    pub async fn admin(&self, name: &str) -> Person {
        let person = self.guest(name).await;
        accounts::make_admin(&self.app.db, &person.email.parse().unwrap()).await.unwrap();
        person
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
        loop {
            match sandbox::advance_clock(&self.app, to).await {
                // On a slow machine a long way takes longer than a call waits.
                Err(Fault::Refused(sandbox::Refusal::StillMoving)) => {}
                moved => {
                    moved.unwrap();
                    return;
                }
            }
        }
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
        if let Some(emulator) = &self.app.emulator {
            assert_eq!(emulator.switches().misfits(), [] as [String; 0], "Stripe would not say so");
        }
        self.stop().await;
        if let Some(schema) = self.schema {
            schema.drop().await;
        }
    }
}

async fn app(flags: &[String]) -> App {
    sojourn::ports::use_ring_for_tls();
    // What a server warns of is shown with the test whose world it is, should that fail; the first one speaks for all.
    tracing_subscriber::fmt().with_max_level(tracing::Level::WARN).with_test_writer().try_init().ok();
    let settings = Flags::parse_from(["test".to_owned()].iter().chain(flags)).settings;
    open::app(settings, Clock::ticking(), &[]).await.unwrap()
}

async fn start(app: &App, listener: TcpListener) -> Server {
    let explorer = demo::explorer(app.clone());
    Server::start(app.clone(), listener, explorer).await.unwrap()
}
