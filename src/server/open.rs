//! Opening everything that the settings name: the one place where doors are chosen. No routes.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use anyhow::Context;
use migration::{Migrator, MigratorTrait};

use crate::{
    accounts::{Gate, Keys},
    app::App,
    config::{Secret, Settings},
    db::{Db, DbSettings},
    kernel::Clock,
    ports::{
        bus::Bus,
        cache::Cache,
        feeds::{self, Feeds, Reach},
        files::Files,
        mail::Mail,
        rates::RateSource,
        stripe::{
            Stripe, StripeSettings,
            emulator::{Emulator, EmulatorSettings},
        },
        tally::Tally,
        throttle::Throttle,
    },
    pricing::RateTable,
    sandbox::{self, Hand},
    search,
};

/// The purpose for which the secret that moves public points is derived.
pub const POINT_SECRET: &str = "public-point";

/// The sandbox's own Stripe secrets: they open nothing but an emulator on this machine's loopback.
const EMULATOR_KEY: &str = "sk_test_sojourn_emulator";
const EMULATOR_WEBHOOK_SECRET: &str = "whsec_sojourn_emulator";

/// Opens the database, and brings it up to date.
pub async fn database(settings: &Settings, clock: &Clock, keys: &Keys, cache: &Cache) -> anyhow::Result<Db> {
    let db = Db::open(&DbSettings {
        url: settings.database_url(),
        connections: settings.store.database_connections,
        schema: settings.store.database_schema.clone(),
        statement_time: Duration::from_secs(settings.limits.statement_seconds),
    })
    .await?;
    let up = |hand| async move { Ok(Migrator::up(&hand, None).await?) };
    db.alone(up).await.context("the database cannot be brought up to date")?;
    let keeper = search::Keeper::new(keys.derive(POINT_SECRET, b""), clock.clone());
    // A cache in this process that keeps no results has none to drop; one in Redis may have another server's.
    let keeps = settings.search.search_cache_seconds > 0 || settings.store.redis_url.is_some();
    let keeper = if keeps { keeper.dropping(cache.clone()) } else { keeper };
    Ok(db.kept_by(Arc::new(keeper)))
}

/// Opens all doors. `aws` are the usual AWS_* variables, for files in S3.
pub async fn app(settings: Settings, clock: Clock, aws: &[(String, String)]) -> anyhow::Result<App> {
    let settings = settings.without_empty();
    if let [first, rest @ ..] = settings.refusals().as_slice() {
        let all = rest.iter().fold((*first).to_owned(), |all, next| format!("{all}; {next}"));
        anyhow::bail!("this is no way to run in production: {all}");
    }
    std::fs::create_dir_all(&settings.data_dir)
        .with_context(|| format!("cannot make {}", settings.data_dir.display()))?;
    let reveal = |secret: &Option<Secret>| secret.as_ref().map(|secret| secret.reveal().to_owned());
    let keys = Keys::from_settings(
        reveal(&settings.secrets.jwt_keys).as_deref(),
        reveal(&settings.secrets.data_keys).as_deref(),
        &settings.data_dir,
        settings.sandbox(),
    )?;
    let redis = reveal(&settings.store.redis_url);
    let prefix = &settings.store.redis_prefix;
    let cache = Cache::open(redis.as_deref(), prefix)?;
    let db = database(&settings, &clock, &keys, &cache).await?;
    sandbox::read_offset(&db, &clock).await?;
    let search = search::form::renew(&db, &keys.derive(POINT_SECRET, b""), clock.now()).await;
    search.context("the entries of search cannot be made anew")?;
    let files = settings.store.files_url.clone().unwrap_or_else(|| "file:".to_owned());
    let mail = reveal(&settings.store.smtp_url).unwrap_or_else(|| "file:".to_owned());
    let rate_source = reveal(&settings.rates.rates_url).unwrap_or_else(|| "recorded:".to_owned());
    let rates = RateTable::default();
    rates.read(db.read()).await?;
    let (stripe, emulator) = stripe(&settings, &clock).await?;
    let bus = Bus::open(redis.as_deref(), prefix)?;
    Ok(App {
        cache,
        feeds: feeds(&settings)?,
        files: Files::open(&files, &settings.data_dir, aws)?,
        mail: Mail::open(&mail, &settings.store.mail_from, &settings.data_dir)?,
        stripe,
        emulator: emulator.map(Arc::new),
        rate_source: RateSource::open(&rate_source)?,
        rates,
        search: search::Memory::default(),
        throttle: Throttle::open(redis.as_deref(), prefix)?,
        hand: Hand::default(),
        gate: Gate::new(Tally::open(redis.as_deref(), prefix)?),
        keys,
        db: db.announced_by(Arc::new(bus.clone())),
        bus,
        clock,
        settings: Arc::new(settings),
    })
}

/// The way to other sites' calendars; outside the sandbox it leads to no private address.
fn feeds(settings: &Settings) -> anyhow::Result<Feeds> {
    let reach = if settings.sandbox() { Reach::Anywhere } else { Reach::Public };
    let time = Duration::from_secs(settings.feeds.feed_seconds);
    Feeds::open(reach, feeds::Limits { bytes: settings.feeds.feed_bytes, time })
}

/// Stripe where there is a key for it; otherwise the server's own emulator, which forgets nothing over a restart.
async fn stripe(settings: &Settings, clock: &Clock) -> anyhow::Result<(Stripe, Option<Emulator>)> {
    let publishable_key = settings.stripe.stripe_publishable_key.clone();
    if let Some(key) = &settings.stripe.stripe_secret_key {
        let stripe = Stripe::open(&StripeSettings {
            secret_key: key.reveal().to_owned(),
            api_url: settings.stripe.stripe_api_url.clone(),
            on_emulator: false,
            publishable_key,
            webhook_secrets: settings.webhook_secrets(),
        })?;
        return Ok((stripe, None));
    }
    let emulator = Emulator::start(EmulatorSettings {
        listen: SocketAddr::from(([127, 0, 0, 1], 0)),
        secret_key: EMULATOR_KEY.to_owned(),
        webhook_secret: EMULATOR_WEBHOOK_SECRET.to_owned(),
        webhook_url: None,
        clock: clock.clone(),
        snapshot: Some(settings.data_dir.join("stripe-emulator.json")),
    })
    .await?;
    for trouble in &settings.stripe.stripe_trouble {
        emulator.switches().turn_on(*trouble);
    }
    let stripe = Stripe::open(&StripeSettings {
        secret_key: EMULATOR_KEY.to_owned(),
        api_url: Some(emulator.url().clone()),
        on_emulator: true,
        publishable_key,
        webhook_secrets: vec![EMULATOR_WEBHOOK_SECRET.to_owned()],
    })?;
    Ok((stripe, Some(emulator)))
}
