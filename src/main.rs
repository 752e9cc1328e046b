//! The command line: `serve` and its helpers. Settings are read here, once.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use anyhow::{Context, bail};
use clap::{CommandFactory, FromArgMatches, Parser, Subcommand, builder::Resettable};
use sojourn::{
    accounts::{self, Keys},
    config::{Settings, read_secret_files},
    graphql, jobs,
    kernel::{Clock, EmailAddress, JobId},
    ledger, ports, search, seed,
    server::{Server, demo, open},
};
use tokio::net::TcpListener;
use tracing_subscriber::EnvFilter;

/// Many small allocations per request: measured faster than the system's allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Sojourn, the backend of a vacation-rental marketplace.
///
/// Without a command it serves. Every setting is a flag and an environment variable (a file `.env` is read too); the
/// defaults need nothing but this program.
#[derive(Parser)]
#[command(version, about, after_help = AFTER_HELP)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    settings: Settings,
    /// Print the settings that are in force, secrets as ***, and stop.
    #[arg(long)]
    print_config: bool,
}

const AFTER_HELP: &str = "\
Secrets can also be read from files: NAME_FILE=/path for DATABASE_URL, REDIS_URL, SMTP_URL, JWT_KEYS, DATA_KEYS, \
STRIPE_SECRET_KEY, STRIPE_WEBHOOK_SECRET, RATES_URL, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.
RUST_LOG says how much is logged: `info`, `sojourn=debug`, `warn,sojourn=info`.";

#[derive(Subcommand)]
enum Command {
    /// Run the server (also when no command is given).
    #[command(after_help = AFTER_HELP)]
    Serve,
    /// Bring the database up to date.
    Migrate,
    /// Fill the database with a believable market, the same for the same numbers.
    Seed {
        /// How many listings.
        #[arg(long, default_value_t = 60)]
        listings: u32,
        /// Which market.
        #[arg(long, default_value_t = 1)]
        seed: u64,
    },
    /// Print the GraphQL schema.
    Schema,
    /// Make somebody an admin.
    Admin {
        /// The address of an account.
        email: EmailAddress,
    },
    /// Look after the search read model.
    #[command(subcommand)]
    Search(Search),
    /// Look after the ledger.
    #[command(subcommand)]
    Ledger(Ledger),
    /// Look after jobs that are dead: list them, or let one be tried again.
    Jobs {
        #[command(subcommand)]
        command: Option<Jobs>,
    },
    /// Look after the keys.
    #[command(subcommand)]
    Keys(KeysCommand),
    /// Ask the running server whether it lives; for containers.
    Healthcheck,
}

#[derive(Subcommand)]
enum Search {
    /// Make all entries anew from the tables.
    Rebuild,
    /// Compare all entries with the tables.
    Verify,
}

#[derive(Subcommand)]
enum Jobs {
    /// Let a dead job be tried again, as if it were new.
    Retry {
        /// Which job, `job_…`.
        id: JobId,
    },
}

#[derive(Subcommand)]
enum KeysCommand {
    /// Print a new key for JWT_KEYS or DATA_KEYS: put it before the old ones, with a comma, and start all servers anew.
    New,
}

#[derive(Subcommand)]
enum Ledger {
    /// Check every promise of the ledger.
    Verify,
    /// Compare the ledger with Stripe's own list of what came and went.
    Reconcile,
}

fn main() -> anyhow::Result<()> {
    dotenvy::dotenv().ok();
    let cli = cli()?;
    if cli.print_config {
        println!("{}", serde_json::to_string_pretty(&cli.settings.in_force())?);
        return Ok(());
    }
    logs(cli.settings.sandbox());
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(run(cli))
}

/// The command line, with secrets from files among it.
fn cli() -> anyhow::Result<Cli> {
    let mut arguments: Vec<String> = std::env::args().collect();
    #[allow(clippy::disallowed_methods, reason = "settings are read here")]
    let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let secrets = read_secret_files(&arguments, variable)?;
    arguments.splice(1..1, secrets);
    // Settings may stand before and after the command, and each command's help shows them.
    // A variable that is set to nothing is not set, also where nothing is no value: `STRIPE_API_URL=`.
    #[allow(clippy::disallowed_methods, reason = "settings are read here")]
    let is_empty = |name: &std::ffi::OsStr| std::env::var_os(name).is_some_and(|value| value.is_empty());
    let mut command = Cli::command().mut_args(|setting| {
        let setting =
            if setting.get_env().is_some_and(is_empty) { setting.env(Resettable::Reset) } else { setting };
        setting.global(true)
    });
    let parsed = command.clone().get_matches_from(arguments);
    Ok(Cli::from_arg_matches(&parsed).unwrap_or_else(|error| error.format(&mut command).exit()))
}

fn logs(sandbox: bool) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info,sqlx=warn"));
    let subscriber = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    if sandbox { subscriber.compact().init() } else { subscriber.json().init() }
}

/// The usual variables of S3's clients, the two secrets also from files; files may be kept there.
fn aws() -> anyhow::Result<Vec<(String, String)>> {
    let mut aws: Vec<_> = std::env::vars().filter(|(name, _)| name.starts_with("AWS_")).collect();
    for name in ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"] {
        let file = aws.iter().find(|(known, path)| *known == format!("{name}_FILE") && !path.is_empty());
        if let Some((_, path)) = file {
            let content = std::fs::read_to_string(path).with_context(|| format!("{name}_FILE: {path}"))?;
            aws.push((name.to_owned(), content.trim().to_owned()));
        }
    }
    Ok(aws)
}

async fn run(cli: Cli) -> anyhow::Result<()> {
    let settings = cli.settings;
    match cli.command.unwrap_or(Command::Serve) {
        Command::Serve => serve(settings).await,
        Command::Schema => {
            print!("{}", graphql::sdl());
            Ok(())
        }
        Command::Keys(KeysCommand::New) => {
            println!("{}", Keys::make("key"));
            Ok(())
        }
        Command::Healthcheck => healthcheck(&settings).await,
        command => maintain(settings, command).await,
    }
}

async fn serve(settings: Settings) -> anyhow::Result<()> {
    ports::use_ring_for_tls();
    let listener = TcpListener::bind(settings.listen)
        .await
        .with_context(|| format!("cannot listen on {}: is another server running?", settings.listen))?;
    let app = open::app(settings, Clock::ticking(), &aws()?).await?;
    if app.settings.sandbox() {
        demo::fill_if_empty(&app).await?;
    }
    let explorer = demo::explorer(app.clone());
    let server = Server::start(app, listener, explorer).await?;
    demo::announce(&server);
    stopped().await?;
    tracing::info!("stopping: requests that run may end, new ones are refused");
    server.stop().await;
    Ok(())
}

/// Resolves on Ctrl-C and on SIGTERM.
async fn stopped() -> anyhow::Result<()> {
    let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
    tokio::select! {
        outcome = tokio::signal::ctrl_c() => Ok(outcome?),
        _ = terminate.recv() => Ok(()),
    }
}

/// The commands that work on the database without serving.
async fn maintain(settings: Settings, command: Command) -> anyhow::Result<()> {
    ports::use_ring_for_tls();
    let secret = |keys: &Keys| keys.derive(open::POINT_SECRET, b"");
    let app = open::app(settings, Clock::ticking(), &aws()?).await?;
    match command {
        Command::Migrate => println!("the database is up to date"),
        Command::Seed { listings, seed } => {
            let report = seed::seed(
                &app.db,
                &app.files,
                seed::Ask { listings, seed },
                &app.settings.fees,
                app.clock.now(),
                &secret(&app.keys),
            )
            .await?;
            // A large market is for measuring, and nobody is paid in it.
            if let Some(emulator) = app.emulator.as_ref().filter(|_| listings <= seed::SMALL) {
                seed::accounts::tell(&app.db, emulator).await?;
            }
            println!("{report}");
        }
        Command::Admin { email } => match accounts::make_admin::make_admin(&app.db, &email).await {
            Ok(user) => println!("{} is an admin now", user.display_name),
            Err(fault) => bail!("there is no such account, or it cannot be changed: {fault}"),
        },
        Command::Search(Search::Rebuild) => {
            let rows = search::rebuild(&app.db, &secret(&app.keys), app.clock.now())
                .await
                .map_err(|e| anyhow::anyhow!("{e:?}"))?;
            println!("{rows:?} entries made anew");
        }
        Command::Search(Search::Verify) => {
            let found = search::verify(&app.db, &secret(&app.keys), app.clock.now())
                .await
                .map_err(|e| anyhow::anyhow!("{e:?}"))?;
            report("search", &found)?;
        }
        Command::Jobs { command: None } => {
            let dead = jobs::dead(&app.db).await?;
            for job in &dead {
                let ended = job.ended_at.map_or_else(String::new, |at| at.to_rfc3339());
                println!("{} {} {ended} {}", job.id, job.kind, job.last_error.as_deref().unwrap_or_default());
            }
            println!("{} dead jobs", dead.len());
        }
        Command::Jobs { command: Some(Jobs::Retry { id }) } => {
            if !jobs::retry(&app.db, id).await? {
                bail!("no job {id} is dead");
            }
            println!("{id} will be tried again");
        }
        Command::Ledger(Ledger::Verify) => report("the ledger", &ledger::verify(&app.db).await?)?,
        Command::Ledger(Ledger::Reconcile) => {
            report("the ledger, as Stripe has it,", &ledger::reconcile(&app.db, &app.stripe).await?)?;
        }
        Command::Serve | Command::Schema | Command::Keys(_) | Command::Healthcheck => {}
    }
    Ok(())
}

fn report<T: std::fmt::Debug>(what: &str, problems: &[T]) -> anyhow::Result<()> {
    for problem in problems {
        println!("{problem:?}");
    }
    if problems.is_empty() {
        println!("{what} is right");
        return Ok(());
    }
    bail!("{what} is wrong in {} places", problems.len())
}

/// GET /livez: what a container's health check needs. The server asks itself, so its certificate may name whom it likes.
async fn healthcheck(settings: &Settings) -> anyhow::Result<()> {
    ports::use_ring_for_tls();
    let listen = settings.listen;
    let address = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => SocketAddr::from((Ipv4Addr::LOCALHOST, listen.port())),
        IpAddr::V6(ip) if ip.is_unspecified() => SocketAddr::from((Ipv6Addr::LOCALHOST, listen.port())),
        _ => listen,
    };
    let itself = reqwest::Client::builder().no_proxy().tls_danger_accept_invalid_certs(true).build()?;
    let answer = itself.get(format!("{}://{address}/livez", settings.tls.scheme())).send().await?;
    if answer.status().is_success() { Ok(()) } else { bail!("the server does not live") }
}
