//! The sections of the settings, one struct each. No behaviour.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use serde::Serialize;
use url::Url;

use super::Secret;

/// The sender of a sandbox's mails.
pub(super) const MAIL_FROM: &str = "Sojourn <hello@sojourn.test>";

/// The emulator's publishable key.
pub(super) const PUBLISHABLE_KEY: &str = "pk_test_sojourn";

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

/// What guests pay who pay in another currency than the listing's.
#[derive(Debug, Clone, Args, Serialize)]
#[command(next_help_heading = "Rates of exchange")]
pub struct RateSettings {
    /// Where rates of exchange come from: an https: or http: address that answers
    /// `{"base": "EUR", "date": "2026-06-30", "rates": {"USD": 1.16}}`, or `recorded:`, the table that is shipped.
    /// [default: recorded: in the sandbox]
    #[arg(long, env = "RATES_URL", hide_env_values = true)]
    pub rates_url: Option<Secret>,
    /// Every how many hours rates are asked for, 1 to 24. A rate older than three days makes no price.
    #[arg(long, env = "RATES_EVERY", default_value_t = 24, value_parser = clap::value_parser!(u32).range(1..=24))]
    pub rates_every: u32,
}

/// Calendars of other sites.
#[derive(Debug, Clone, Args, Serialize)]
#[command(next_help_heading = "Calendar feeds")]
pub struct FeedSettings {
    /// The largest feed that is read, in bytes.
    #[arg(long, env = "FEED_BYTES", default_value_t = 2 * 1024 * 1024)]
    pub feed_bytes: usize,
    /// How long fetching a feed may take, in seconds.
    #[arg(long, env = "FEED_SECONDS", default_value_t = 10)]
    pub feed_seconds: u64,
    /// How often each feed is fetched, in minutes.
    #[arg(long, env = "FEED_MINUTES", default_value_t = 60)]
    pub feed_minutes: u32,
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
    /// Connections to the database per server: so many to read with, and on PostgreSQL as many to write with (SQLite has
    /// one writer).
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
    /// The country of the operator's account at Stripe (two letters): hosts are paid within its region only.
    #[arg(long, env = "STRIPE_COUNTRY", default_value = "IE", value_parser = a_country)]
    pub stripe_country: String,
    /// How the built-in emulator misbehaves, comma-separated, to see that nothing is lost by it. [default: not at all]
    #[arg(long, env = "STRIPE_TROUBLE", value_enum, value_delimiter = ',')]
    pub stripe_trouble: Vec<Trouble>,
}

/// How the emulator in Stripe's place misbehaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Trouble {
    /// Each call takes half a second longer.
    Slow,
    /// The first try of each call answers 500, and nothing is done; the next try is answered.
    Failing,
    /// The same, and the connection breaks in place of an answer.
    Reset,
    /// The first try of each call is done, and the connection breaks before the answer is through.
    Silent,
    /// Each webhook comes twice.
    WebhooksDoubled,
    /// Webhooks come in any order.
    WebhooksShuffled,
    /// Webhooks come ten minutes late, by the sandbox's clock.
    WebhooksDelayed,
    /// No webhook comes.
    WebhooksLost,
}

fn a_country(code: &str) -> Result<String, String> {
    let code = code.to_ascii_uppercase();
    if crate::kernel::country::is_code(&code) { Ok(code) } else { Err("two letters, such as IE".to_owned()) }
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
    /// Networks that may come, comma-separated: `10.0.0.0/8,2001:db8::/32`. [default: all]
    #[arg(long, env = "ALLOW_ADDRESSES", value_delimiter = ',')]
    pub allow_addresses: Vec<ipnet::IpNet>,
    /// Networks that may not, whatever ALLOW_ADDRESSES says, comma-separated. [default: none]
    #[arg(long, env = "DENY_ADDRESSES", value_delimiter = ',')]
    pub deny_addresses: Vec<ipnet::IpNet>,
    /// A file of the only GraphQL documents that are executed: a JSON object of each one's text by its SHA-256 in
    /// hexadecimal. [default: none, and every document is]
    #[arg(long, env = "TRUSTED_DOCUMENTS")]
    pub trusted_documents: Option<PathBuf>,
    /// Whether GraphiQL and introspection are offered: `true` or `false`. [default: in the sandbox only]
    #[arg(long, env = "EXPLORE")]
    pub explore: Option<bool>,
}
