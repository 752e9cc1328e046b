//! What production refuses to start with. No other rule about settings.

use super::{
    Secret, Settings,
    sections::{MAIL_FROM, PUBLISHABLE_KEY},
};

/// A shorter secret is none.
const SHORTEST_SECRET: usize = 16;

impl Settings {
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
            (
                !self.stripe.stripe_trouble.is_empty(),
                "STRIPE_TROUBLE is set: there is trouble enough in business",
            ),
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
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Flags {
        #[command(flatten)]
        settings: Settings,
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
            ("--stripe-trouble=slow", "STRIPE_TROUBLE"),
            ("--jwt-keys=", "JWT_KEYS"),
            ("--data-keys=", "DATA_KEYS"),
        ] {
            let said = refused(wrong);
            assert!(said.len() == 1 && said[0].contains(why), "{wrong}: {said:?}");
        }
    }
}
