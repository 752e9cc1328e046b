//! Settings: one struct per section, read once in `main` from flags and environment. The defaults are the laptop.

mod limits;
mod secrets;
pub mod setting;

use std::{net::SocketAddr, path::PathBuf};

use clap::{Args, ValueEnum};
use serde::Serialize;
use url::Url;

pub use limits::LimitSettings;
pub use secrets::{Secret, read_secret_files};

/// The sender of a sandbox's mails.
const MAIL_FROM: &str = "Sojourn <hello@sojourn.test>";

/// The emulator's publishable key.
const PUBLISHABLE_KEY: &str = "pk_test_sojourn";

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
#[command(next_help_heading = "The server")]
pub struct Settings {
    /// The address and port to listen on; 0.0.0.0 for all of this machine's addresses.
    #[arg(long, env = "LISTEN", default_value = "127.0.0.1:8080")]
    pub listen: SocketAddr,
    /// Whether this is play (sandbox) or business (production).
    #[arg(long, env = "MODE", default_value = "sandbox")]
    pub mode: Mode,
    /// The folder for everything that is kept on this machine: database, pictures, mails, the sandbox's keys.
    #[arg(long, env = "DATA_DIR", default_value = "./data")]
    pub data_dir: PathBuf,
    /// The address people reach this server by; links in mails begin with it. [default: http:// and LISTEN]
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
    pub search: SearchSettings,
    #[command(flatten)]
    #[serde(flatten)]
    pub http: HttpSettings,
    #[command(flatten)]
    #[serde(flatten)]
    pub limits: LimitSettings,
}

/// What the operator takes.
#[derive(Debug, Clone, Args, Serialize)]
#[command(next_help_heading = "Fees")]
pub struct FeeSettings {
    /// What a guest pays to the operator on top of the price, in hundredths of a percent: 1200 is 12 %.
    #[arg(long, env = "GUEST_FEE", default_value_t = 1_200)]
    pub guest_fee: u32,
    /// What a host pays to the operator out of the price, in hundredths of a percent: 300 is 3 %.
    #[arg(long, env = "HOST_FEE", default_value_t = 300)]
    pub host_fee: u32,
}

/// How search answers.
#[derive(Debug, Clone, Args, Serialize)]
#[command(next_help_heading = "Search")]
pub struct SearchSettings {
    /// For how many seconds results may be kept in the cache, at most 30; a change in their area drops them before.
    /// 0 keeps none.
    #[arg(long, env = "SEARCH_CACHE_SECONDS", default_value_t = 10, value_parser = clap::value_parser!(u64).range(0..=30))]
    pub search_cache_seconds: u64,
}

/// Where things are kept and sent.
#[derive(Debug, Clone, Args, Serialize)]
#[command(next_help_heading = "Where things are kept and sent")]
pub struct StoreSettings {
    /// The database: `sqlite:path` or `postgres://user:password@host/database`. [default: sqlite in DATA_DIR]
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    pub database_url: Option<Secret>,
    /// Connections to the database per server (on SQLite: readers; there is one writer).
    #[arg(long, env = "DATABASE_CONNECTIONS", default_value_t = 10)]
    pub database_connections: u32,
    /// The PostgreSQL schema to live in, where one database holds several markets. [default: public]
    #[arg(long, env = "DATABASE_SCHEMA")]
    pub database_schema: Option<String>,
    /// The cache and the bus that several servers share: `redis://:password@host:6379`. [default: in process]
    #[arg(long, env = "REDIS_URL", hide_env_values = true)]
    pub redis_url: Option<Secret>,
    /// What all keys in Redis begin with, where one Redis serves several markets.
    #[arg(long, env = "REDIS_PREFIX", default_value = "sojourn")]
    pub redis_prefix: String,
    /// Where pictures are: `file:path` or `s3://bucket/prefix`, with the usual AWS_REGION, AWS_ACCESS_KEY_ID,
    /// AWS_SECRET_ACCESS_KEY, AWS_ENDPOINT. [default: in DATA_DIR]
    #[arg(long, env = "FILES_URL")]
    pub files_url: Option<String>,
    /// How mail goes out: `smtp://user:password@host:587`, `smtps://user:password@host`, or `file:path`, which sends
    /// nothing. [default: files in DATA_DIR]
    #[arg(long, env = "SMTP_URL", hide_env_values = true)]
    pub smtp_url: Option<Secret>,
    /// The sender of mails.
    #[arg(long, env = "MAIL_FROM", default_value = MAIL_FROM)]
    pub mail_from: String,
}

/// Keys. In the sandbox they are made and kept in the data folder.
#[derive(Debug, Clone, Args, Serialize)]
#[command(next_help_heading = "Keys (in the sandbox made at the first start, and kept in DATA_DIR)")]
pub struct SecretSettings {
    /// Sign access tokens (Ed25519): `name:base64 of 32 random bytes`. Comma-separated: the first signs, all verify.
    #[arg(long, env = "JWT_KEYS", hide_env_values = true)]
    pub jwt_keys: Option<Secret>,
    /// What other secrets are derived from: `name:base64 of 32 random bytes`. Comma-separated, the newest first.
    #[arg(long, env = "DATA_KEYS", hide_env_values = true)]
    pub data_keys: Option<Secret>,
}

/// Stripe. Without a key, the server starts its own emulator.
#[derive(Debug, Clone, Args, Serialize)]
#[command(next_help_heading = "Stripe")]
pub struct StripeSettings {
    /// The secret key, `sk_…`. [default: none, and the built-in emulator takes Stripe's place]
    #[arg(long, env = "STRIPE_SECRET_KEY", hide_env_values = true)]
    pub stripe_secret_key: Option<Secret>,
    /// The key that browsers use, `pk_…`.
    #[arg(long, env = "STRIPE_PUBLISHABLE_KEY", default_value = PUBLISHABLE_KEY)]
    pub stripe_publishable_key: String,
    /// What signs Stripe's notices to /webhooks/stripe, `whsec_…`; comma-separated, two while one is being replaced.
    #[arg(long, env = "STRIPE_WEBHOOK_SECRET", hide_env_values = true)]
    pub stripe_webhook_secret: Option<Secret>,
    /// Another address of Stripe's API. [default: Stripe's own]
    #[arg(long, env = "STRIPE_API_URL")]
    pub stripe_api_url: Option<Url>,
}

/// What clients may do.
#[derive(Debug, Clone, Args, Serialize)]
#[command(next_help_heading = "Clients")]
pub struct HttpSettings {
    /// Origins of frontends that may call from a browser, comma-separated: `https://www.example.org`. [default: all in
    /// the sandbox, none in production]
    #[arg(long, env = "ORIGINS", value_delimiter = ',')]
    pub origins: Vec<String>,
    /// Networks of load balancers whose X-Forwarded-For is believed, comma-separated: `10.0.0.0/8`. [default: none]
    #[arg(long, env = "TRUSTED_PROXIES", value_delimiter = ',')]
    pub trusted_proxies: Vec<ipnet::IpNet>,
    /// Whether GraphiQL and introspection are offered: `true` or `false`. [default: in the sandbox only]
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

    /// Whether GraphiQL and introspection are offered.
    pub fn explore(&self) -> bool {
        self.http.explore.unwrap_or(self.sandbox())
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
            (
                self.stripe.stripe_publishable_key == PUBLISHABLE_KEY,
                "STRIPE_PUBLISHABLE_KEY is not set: browsers need it to pay",
            ),
            (self.store.mail_from == MAIL_FROM, "MAIL_FROM is not set: its default is nobody's address"),
            (self.public_url.is_none(), "PUBLIC_URL is not set"),
        ];
        missing.into_iter().filter(|(is, _)| *is).map(|(_, what)| what).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::{CommandFactory, Parser};

    #[derive(Parser)]
    struct Flags {
        #[command(flatten)]
        settings: Settings,
    }

    #[test]
    fn every_setting_has_a_name_in_the_environment_and_says_what_it_is() {
        for setting in Flags::command().get_arguments() {
            let name = setting.get_id().as_str();
            let variable = setting.get_env().and_then(|name| name.to_str()).unwrap_or_default();
            assert_eq!(variable, name.to_uppercase());
            assert_eq!(setting.get_long().unwrap_or_default(), name.replace('_', "-"));
            assert!(setting.get_help().is_some_and(|help| help.to_string().len() > 15), "{name}");
            let heading = setting.get_help_heading().unwrap_or_default();
            assert!(!heading.is_empty(), "{name} stands under no heading");
            assert_eq!(setting.is_hide_env_values_set(), secrets::FROM_FILES.contains(&variable), "{name}");
        }
    }

    #[test]
    fn production_names_all_that_is_missing_at_once() {
        let settings = |flags: &[&str]| Flags::parse_from(["test"].iter().chain(flags)).settings;
        assert!(settings(&["--mode=sandbox"]).refusals().is_empty());
        let all = settings(&["--mode=production"]).refusals().join("\n");
        for name in [
            "JWT_KEYS",
            "DATA_KEYS",
            "STRIPE_SECRET_KEY",
            "STRIPE_WEBHOOK_SECRET",
            "STRIPE_PUBLISHABLE_KEY",
            "SMTP_URL",
            "MAIL_FROM",
            "PUBLIC_URL",
        ] {
            assert!(all.contains(name), "{name}");
        }
    }
}
