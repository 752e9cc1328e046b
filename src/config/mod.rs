//! Settings: one struct per section, read once in `main` from flags and environment. The defaults are the laptop.

mod secrets;
pub mod setting;

use std::{net::SocketAddr, path::PathBuf};

use clap::{Args, ValueEnum};
use serde::Serialize;
use url::Url;

pub use secrets::{Secret, read_secret_files};

/// Whether this is play or business.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// For trying out and developing: the clock can be moved, test cards pay, stand-ins are welcome.
    Sandbox,
    /// For business: stand-ins and missing secrets are refused at start.
    Production,
}

/// All settings, as they are in force.
#[derive(Debug, Clone, Args, Serialize)]
pub struct Settings {
    /// Where to listen.
    #[arg(long, env = "LISTEN", default_value = "127.0.0.1:8080")]
    pub listen: SocketAddr,
    /// Whether this is play (sandbox) or business (production).
    #[arg(long, env = "MODE", default_value = "sandbox")]
    pub mode: Mode,
    /// The folder for everything that is kept on this machine.
    #[arg(long, env = "DATA_DIR", default_value = "./data")]
    pub data_dir: PathBuf,
    /// The address people reach this server by; links in mails begin with it. Default: http:// and the listening address.
    #[arg(long, env = "PUBLIC_URL")]
    pub public_url: Option<Url>,
    /// How many jobs this process works on side by side; 0 leaves them to other processes.
    #[arg(long, env = "JOBS_AT_ONCE", default_value_t = 8)]
    pub jobs_at_once: usize,
    #[command(flatten)]
    #[serde(flatten)]
    pub store: StoreSettings,
    #[command(flatten)]
    #[serde(flatten)]
    pub secrets: SecretSettings,
    #[command(flatten)]
    #[serde(flatten)]
    pub stripe: StripeSettings,
    #[command(flatten)]
    #[serde(flatten)]
    pub fees: FeeSettings,
    #[command(flatten)]
    #[serde(flatten)]
    pub http: HttpSettings,
}

/// What the operator takes.
#[derive(Debug, Clone, Args, Serialize)]
pub struct FeeSettings {
    /// What the guest pays on top of the base, in hundredths of a percent.
    #[arg(long, env = "GUEST_FEE", default_value_t = 1_200)]
    pub guest_fee: u32,
    /// What the host pays of the base that it keeps, in hundredths of a percent.
    #[arg(long, env = "HOST_FEE", default_value_t = 300)]
    pub host_fee: u32,
}

/// Where things are kept and sent.
#[derive(Debug, Clone, Args, Serialize)]
pub struct StoreSettings {
    /// `sqlite:path` or `postgres://user@host/database`. Default: sqlite in the data folder.
    #[arg(long, env = "DATABASE_URL")]
    pub database_url: Option<Secret>,
    /// Connections per process (readers, on SQLite).
    #[arg(long, env = "DATABASE_CONNECTIONS", default_value_t = 10)]
    pub database_connections: u32,
    /// The PostgreSQL schema to live in, where one database holds several servers' worth.
    #[arg(long, env = "DATABASE_SCHEMA")]
    pub database_schema: Option<String>,
    /// `redis://host`: cache, bus and limits for several servers. Default: in process.
    #[arg(long, env = "REDIS_URL")]
    pub redis_url: Option<Secret>,
    /// What all keys in Redis begin with, where one Redis serves several markets.
    #[arg(long, env = "REDIS_PREFIX", default_value = "sojourn")]
    pub redis_prefix: String,
    /// `file:path` or `s3://bucket/prefix` (with the usual AWS_* names). Default: files in the data folder.
    #[arg(long, env = "FILES_URL")]
    pub files_url: Option<String>,
    /// `file:path`, `smtp://user:password@host:port` or `smtps://…`. Default: mails as files in the data folder.
    #[arg(long, env = "SMTP_URL")]
    pub smtp_url: Option<Secret>,
    /// The sender of mails.
    #[arg(long, env = "MAIL_FROM", default_value = "Sojourn <hello@sojourn.test>")]
    pub mail_from: String,
}

/// Keys. In the sandbox they are made and kept in the data folder.
#[derive(Debug, Clone, Args, Serialize)]
pub struct SecretSettings {
    /// Ed25519 keys that sign access tokens: `kid:base64 of 32 bytes`, comma-separated, the first one signs.
    #[arg(long, env = "JWT_KEYS")]
    pub jwt_keys: Option<Secret>,
    /// The key that protects stored data and derives tokens: `kid:base64 of 32 bytes`, comma-separated, newest first.
    #[arg(long, env = "DATA_KEYS")]
    pub data_keys: Option<Secret>,
}

/// Stripe. Without a key, the server starts its own emulator.
#[derive(Debug, Clone, Args, Serialize)]
pub struct StripeSettings {
    /// The secret key. None: the built-in emulator.
    #[arg(long, env = "STRIPE_SECRET_KEY")]
    pub stripe_secret_key: Option<Secret>,
    /// The key that browsers use.
    #[arg(long, env = "STRIPE_PUBLISHABLE_KEY", default_value = "pk_test_sojourn")]
    pub stripe_publishable_key: String,
    /// The webhook's signing secrets, comma-separated: two while one is being replaced.
    #[arg(long, env = "STRIPE_WEBHOOK_SECRET")]
    pub stripe_webhook_secret: Option<Secret>,
    /// Another address of Stripe's API.
    #[arg(long, env = "STRIPE_API_URL")]
    pub stripe_api_url: Option<Url>,
}

/// What clients may do.
#[derive(Debug, Clone, Args, Serialize)]
pub struct HttpSettings {
    /// Origins of frontends that may call from a browser, comma-separated: `https://www.example.org`.
    #[arg(long, env = "ORIGINS", value_delimiter = ',')]
    pub origins: Vec<String>,
    /// Cost an anonymous request may have.
    #[arg(long, env = "COST_LIMIT_ANONYMOUS", default_value_t = 1_000)]
    pub cost_limit_anonymous: u64,
    /// Cost a signed-in request may have.
    #[arg(long, env = "COST_LIMIT_SIGNED_IN", default_value_t = 5_000)]
    pub cost_limit_signed_in: u64,
    /// Whether GraphiQL and introspection are offered. Default: in the sandbox only.
    #[arg(long, env = "EXPLORE")]
    pub explore: Option<bool>,
}

impl Settings {
    /// The database's address.
    pub fn database_url(&self) -> String {
        let default = || format!("sqlite:{}", self.data_dir.join("sojourn.db").display());
        self.store.database_url.as_ref().map_or_else(default, |url| url.reveal().to_owned())
    }

    /// The address people reach this server by, without a slash at the end.
    pub fn public_url(&self) -> String {
        let default = || format!("http://{}", self.listen);
        self.public_url.as_ref().map_or_else(default, |url| url.as_str().trim_end_matches('/').to_owned())
    }

    /// Whether this is play.
    pub fn sandbox(&self) -> bool {
        self.mode == Mode::Sandbox
    }

    /// What is missing or a stand-in, in production: the server does not start with any of these.
    pub fn refusals(&self) -> Vec<&'static str> {
        if self.sandbox() {
            return Vec::new();
        }
        let missing = [
            (self.secrets.jwt_keys.is_none(), "JWT_KEYS is not set"),
            (self.secrets.data_keys.is_none(), "DATA_KEYS is not set"),
            (
                self.stripe.stripe_secret_key.is_none(),
                "STRIPE_SECRET_KEY is not set: the emulator is for the sandbox",
            ),
            (self.stripe.stripe_webhook_secret.is_none(), "STRIPE_WEBHOOK_SECRET is not set"),
            (self.store.smtp_url.is_none(), "SMTP_URL is not set: mails as files are for the sandbox"),
            (self.public_url.is_none(), "PUBLIC_URL is not set"),
        ];
        missing.into_iter().filter(|(is, _)| *is).map(|(_, what)| what).collect()
    }
}
