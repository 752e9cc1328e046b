//! What a host who calls a booking off owes: a pure judgement over plain values. No database, no clock.
//!
//! An instant exactly on a boundary belongs to the row before it, as in the policies.

use chrono::TimeDelta;

use super::cancellation::Facts;
use crate::{
    kernel::{Currency, Money, clock::Instant, money::MoneyError},
    pricing::{
        exchange,
        price::{LineKind, Price},
        rates,
    },
};

/// The least and the most that a penalty is.
const LEAST: Money = Money::new(5_000, Currency::USD);
const MOST: Money = Money::new(100_000, Currency::USD);

/// Until so many days before check-in it is the lowest.
const EARLY_DAYS: u64 = 30;
/// Until so long before check-in it is not the highest.
const LATE: TimeDelta = TimeDelta::hours(48);

/// What a host owes who calls a confirmed booking off at `at`: a part of nights and cleaning, rounded once, within limits
/// that are so much in US dollars.
pub fn penalty(facts: &Facts, at: Instant) -> Result<Money, MoneyError> {
    let nights_and_cleaning = facts.price.nights()?.plus(facts.price.of(&[LineKind::Cleaning])?)?;
    let share = nights_and_cleaning.part(percent(facts, at), 100)?;
    let (least, most) = (in_currency_of(facts.price, LEAST)?, in_currency_of(facts.price, MOST)?);
    Ok(Money::new(share.minor.clamp(least.minor, most.minor), facts.price.currency))
}

/// The instants at which a penalty changes.
pub fn turns(facts: &Facts) -> [Instant; 2] {
    [facts.days_before(EARLY_DAYS), facts.night_begins(0) - LATE]
}

fn percent(facts: &Facts, at: Instant) -> i64 {
    let [early, late] = turns(facts);
    match at {
        at if at <= early => 10,
        at if at <= late => 25,
        _ => 50,
    }
}

/// A limit in the currency of the price, at the rate that it keeps. One that was made when no rate was known takes the
/// recorded one: a limit there must be.
fn in_currency_of(price: &Price, limit: Money) -> Result<Money, MoneyError> {
    match price.usd_rate {
        Some(rate) => exchange::convert_back(limit, price.currency, rate),
        None => {
            let (up, down) = rates::ratio(limit.currency, price.currency);
            Money::new(limit.minor, price.currency).part(up, down)
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{
        listings::listing::CancellationPolicy,
        pricing::{RatePlan, price::Line},
    };

    fn price(currency: Currency, usd_rate: Option<&str>, lines: &[(LineKind, i64)]) -> Price {
        Price {
            currency,
            nightly: vec![0; 3],
            lines: lines.iter().map(|(kind, amount)| Line { kind: *kind, amount: *amount }).collect(),
            host_fee: 300,
            exchange: None,
            usd_rate: usd_rate.map(|rate| rate.parse().unwrap()),
        }
    }

    fn facts(price: &Price) -> Facts<'_> {
        Facts {
            price,
            policy: CancellationPolicy::Firm,
            rate_plan: RatePlan::Standard,
            check_in: "2027-04-10".parse().unwrap(),
            check_in_time: "15:00:00".parse().unwrap(),
            zone: "Europe/Lisbon".parse().unwrap(),
            confirmed_at: "2026-12-01T12:00:00Z".parse().unwrap(),
        }
    }

    fn at(text: &str) -> Instant {
        text.parse().unwrap()
    }

    #[test]
    fn a_tenth_a_quarter_or_a_half_of_nights_and_cleaning_to_the_second() {
        use LineKind::{Cleaning, ExtraGuests, LengthDiscount, Nights, PercentTax, Pets, ServiceFee};
        // 1,000.00 after the discount and 40.00; what else there is does not count.
        let lines = [
            (Nights, 110_000),
            (LengthDiscount, -10_000),
            (Cleaning, 4_000),
            (ExtraGuests, 9_999),
            (Pets, 9_999),
            (ServiceFee, 9_999),
            (PercentTax, 9_999),
        ];
        let price = price(Currency::USD, Some("1"), &lines);
        let facts = facts(&price);
        let second = TimeDelta::seconds(1);
        // The clocks go forward between, on 28 March: 30 days are 30 dates, 48 hours are hours.
        let (early, late) = (at("2027-03-11T15:00:00Z"), at("2027-04-08T14:00:00Z"));
        assert_eq!(turns(&facts), [early, late]);
        for (instant, minor) in [
            (facts.confirmed_at, 10_400),
            (early - second, 10_400),
            (early, 10_400),
            (early + second, 26_000),
            (late - second, 26_000),
            (late, 26_000),
            (late + second, 52_000),
            (at("2027-04-10T14:00:00Z"), 52_000),
            (at("2027-04-12T14:00:00Z"), 52_000),
        ] {
            assert_eq!(penalty(&facts, instant), Ok(Money::new(minor, Currency::USD)), "{instant}");
        }
    }

    #[test]
    fn at_least_fifty_and_at_most_a_thousand_dollars_at_the_rate_that_is_kept() {
        let early = at("2027-01-01T00:00:00Z");
        for (currency, rate, nights, minor) in [
            // 50.00 USD are 43.10 EUR, 7,629 JPY, and 15.302 KWD, which is paid in tens of fils.
            (Currency::EUR, Some("1.16"), 10_000, 4_310),
            (Currency::JPY, Some("0.00655367231638"), 10_000, 7_629),
            (Currency::KWD, Some("3.26760563380"), 100_000, 15_300),
            // A thousand is twenty times that, rounded for itself.
            (Currency::EUR, Some("1.16"), 9_000_000, 86_207),
            (Currency::JPY, Some("0.00655367231638"), 9_000_000, 152_586),
            (Currency::KWD, Some("3.26760563380"), 9_000_000, 306_030),
            // Between the limits it is the tenth, rounded once: a half goes away from zero, in dinars to ten fils.
            (Currency::KWD, Some("3.26760563380"), 1_234_550, 123_460),
            (Currency::JPY, Some("0.00655367231638"), 123_455, 12_346),
            (Currency::EUR, Some("1.16"), 50_005, 5_001),
            (Currency::USD, Some("1"), 0, 5_000),
            // No rate was known: the recorded one, 1.16 and 177.
            (Currency::EUR, None, 10_000, 4_310),
            (Currency::JPY, None, 10_000, 7_629),
        ] {
            let price = price(currency, rate, &[(LineKind::Nights, nights)]);
            assert_eq!(
                penalty(&facts(&price), early),
                Ok(Money::new(minor, currency)),
                "{currency} {nights}"
            );
        }
    }

    proptest! {
        #[test]
        fn a_penalty_is_in_steps_within_its_limits_and_never_falls_with_time(
            nights in 0_i64..10_000_000, cleaning in 0_i64..100_000, hours in prop::collection::vec(0_i64..4_000, 2..8),
            currency in prop::sample::select(Currency::ALL), rate in 1_i64..5_000_000,
        ) {
            let step = currency.step();
            let usd_rate = Some(rust_decimal::Decimal::new(rate, 6));
            let lines = [(LineKind::Nights, nights * step), (LineKind::Cleaning, cleaning * step)];
            let price = Price { usd_rate, ..price(currency, None, &lines) };
            let facts = facts(&price);
            let (least, most) = (in_currency_of(&price, LEAST).unwrap(), in_currency_of(&price, MOST).unwrap());
            let mut hours = hours;
            hours.sort_unstable();
            let mut last = least.minor;
            for hour in hours {
                let owed = penalty(&facts, facts.confirmed_at + TimeDelta::hours(hour)).unwrap();
                prop_assert_eq!((owed.currency, owed.minor % step), (currency, 0));
                prop_assert!((least.minor..=most.minor).contains(&owed.minor) && owed.minor >= last);
                last = owed.minor;
            }
        }
    }
}
