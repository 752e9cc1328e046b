//! Every so often, rates of exchange are asked for anew: what the source says is judged, stored, and told to all servers.

use std::collections::BTreeMap;

use bytes::Bytes;
use chrono::{NaiveDate, TimeDelta};
use rust_decimal::Decimal;
use sea_orm::{ActiveValue::Set, DbErr, EntityTrait, sea_query::OnConflict};

use super::{
    exchange::{DIGITS, Rates},
    exchange_rate,
    rate_table::stored,
    rates,
};
use crate::{
    app::App,
    db::Tx,
    event::Event,
    kernel::{Currency, Fault, Never, clock::Instant},
    ports::rates::Told,
};

/// Where servers tell each other that rates have changed.
pub const TOPIC: &str = "pricing.rates";

/// A rate that has become so many times what it was, or so small a part, is a mistake or worse.
const JUMP: Decimal = Decimal::from_parts(3, 0, 0, false, 0);

/// The first rate of a currency may differ so much from the table that was recorded when this was written.
const FIRST_JUMP: Decimal = Decimal::from_parts(10, 0, 0, false, 0);

/// A source whose rates are older has stopped: markets close for some days at most.
const STALE: TimeDelta = TimeDelta::days(7);

/// Why a rate, or all that a source says, is not believed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Doubt {
    /// Not even a number.
    #[error("this is no number")]
    NotANumber,
    /// Zero or less.
    #[error("a rate is more than zero")]
    NotPositive,
    /// Too far from what it was.
    #[error("{now} is too far from {before}: if it is right, delete the row of exchange_rate")]
    Jump {
        /// Per euro, as it was.
        before: Decimal,
        /// Per euro, as it is said to be.
        now: Decimal,
    },
    /// Rates in another currency are of use only with the euro's.
    #[error("it does not say what a euro is worth")]
    NoEuro,
    /// It has stopped.
    #[error("its rates are of {0}")]
    Stale(NaiveDate),
}

/// What becomes of what a source says. A currency in neither list was not spoken of; it keeps the rate that it has.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Verdict {
    /// Per euro, to be stored.
    pub taken: BTreeMap<Currency, Decimal>,
    /// Not believed: the currency keeps the rate that it has.
    pub doubted: BTreeMap<Currency, Doubt>,
}

/// Asks the source, stores what is believed of its answer, and comes back when it is time. A source that fails is asked
/// again sooner; until then the rates are what they were, and those that get too old are not used.
pub async fn refresh_rates(app: &App) -> Result<(), Fault<Never>> {
    let now = app.clock.now();
    let every = app.settings.rates.rates_every;
    let told = app.rate_source.fetch().await;
    let before = stored(app.db.read()).await?;

    let today = app.clock.real_now().date_naive();
    let verdict = told.and_then(|told| Ok(judge(&told, &before, today)?));
    let (taken, next) = match verdict {
        Ok(verdict) => {
            for (currency, doubt) in &verdict.doubted {
                tracing::error!(%currency, %doubt, source = app.rate_source.name(), "a rate is not believed");
            }
            (verdict.taken, next_full(now, every))
        }
        Err(error) => {
            let error = format!("{error:#}");
            tracing::warn!(error, source = app.rate_source.name(), "there are no new rates");
            (BTreeMap::new(), next_full(now, (every / 4).max(1)))
        }
    };

    let (taken, source) = (&taken, app.rate_source.name());
    app.db
        .write(|tx| async move {
            store(&tx, taken, source, now).await?;
            Ok::<_, Fault<Never>>(arm(&tx, next).await?)
        })
        .await?;
    if !taken.is_empty() {
        app.rates.read(app.db.read()).await?;
        app.bus.publish(TOPIC, Bytes::new()).await;
    }
    Ok(())
}

/// Asks for new rates at `at`, once. The server calls it at its start, for now.
pub async fn arm(tx: &Tx, at: Instant) -> Result<(), DbErr> {
    Event::RatesDue.emit_once(tx, at, at.to_rfc3339()).await
}

/// What is believed of what a source says on a day, when the rates were as before.
pub fn judge(told: &Told, before: &Rates, today: NaiveDate) -> Result<Verdict, Doubt> {
    if let Some(date) = told.date.filter(|date| today - *date > STALE) {
        return Err(Doubt::Stale(date));
    }
    let said = |currency: Currency| match told.rates.get(currency.code()) {
        _ if told.base == currency.code() => Some(Ok(Decimal::ONE)),
        written => written.map(|written| number(written)),
    };
    let euro = said(Currency::EUR).and_then(Result::ok).ok_or(Doubt::NoEuro)?;
    let mut verdict = Verdict::default();
    for currency in Currency::ALL.iter().copied().filter(|currency| *currency != Currency::EUR) {
        let Some(said) = said(currency) else { continue };
        match said.and_then(|said| believed(currency, said, euro, before)) {
            Ok(rate) => drop(verdict.taken.insert(currency, rate)),
            Err(doubt) => drop(verdict.doubted.insert(currency, doubt)),
        }
    }
    Ok(verdict)
}

/// A number that a rate can be.
fn number(written: &str) -> Result<Decimal, Doubt> {
    let plain = written.parse().or_else(|_| Decimal::from_scientific(written));
    let number: Decimal = plain.map_err(|_| Doubt::NotANumber)?;
    if number > Decimal::ZERO { Ok(number) } else { Err(Doubt::NotPositive) }
}

/// The rate per euro, if it is near what it was.
fn believed(currency: Currency, said: Decimal, euro: Decimal, before: &Rates) -> Result<Decimal, Doubt> {
    let now = said.checked_div(euro).and_then(|rate| rate.round_sf(DIGITS)).ok_or(Doubt::NotANumber)?;
    if now.is_zero() {
        return Err(Doubt::NotPositive);
    }
    let (before, jump) = match before.per_euro(currency) {
        Some(known) => (known.rate, JUMP),
        None => (rates::recorded(currency), FIRST_JUMP),
    };
    let within = |large: Decimal, small: Decimal| small.checked_mul(jump).is_none_or(|most| large <= most);
    if within(now, before) && within(before, now) {
        Ok(now.normalize())
    } else {
        Err(Doubt::Jump { before, now })
    }
}

/// The next full so-many hours of the day: all servers agree on it.
fn next_full(now: Instant, hours: u32) -> Instant {
    let step = i64::from(hours.max(1)) * 3_600;
    let next = (now.timestamp() / step + 1) * step;
    Instant::from_timestamp(next, 0).unwrap_or(now + TimeDelta::hours(1))
}

async fn store(
    tx: &Tx,
    taken: &BTreeMap<Currency, Decimal>,
    source: &str,
    now: Instant,
) -> Result<(), DbErr> {
    use exchange_rate::Column as C;
    if taken.is_empty() {
        return Ok(());
    }
    let rows = taken.iter().map(|(currency, rate)| exchange_rate::ActiveModel {
        currency: Set(*currency),
        per_euro: Set(rate.to_string()),
        recorded_at: Set(now),
        source: Set(source.to_owned()),
    });
    let newer =
        OnConflict::column(C::Currency).update_columns([C::PerEuro, C::RecordedAt, C::Source]).to_owned();
    exchange_rate::Entity::insert_many(rows).on_conflict(newer).exec_without_returning(&**tx).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pricing::exchange::Rate;

    const TODAY: &str = "2026-07-01";

    fn told(base: &str, rates: &[(&str, &str)]) -> Told {
        let rates = rates.iter().map(|(code, rate)| ((*code).to_owned(), (*rate).to_owned())).collect();
        Told { base: base.to_owned(), date: TODAY.parse().ok(), rates }
    }

    fn known(rates: &[(Currency, &str)]) -> Rates {
        let rate = |text: &str| Rate { rate: text.parse().unwrap(), recorded_at: Instant::UNIX_EPOCH };
        rates.iter().map(|(currency, text)| (*currency, rate(text))).collect()
    }

    fn judged(told: &Told, before: &Rates) -> Result<Verdict, Doubt> {
        judge(told, before, TODAY.parse().unwrap())
    }

    #[test]
    fn what_is_near_is_taken_and_what_is_not_spoken_of_is_left_alone() {
        let before = known(&[(Currency::USD, "1.16"), (Currency::JPY, "177")]);
        let verdict =
            judged(&told("EUR", &[("USD", "1.1800"), ("XYZ", "7"), ("KWD", "0.36")]), &before).unwrap();
        let taken: Vec<_> = verdict.taken.iter().map(|(c, rate)| (*c, rate.to_string())).collect();
        assert_eq!(taken, [(Currency::USD, "1.18".to_owned()), (Currency::KWD, "0.36".to_owned())]);
        assert!(verdict.doubted.is_empty());
    }

    #[test]
    fn another_base_is_reckoned_over_the_euro() {
        let verdict = judged(&told("USD", &[("EUR", "0.8"), ("JPY", "150")]), &Rates::default()).unwrap();
        let rate = |currency| verdict.taken[&currency].to_string();
        assert_eq!((rate(Currency::USD), rate(Currency::JPY)), ("1.25".to_owned(), "187.5".to_owned()));
        assert_eq!(judged(&told("USD", &[("JPY", "150")]), &Rates::default()), Err(Doubt::NoEuro));
        assert_eq!(
            judged(&told("USD", &[("EUR", "0"), ("JPY", "150")]), &Rates::default()),
            Err(Doubt::NoEuro)
        );
    }

    #[test]
    fn hostile_numbers_are_doubted_one_by_one() {
        let before = known(&[(Currency::USD, "1.16"), (Currency::GBP, "0.87"), (Currency::CHF, "0.93")]);
        let huge = format!("1{}", "0".repeat(100_000));
        for (written, doubt) in [
            ("0", Doubt::NotPositive),
            ("-1.16", Doubt::NotPositive),
            ("0.00000000000000000000000000001", Doubt::NotPositive),
            ("NaN", Doubt::NotANumber),
            ("inf", Doubt::NotANumber),
            ("null", Doubt::NotANumber),
            ("", Doubt::NotANumber),
            ("1,16", Doubt::NotANumber),
            ("1e400", Doubt::NotANumber),
            ("1e-4000000000", Doubt::NotANumber),
            (huge.as_str(), Doubt::NotANumber),
            ("3.49", Doubt::Jump { before: "1.16".parse().unwrap(), now: "3.49".parse().unwrap() }),
            ("0.38", Doubt::Jump { before: "1.16".parse().unwrap(), now: "0.38".parse().unwrap() }),
        ] {
            let verdict = judged(&told("EUR", &[("USD", written), ("GBP", "0.88")]), &before).unwrap();
            assert_eq!(verdict.doubted, BTreeMap::from([(Currency::USD, doubt)]), "{written:.20}");
            assert_eq!(verdict.taken.keys().collect::<Vec<_>>(), [&Currency::GBP], "the others are taken");
        }
        let verdict = judged(&told("EUR", &[("USD", "3.48")]), &before).unwrap();
        assert!(verdict.doubted.is_empty(), "three times as much is just possible");
    }

    #[test]
    fn a_first_rate_is_compared_with_the_recorded_one() {
        let verdict = judged(&told("EUR", &[("JPY", "1.77"), ("KWD", "0.5")]), &Rates::default()).unwrap();
        assert!(matches!(verdict.doubted[&Currency::JPY], Doubt::Jump { .. }));
        assert!(verdict.taken.contains_key(&Currency::KWD));
    }

    #[test]
    fn a_source_that_has_stopped_is_not_believed_at_all() {
        let mut old = told("EUR", &[("USD", "1.16")]);
        old.date = "2026-06-24".parse().ok();
        assert!(judged(&old, &Rates::default()).is_ok());
        old.date = "2026-06-23".parse().ok();
        assert!(matches!(judged(&old, &Rates::default()), Err(Doubt::Stale(_))));
    }

    #[test]
    fn all_servers_come_back_at_the_same_full_hours() {
        let at = |text: &str| text.parse::<Instant>().unwrap();
        assert_eq!(next_full(at("2026-07-01T10:20:30Z"), 24), at("2026-07-02T00:00:00Z"));
        assert_eq!(next_full(at("2026-07-01T10:20:30Z"), 6), at("2026-07-01T12:00:00Z"));
        assert_eq!(next_full(at("2026-07-01T12:00:00Z"), 6), at("2026-07-01T18:00:00Z"));
    }
}
