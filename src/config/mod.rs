//! Settings: one struct per section, read once in `main` from flags and environment. The defaults are the laptop.

mod limits;
mod refusals;
mod secrets;
mod sections;
pub mod setting;
mod tls;

use std::{net::SocketAddr, path::PathBuf};

use clap::{Args, ValueEnum};
use serde::Serialize;
use url::Url;

pub use limits::LimitSettings;
pub use secrets::{Secret, read_secret_files};
pub use sections::{
    FeeSettings, FeedSettings, HttpSettings, RateSettings, SearchSettings, SecretSettings, StoreSettings,
    StripeSettings, Trouble,
};
pub use tls::TlsSettings;

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
    /// The address people reach this server by; links in mails begin with it. [default: LISTEN]
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
    pub tls: TlsSettings,
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
        let default = || format!("{}://{}", self.tls.scheme(), self.listen);
        self.public_url.as_ref().map_or_else(default, |url| url.as_str().trim_end_matches('/').to_owned())
    }

    /// Whether people reach it by TLS.
    pub fn behind_tls(&self) -> bool {
        self.public_url.as_ref().map_or(self.tls.scheme(), Url::scheme) == "https"
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
        assert_eq!(shown(&["--tls-cert=a.crt", "--tls-key=a.key"])["public_url"], "https://127.0.0.1:8080");
        assert_eq!(laptop["explore"], true);
        let server =
            shown(&["--database-url=postgres://me:secret@db/x", "--explore=false", "--mode=production"]);
        assert_eq!(server["database_url"], "***");
        assert_eq!(server["explore"], false);
    }

    #[test]
    fn an_empty_secret_is_none() {
        let with = |flags: &[&str]| Flags::parse_from(["test"].iter().chain(flags)).settings.without_empty();
        let settings = with(&["--stripe-secret-key=", "--redis-url= ", "--stripe-webhook-secret="]);
        assert!(settings.stripe.stripe_secret_key.is_none() && settings.store.redis_url.is_none());
        assert!(settings.webhook_secrets().is_empty());
        let settings = with(&["--stripe-webhook-secret=whsec_abc, ,whsec_def,"]);
        assert_eq!(settings.webhook_secrets(), ["whsec_abc", "whsec_def"]);
        assert_eq!(with(&["--stripe-webhook-secret=,"]).webhook_secrets(), Vec::<String>::new());
    }
}
