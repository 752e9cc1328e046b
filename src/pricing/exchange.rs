//! Rates of exchange and what they make of an amount, over plain values. No database, no clock, and no float.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use rust_decimal::{Decimal, RoundingStrategy, prelude::ToPrimitive};

use crate::kernel::{Currency, Money, clock::Instant, money::MoneyError};

/// How old a rate may be that a price is made with.
pub const GOOD_FOR: TimeDelta = TimeDelta::days(3);

/// Significant digits of a rate: with as many, no amount that can be charged loses anything on the way.
pub const DIGITS: u32 = 12;

/// A rate and since when it is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// Units of the one currency per unit of the other; units, not minor units.
    pub rate: Decimal,
    /// When it was recorded; of two rates, the older one's time.
    pub recorded_at: Instant,
}

/// What one euro is worth in each currency.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rates {
    per_euro: BTreeMap<Currency, Rate>,
}

impl FromIterator<(Currency, Rate)> for Rates {
    fn from_iter<T: IntoIterator<Item = (Currency, Rate)>>(rates: T) -> Self {
        Self { per_euro: rates.into_iter().collect() }
    }
}

impl Rates {
    /// What one euro is worth in a currency, however old that is.
    pub fn per_euro(&self, currency: Currency) -> Option<Rate> {
        self.per_euro.get(&currency).copied()
    }

    /// Units of `to` per unit of `from`, for a price that is made at `now`; none where a rate is unknown or too old.
    pub fn between(&self, from: Currency, to: Currency, now: Instant) -> Option<Rate> {
        let one = Rate { rate: Decimal::ONE, recorded_at: now };
        if from == to {
            return Some(one);
        }
        let good = |currency| match currency {
            Currency::EUR => Some(one),
            _ => self.per_euro(currency).filter(|known| now - known.recorded_at <= GOOD_FOR),
        };
        let (from, to) = (good(from)?, good(to)?);
        let rate = to.rate.checked_div(from.rate)?.round_sf(DIGITS)?.normalize();
        let recorded_at = from.recorded_at.min(to.recorded_at);
        (rate > Decimal::ZERO).then_some(Rate { rate, recorded_at })
    }
}

/// The amount in another currency at `rate` units of it per unit: rounded once, half away from zero, to its step.
pub fn convert(amount: Money, to: Currency, rate: Decimal) -> Result<Money, MoneyError> {
    let power = |exponent: u32| Decimal::from(10_u32.pow(exponent));
    let exact = || -> Option<i64> {
        let units = Decimal::from(amount.minor).checked_mul(rate)?;
        let minor =
            units.checked_mul(power(to.exponent()))?.checked_div(power(amount.currency.exponent()))?;
        let steps = minor.checked_div(Decimal::from(to.step()))?;
        let steps = steps.round_dp_with_strategy(0, RoundingStrategy::MidpointAwayFromZero);
        steps.to_i64()?.checked_mul(to.step())
    };
    exact().map(|minor| Money::new(minor, to)).ok_or(MoneyError::TooLarge)
}

/// The way back: the amount in another currency, at `rate` units of its own currency per unit of that: rounded once, half
/// away from zero, to its step.
pub fn convert_back(amount: Money, to: Currency, rate: Decimal) -> Result<Money, MoneyError> {
    let power = |exponent: u32| Decimal::from(10_u32.pow(exponent));
    let exact = || -> Option<i64> {
        let minor = Decimal::from(amount.minor).checked_mul(power(to.exponent()))?;
        let units_of_step = power(amount.currency.exponent()).checked_mul(Decimal::from(to.step()))?;
        let steps = minor.checked_div(units_of_step.checked_mul(rate)?)?;
        let steps = steps.round_dp_with_strategy(0, RoundingStrategy::MidpointAwayFromZero);
        steps.to_i64()?.checked_mul(to.step())
    };
    exact().map(|minor| Money::new(minor, to)).ok_or(MoneyError::TooLarge)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(second: i64) -> Instant {
        Instant::from_timestamp(second, 0).unwrap()
    }

    fn decimal(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    fn rates() -> Rates {
        let known =
            |currency, rate, second| (currency, Rate { rate: decimal(rate), recorded_at: at(second) });
        [
            known(Currency::USD, "1.16", 100),
            known(Currency::JPY, "177", 200),
            known(Currency::KWD, "0.355", 300),
        ]
        .into_iter()
        .collect()
    }

    #[test]
    fn a_rate_goes_over_the_euro_and_is_as_old_as_the_older_one() {
        let between = |from, to| rates().between(from, to, at(1_000)).unwrap();
        assert_eq!(
            between(Currency::EUR, Currency::USD),
            Rate { rate: decimal("1.16"), recorded_at: at(100) }
        );
        assert_eq!(between(Currency::KWD, Currency::USD).rate, decimal("3.26760563380"));
        assert_eq!(between(Currency::JPY, Currency::USD).recorded_at, at(100));
        assert_eq!(
            between(Currency::GBP, Currency::GBP),
            Rate { rate: Decimal::ONE, recorded_at: at(1_000) }
        );
    }

    #[test]
    fn what_is_unknown_or_too_old_is_no_rate() {
        let last = at(100) + GOOD_FOR;
        assert!(rates().between(Currency::EUR, Currency::USD, last).is_some());
        assert!(rates().between(Currency::EUR, Currency::USD, last + TimeDelta::microseconds(1)).is_none());
        assert!(rates().between(Currency::EUR, Currency::KWD, last).is_some());
        assert!(rates().between(Currency::USD, Currency::GBP, at(1_000)).is_none());
        assert!(Rates::default().between(Currency::JPY, Currency::EUR, at(1_000)).is_none());
    }

    #[test]
    fn exponents_steps_and_halves_are_minded() {
        let converted =
            |minor, from, to, rate| convert(Money::new(minor, from), to, decimal(rate)).unwrap().minor;
        assert_eq!(converted(39_780, Currency::EUR, Currency::USD, "1.16"), 46_145);
        assert_eq!(converted(10_000, Currency::EUR, Currency::JPY, "177"), 17_700);
        assert_eq!(converted(95_506, Currency::JPY, Currency::EUR, "0.00564971751412"), 53_958);
        // 100.00 at 0.3555 are 35.55 dinar; 10 fils are the smallest step, and 5 fils go away from zero.
        assert_eq!(converted(10_000, Currency::EUR, Currency::KWD, "0.3555"), 35_550);
        assert_eq!(converted(1, Currency::EUR, Currency::KWD, "0.5"), 10);
        assert_eq!(converted(-1, Currency::EUR, Currency::KWD, "0.5"), -10);
        assert_eq!(converted(1, Currency::EUR, Currency::USD, "0.5"), 1);
        assert_eq!(converted(1, Currency::EUR, Currency::USD, "0.499999999999"), 0);
        let most = convert(Money::new(i64::MAX, Currency::EUR), Currency::KRW, decimal("1650"));
        assert_eq!(most, Err(MoneyError::TooLarge));
    }

    #[test]
    fn the_way_back_is_minded_too() {
        let back = |minor, to, rate| convert_back(Money::new(minor, Currency::USD), to, decimal(rate));
        assert_eq!(back(5_000, Currency::EUR, "1.16"), Ok(Money::new(4_310, Currency::EUR)));
        assert_eq!(back(5_000, Currency::JPY, "0.00655367231638"), Ok(Money::new(7_629, Currency::JPY)));
        assert_eq!(back(5_000, Currency::KWD, "3.26760563380"), Ok(Money::new(15_300, Currency::KWD)));
        assert_eq!(back(5_000, Currency::USD, "1"), Ok(Money::new(5_000, Currency::USD)));
        // A half goes away from zero.
        assert_eq!(back(1, Currency::EUR, "2"), Ok(Money::new(1, Currency::EUR)));
        assert_eq!(back(1, Currency::EUR, "0"), Err(MoneyError::TooLarge));
    }

    proptest! {
        #[test]
        fn a_converted_amount_is_in_steps_and_within_half_a_step_of_the_exact_one(
            minor in -99_999_999_i64..=99_999_999, e6 in 1_u32..2_000_000_000,
            from in prop::sample::select(Currency::ALL), to in prop::sample::select(Currency::ALL),
        ) {
            let rate = Decimal::new(i64::from(e6), 6);
            let converted = convert(Money::new(minor, from), to, rate).unwrap();
            prop_assert_eq!(converted.minor % to.step(), 0);
            // In whole numbers: |converted × 10^(6 + from) − minor × e6 × 10^to| ≤ half a step of the same.
            let scale = 10_i128.pow(6 + from.exponent());
            let exact = i128::from(minor) * i128::from(e6) * 10_i128.pow(to.exponent());
            let off = (i128::from(converted.minor) * scale - exact).abs();
            prop_assert!(off * 2 <= i128::from(to.step()) * scale);
        }
    }
}
