//! A believable market for trying out, for tests and for measuring: the same for the same numbers and the same day. Nothing
//! here is needed by a server that has customers, and it refuses to touch one.

pub mod accounts;
mod canvas;
pub mod chance;
pub mod cities;
mod home;
mod opinions;
mod payouts;
mod people;
mod phrases;
pub mod pictures;
mod rooms;
mod scenes;
mod stays;
mod store;
#[cfg(test)]
mod tests;
mod words;

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use anyhow::{Context, anyhow, ensure};
use chrono::TimeDelta;
use futures_util::{StreamExt, TryStreamExt, stream};
use sea_orm::{
    ActiveModelTrait, ConnectionTrait, DbBackend, DbErr, EntityTrait, IntoActiveModel, PaginatorTrait,
    Statement, sea_query::OnConflict,
};

use crate::{
    accounts::{hasher::Hasher, password::Password, user},
    config::FeeSettings,
    db::{Db, Tx},
    kernel::{Currency, Fault, Never, UserId, clock::Instant},
    listings::listing,
    ports::Files,
    pricing::tax_rule,
    search::turn_day,
};
use chance::Chance;
use pictures::Shot;

/// Who tries the market as a guest: with a stay behind and one ahead.
pub const GUEST: &str = "guest@demo.sojourn.test";

/// Who tries it as a host: with a place in each main city.
pub const HOST: &str = "host@demo.sojourn.test";

/// Who runs it.
pub const ADMIN: &str = "admin@demo.sojourn.test";

/// The password of these three.
pub const PASSWORD: &str = "sojourn-demo-2026";

/// Markets up to this size are for looking at: much happens at each place. Larger ones are for measuring.
pub const SMALL: u32 = 2_000;

/// Listings per transaction.
const BATCH: u64 = 250;

/// How large a market, and which.
#[derive(Debug, Clone, Copy)]
pub struct Ask {
    /// How many listings.
    pub listings: u32,
    /// Which of the many markets of that size.
    pub seed: u64,
}

/// What was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Report {
    /// Hosts, the demo host among them.
    pub hosts: u64,
    /// Guests who have been somewhere, the demo guest among them.
    pub guests: u64,
    /// Listings, all on sale.
    pub listings: u64,
    /// Pictures, shared by the listings.
    pub pictures: u64,
    /// Bookings, past and to come.
    pub bookings: u64,
    /// Reviews.
    pub reviews: u64,
    /// Nights that are not for sale.
    pub nights: u64,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { hosts, guests, listings, pictures, bookings, reviews, nights } = self;
        write!(
            f,
            "{listings} listings of {hosts} hosts with {pictures} pictures; {bookings} bookings of {guests} guests, \
             {reviews} reviews, {nights} nights taken"
        )
    }
}

/// Fills an empty database with a market. `fees` go into its prices, `secret` moves public points (the same as in
/// search), stays are before and after `now`.
pub async fn seed(
    db: &Db,
    files: &Files,
    ask: Ask,
    fees: &FeeSettings,
    now: Instant,
    secret: &[u8; 32],
) -> anyhow::Result<Report> {
    refuse_customers(db).await?;
    let shots = pictures::hang(files).await?;
    fill(db, &shots, ask, fees, now, secret).await
}

async fn refuse_customers(db: &Db) -> anyhow::Result<()> {
    let known = listing::Entity::find().count(db.read()).await?;
    ensure!(known == 0, "this database has {known} listings already: a market is made in an empty one only");
    Ok(())
}

/// The same with pictures that are stored already.
pub(crate) async fn fill(
    db: &Db,
    shots: &[Shot],
    ask: Ask,
    fees: &FeeSettings,
    now: Instant,
    secret: &[u8; 32],
) -> anyhow::Result<Report> {
    // By the day, so that whoever seeds later today gets the same market.
    let now = now.date_naive().and_time(chrono::NaiveTime::MIN).and_utc();
    let people = people_of(ask, now).await?;
    let taxes = taxes();

    let market = Market { ask, fees, now, secret, shots, people: &people, taxes: &taxes };
    let (bookings, reviews, nights) = (AtomicU64::new(0), AtomicU64::new(0), AtomicU64::new(0));
    let write = async |first: u64| -> anyhow::Result<()> {
        let batch = market.batch(first)?;
        let counts = batch.counts();
        // Whoever is killed on the way leaves an empty database behind, or one with a market: people come with the
        // first places, and a small market is one transaction.
        let people = (first == 0).then_some((&people, taxes.as_slice()));
        write(db, batch, people).await?;
        for (sum, count) in [(&bookings, counts.0), (&reviews, counts.1), (&nights, counts.2)] {
            sum.fetch_add(count as u64, Ordering::Relaxed);
        }
        Ok(())
    };
    // Checks of keys and triggers keep the plans that they were first run with: on empty tables those read all of a table
    // for each row. So the first batch goes alone, and the rest is planned with what is known by then.
    write(0).await?;
    analyze(db).await?;
    let rest = (0..u64::from(ask.listings)).step_by(usize::try_from(BATCH)?).skip(1);
    // SQLite has one writer; PostgreSQL writes some batches while the next ones are made.
    let at_once = if db.backend() == DbBackend::Sqlite { 1 } else { 4 };
    stream::iter(rest).map(&write).buffer_unordered(at_once).try_collect::<()>().await?;
    analyze(db).await?;
    let today = now.date_naive();
    db.write(|tx| async move { Ok::<_, Fault<Never>>(turn_day::remember(&tx, today).await?) }).await?;
    Ok(Report {
        hosts: people.hosts.len() as u64,
        guests: people.guests.len() as u64,
        listings: ask.listings.into(),
        pictures: shots.len() as u64,
        bookings: bookings.into_inner(),
        reviews: reviews.into_inner(),
        nights: nights.into_inner(),
    })
}

/// Everybody, the demo people first among their kind.
struct People {
    admin: user::Model,
    hosts: Vec<user::Model>,
    guests: Vec<user::Model>,
}

struct Market<'a> {
    ask: Ask,
    fees: &'a FeeSettings,
    now: Instant,
    secret: &'a [u8; 32],
    shots: &'a [Shot],
    people: &'a People,
    taxes: &'a [tax_rule::Model],
}

impl Market<'_> {
    /// The listings from `first` on.
    fn batch(&self, first: u64) -> anyhow::Result<store::Batch> {
        let (listings, now) = (u64::from(self.ask.listings), self.now);
        // The demo guest comes first and travels where `stays` says, not by chance.
        let guests: Vec<UserId> = self.people.guests[1..].iter().map(|guest| guest.id).collect();
        let mut batch = store::Batch::default();
        for number in first..(first + BATCH).min(listings) {
            let demo = number < cities::MAIN as u64;
            let host = &self.people.hosts[usize::try_from(host_of(number))?];
            let mut home = home::home(home::Plan {
                number,
                seed: self.ask.seed,
                listings,
                host: host.id,
                demo,
                shots: self.shots,
                now,
            });
            let stays = stays::stays(
                &mut home,
                stays::Plan {
                    number,
                    seed: self.ask.seed,
                    small: self.ask.listings <= SMALL,
                    guests: &guests,
                    demo_guest: self.people.guests[0].id,
                    host_name: &host.display_name,
                    taxes: self.taxes,
                    fees: self.fees,
                    now,
                },
            )?;
            batch.add(home, stays, self.taxes, self.secret, now);
        }
        Ok(batch)
    }
}

/// The demo host has one place in each main city; the others have three each.
fn host_of(number: u64) -> u64 {
    let main = cities::MAIN as u64;
    if number < main { 0 } else { 1 + (number - main) / 3 }
}

async fn people_of(ask: Ask, now: Instant) -> anyhow::Result<People> {
    // One hash for all three: hashing is slow on purpose.
    let password = Password::presented(PASSWORD).context("the demo password is no password")?;
    let hash = Hasher::default().hash_again(password).await?;
    let person = |kind: &str, number: u64, demo: Option<&str>| -> anyhow::Result<user::Model> {
        let mut chance = Chance::new(ask.seed, kind, number);
        let since = now - TimeDelta::days(i64::from(chance.between(1_100, 1_600)));
        let name = people::name(&mut chance);
        let email = demo.map_or_else(|| format!("{kind}{number}@people.sojourn.test"), str::to_owned);
        Ok(user::Model {
            id: UserId(chance.id(since)),
            email: email.parse()?,
            password_hash: demo.map(|_| hash.clone()),
            display_name: name,
            bio: if kind == "host" { people::bio(&mut chance) } else { String::new() },
            is_host: kind == "host",
            is_admin: kind == "admin",
            email_verified_at: Some(since),
            suspended_at: None,
            revision: 0,
            notification_seq: 0,
            created_at: since,
        })
    };
    let several = |kind: &str, count: u64, demo: &str| -> anyhow::Result<Vec<user::Model>> {
        (0..count).map(|number| person(kind, number, (number == 0).then_some(demo))).collect()
    };
    let listings = u64::from(ask.listings);
    Ok(People {
        admin: person("admin", 0, Some(ADMIN))?,
        hosts: several("host", host_of(listings.saturating_sub(1)) + 1, HOST)?,
        guests: several("guest", (listings / 10).clamp(40, 5_000) + 1, GUEST)?,
    })
}

/// Occupancy taxes of some places, as they are about.
fn taxes() -> Vec<tax_rule::Model> {
    let rules = [
        ("PT", "Lisboa", 0, 400, Currency::EUR),
        ("US", "New York", 1_475, 0, Currency::USD),
        ("JP", "Kyoto", 0, 200, Currency::JPY),
        ("ES", "Catalonia", 0, 275, Currency::EUR),
        ("IT", "", 0, 350, Currency::EUR),
        ("NL", "North Holland", 1_250, 0, Currency::EUR),
        ("DE", "Berlin", 750, 0, Currency::EUR),
        ("FR", "", 0, 250, Currency::EUR),
        ("CA", "British Columbia", 1_100, 0, Currency::CAD),
        ("ZA", "", 100, 0, Currency::ZAR),
    ];
    let rule = |(country, region, percent, per_person_night, currency): (&str, &str, i32, i64, Currency)| {
        tax_rule::Model {
            country: country.to_owned(),
            region: region.to_owned(),
            percent,
            per_person_night,
            currency,
            ..tax_rule::Model::none()
        }
    };
    rules.into_iter().map(rule).collect()
}

async fn write_people(tx: &Tx, people: &People, taxes: &[tax_rule::Model]) -> Result<(), DbErr> {
    let everybody: Vec<user::Model> =
        people.hosts.iter().chain(&people.guests).chain([&people.admin]).cloned().collect();
    store::insert(&**tx, everybody).await?;
    store::insert(&**tx, people.hosts.iter().map(accounts::account).collect()).await?;
    // The operator's own rules stay.
    let known =
        OnConflict::columns([tax_rule::Column::Country, tax_rule::Column::Region]).do_nothing().to_owned();
    let rows = taxes.iter().cloned().map(|rule| rule.into_active_model().reset_all());
    tax_rule::Entity::insert_many(rows).on_conflict(known).exec_without_returning(&**tx).await?;
    Ok(())
}

/// Lets the database look at our tables, so that it plans with what is in them. At ours only: a database may hold those of
/// others, and each table that PostgreSQL has looked at stays locked against changes of its form until the end.
async fn analyze(db: &Db) -> Result<(), Fault<Never>> {
    db.write(|tx| async move {
        tx.take_time().await?;
        let backend = tx.get_database_backend();
        let statement = match backend {
            DbBackend::Postgres => {
                let ours = "SELECT 'ANALYZE ' || string_agg(quote_ident(tablename), ', ' ORDER BY tablename)
                    FROM pg_tables WHERE schemaname = current_schema()";
                let row = tx.query_one_raw(Statement::from_string(backend, ours)).await?;
                row.ok_or_else(|| anyhow!("there are no tables to look at"))?.try_get_by_index(0)?
            }
            _ => "ANALYZE".to_owned(),
        };
        Ok(tx.execute_unprepared(&statement).await.map(|_| ())?)
    })
    .await
}

async fn write(
    db: &Db,
    batch: store::Batch,
    people: Option<(&People, &[tax_rule::Model])>,
) -> anyhow::Result<()> {
    let batch = Arc::new(batch);
    db.write(|tx| {
        let batch = store::Batch::clone(&batch);
        async move {
            tx.take_time().await?;
            if let Some((people, taxes)) = people {
                write_people(&tx, people, taxes).await?;
            }
            Ok::<_, Fault<Never>>(batch.write(&*tx).await?)
        }
    })
    .await?;
    Ok(())
}
