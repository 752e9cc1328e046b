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

/// A shorter secret is none.
const SHORTEST_SECRET: usize = 16;

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
    /// The address and port for Prometheus to read `/metrics` at; not for strangers. [default: none]
    #[arg(long, env = "METRICS_LISTEN")]
    pub metrics_listen: Option<SocketAddr>,
    /// How many jobs this process works on side by side; 0 leaves them to other processes.
    #[arg(long, env = "JOBS_AT_ONCE", default_value_t = 8)]
    pub jobs_at_once: usize,
    /// For how many days jobs that are done are kept, to be looked at.
    #[arg(long, env = "JOBS_KEPT_DAYS", default_value_t = 7)]
    pub jobs_kept_days: u32,
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
    pub rates: RateSettings,
    #[command(flatten)]
    #[serde(flatten)]
    pub feeds: FeedSettings,
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
    /// The country of the operator's account at Stripe (two letters): hosts are paid within its region only.
    #[arg(long, env = "STRIPE_COUNTRY", default_value = "IE", value_parser = a_country)]
    pub stripe_country: String,
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

impl Settings {
    /// The same, where a secret that is set to nothing is not set: so it is for whoever passes on a variable that is
    /// empty.
    #[must_use]
    pub fn without_empty(mut self) -> Self {
        for secret in [
            &mut self.store.database_url,
            &mut self.store.redis_url,
            &mut self.store.smtp_url,
            &mut self.secrets.jwt_keys,
            &mut self.secrets.data_keys,
            &mut self.stripe.stripe_secret_key,
            &mut self.stripe.stripe_webhook_secret,
        ] {
            *secret = secret.take().filter(|secret| !secret.reveal().is_empty());
        }
        self.store.files_url = self.store.files_url.take().filter(|url| !url.trim().is_empty());
        self
    }

    /// What signs Stripe's notices: any of these.
    pub fn webhook_secrets(&self) -> Vec<String> {
        let list = self.stripe.stripe_webhook_secret.as_ref().map_or("", Secret::reveal);
        list.split(',').map(str::trim).filter(|secret| !secret.is_empty()).map(str::to_owned).collect()
    }

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

    /// Whether people reach it by TLS.
    pub fn behind_tls(&self) -> bool {
        self.public_url.as_ref().is_some_and(|url| url.scheme() == "https")
    }

    /// Whether this is play.
    pub fn sandbox(&self) -> bool {
        self.mode == Mode::Sandbox
    }

    /// Whether GraphiQL and introspection are offered.
    pub fn explore(&self) -> bool {
        self.http.explore.unwrap_or(self.sandbox())
    }

    /// The settings as they are in force, secrets as `***`: what wasn't set shows what stands in its place, and `null` is
    /// what there is none of.
    pub fn in_force(&self) -> serde_json::Value {
        let mut shown = serde_json::to_value(self).unwrap_or_default();
        let in_folder = |name: &str| format!("file:{}", self.data_dir.join(name).display());
        for (name, default) in [
            ("database_url", self.database_url().into()),
            ("public_url", self.public_url().into()),
            ("files_url", in_folder("files").into()),
            ("smtp_url", in_folder("mail").into()),
            ("explore", self.explore().into()),
        ] {
            if shown[name].is_null() {
                shown[name] = default;
            }
        }
        shown
    }

    /// What is missing, weak, or a stand-in that nobody has named, in production: the server does not start with any of
    /// these.
    pub fn refusals(&self) -> Vec<&'static str> {
        if self.sandbox() {
            return Vec::new();
        }
        let stripe_key = self.stripe.stripe_secret_key.as_ref().map_or("", Secret::reveal);
        let webhook_secrets = self.webhook_secrets();
        let is_weak = |secret: &String| secret.len() < SHORTEST_SECRET;
        let missing = [
            (
                self.store.database_url.is_none(),
                "DATABASE_URL is not set: name it, be it `sqlite:path` for one server",
            ),
            (
                self.store.redis_url.is_none(),
                "REDIS_URL is not set: name it, be it `memory:` for one server alone",
            ),
            (
                self.store.files_url.is_none(),
                "FILES_URL is not set: name it, be it `file:path` for one server alone",
            ),
            (
                self.store.smtp_url.as_ref().is_some_and(|url| url.reveal() == "file:"),
                "SMTP_URL is `file:`: mails as files go nowhere; say `file:path` where that is meant",
            ),
            (
                ["sk_test_", "rk_test_"].iter().any(|prefix| stripe_key.starts_with(prefix)),
                "STRIPE_SECRET_KEY is a key for tests: no money comes by it",
            ),
            (
                self.stripe.stripe_api_url.as_ref().is_some_and(|url| url.scheme() != "https"),
                "STRIPE_API_URL is not https: Stripe is not on this machine",
            ),
            (
                webhook_secrets.iter().any(is_weak),
                "STRIPE_WEBHOOK_SECRET has a part of fewer than 16 characters: anybody could guess it",
            ),
            (self.secrets.jwt_keys.is_none(), "JWT_KEYS is not set"),
            (self.secrets.data_keys.is_none(), "DATA_KEYS is not set"),
            (
                self.stripe.stripe_secret_key.is_none(),
                "STRIPE_SECRET_KEY is not set: the emulator is for the sandbox",
            ),
            (webhook_secrets.is_empty(), "STRIPE_WEBHOOK_SECRET is not set"),
            (self.store.smtp_url.is_none(), "SMTP_URL is not set: mails as files are for the sandbox"),
            (
                self.stripe.stripe_publishable_key == PUBLISHABLE_KEY,
                "STRIPE_PUBLISHABLE_KEY is not set: browsers need it to pay",
            ),
            (self.store.mail_from == MAIL_FROM, "MAIL_FROM is not set: its default is nobody's address"),
            (self.public_url.is_none(), "PUBLIC_URL is not set"),
            (
                self.rates.rates_url.is_none(),
                "RATES_URL is not set: recorded rates grow old (say recorded: if you want them)",
            ),
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
    fn what_was_not_set_shows_what_is_in_force() {
        let shown = |flags: &[&str]| Flags::parse_from(["test"].iter().chain(flags)).settings.in_force();
        let laptop = shown(&["--data-dir=here"]);
        assert_eq!(laptop["database_url"], "sqlite:here/sojourn.db");
        assert_eq!(laptop["files_url"], "file:here/files");
        assert_eq!(laptop["smtp_url"], "file:here/mail");
        assert_eq!(laptop["public_url"], "http://127.0.0.1:8080");
        assert_eq!(laptop["explore"], true);
        let server =
            shown(&["--database-url=postgres://me:secret@db/x", "--explore=false", "--mode=production"]);
        assert_eq!(server["database_url"], "***");
        assert_eq!(server["explore"], false);
    }

    #[test]
    fn production_names_all_that_is_missing_at_once() {
        let settings = |flags: &[&str]| Flags::parse_from(["test"].iter().chain(flags)).settings;
        assert!(settings(&["--mode=sandbox"]).refusals().is_empty());
        let all = settings(&["--mode=production"]).refusals().join("\n");
        for name in [
            "DATABASE_URL",
            "REDIS_URL",
            "FILES_URL",
            "JWT_KEYS",
            "DATA_KEYS",
            "STRIPE_SECRET_KEY",
            "STRIPE_WEBHOOK_SECRET",
            "STRIPE_PUBLISHABLE_KEY",
            "SMTP_URL",
            "MAIL_FROM",
            "PUBLIC_URL",
            "RATES_URL",
        ] {
            assert!(all.contains(name), "{name}");
        }
    }

    fn with(flags: &[&str]) -> Settings {
        Flags::parse_from(["test"].iter().chain(flags)).settings.without_empty()
    }

    /// A production that starts.
    const RIGHT: &[&str] = &[
        "--mode=production",
        "--database-url=postgres://db/sojourn",
        "--redis-url=redis://cache",
        "--files-url=s3://bucket",
        "--smtp-url=smtp://mail",
        "--mail-from=Us <us@example.org>",
        "--public-url=https://example.org",
        "--jwt-keys=a:key",
        "--data-keys=a:key",
        "--stripe-secret-key=sk_live_0123456789",
        "--stripe-webhook-secret=whsec_0123456789abcdef",
        "--stripe-publishable-key=pk_live_0123456789",
        "--rates-url=recorded:",
    ];

    fn refused(flag: &str) -> Vec<&'static str> {
        let name = flag.split('=').next().unwrap();
        let others = RIGHT.iter().copied().filter(|right| right.split('=').next() != Some(name));
        with(&others.chain([flag]).collect::<Vec<_>>()).refusals()
    }

    #[test]
    fn an_empty_secret_is_none() {
        let settings = with(&["--stripe-secret-key=", "--redis-url= ", "--stripe-webhook-secret="]);
        assert!(settings.stripe.stripe_secret_key.is_none() && settings.store.redis_url.is_none());
        assert!(settings.webhook_secrets().is_empty());
        let settings = with(&["--stripe-webhook-secret=whsec_abc, ,whsec_def,"]);
        assert_eq!(settings.webhook_secrets(), ["whsec_abc", "whsec_def"]);
        assert_eq!(with(&["--stripe-webhook-secret=,"]).webhook_secrets(), Vec::<String>::new());
    }

    #[test]
    fn production_takes_stand_ins_that_are_named_and_refuses_the_rest() {
        assert_eq!(with(RIGHT).refusals(), Vec::<&str>::new());
        for named in [
            "--database-url=sqlite:here.db",
            "--redis-url=memory:",
            "--files-url=file:/srv",
            "--smtp-url=file:/srv/mail",
        ] {
            assert_eq!(refused(named), Vec::<&str>::new(), "{named}");
        }
        for (wrong, why) in [
            ("--database-url=", "DATABASE_URL"),
            ("--redis-url=", "REDIS_URL"),
            ("--files-url=", "FILES_URL"),
            ("--smtp-url=", "SMTP_URL"),
            ("--smtp-url=file:", "SMTP_URL"),
            ("--stripe-secret-key=sk_test_0123456789", "STRIPE_SECRET_KEY"),
            ("--stripe-api-url=http://127.0.0.1:12111", "STRIPE_API_URL"),
            ("--stripe-webhook-secret=,", "STRIPE_WEBHOOK_SECRET"),
            ("--stripe-webhook-secret=whsec_0123456789abcdef,whsec_", "STRIPE_WEBHOOK_SECRET"),
            ("--jwt-keys=", "JWT_KEYS"),
            ("--data-keys=", "DATA_KEYS"),
        ] {
            let said = refused(wrong);
            assert!(said.len() == 1 && said[0].contains(why), "{wrong}: {said:?}");
        }
    }
}
