//! Money: whole minor units with a currency, checked arithmetic, one rounding rule. No rates, no prices, no floats.

use std::{fmt, str::FromStr};

use sea_orm::{DeriveActiveEnum, EnumIter};
use serde::{Deserialize, Serialize};

macro_rules! currencies {
    ($($code:ident $exponent:literal $step:literal $smallest:literal $symbol:literal)*) => {
        /// The currencies that can be charged. A closed table: what Stripe treats differently from ISO 4217 stays out.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, EnumIter, DeriveActiveEnum, Serialize, Deserialize)]
        #[sea_orm(rs_type = "String", db_type = "Text", rename_all = "UPPERCASE")]
        #[serde(rename_all = "UPPERCASE")]
        pub enum Currency { $($code,)* }

        impl Currency {
            /// Every currency of the table, in its order.
            pub const ALL: &'static [Self] = &[$(Self::$code,)*];

            /// The ISO 4217 code, upper case.
            pub const fn code(self) -> &'static str {
                match self { $(Self::$code => stringify!($code),)* }
            }

            /// Decimal places of the minor unit: JPY 0, EUR 2, KWD 3.
            pub const fn exponent(self) -> u32 {
                match self { $(Self::$code => $exponent,)* }
            }

            /// Amounts are multiples of this many minor units (Stripe takes KWD in tens).
            pub const fn step(self) -> i64 {
                match self { $(Self::$code => $step,)* }
            }

            /// The smallest charge that Stripe takes, in minor units.
            pub const fn smallest_charge(self) -> i64 {
                match self { $(Self::$code => $smallest,)* }
            }

            /// The sign people write before an amount.
            pub const fn symbol(self) -> &'static str {
                match self { $(Self::$code => $symbol,)* }
            }
        }

        impl FromStr for Currency {
            type Err = UnknownCurrency;
            fn from_str(code: &str) -> Result<Self, UnknownCurrency> {
                match code {
                    $(c if c.eq_ignore_ascii_case(stringify!($code)) => Ok(Self::$code),)*
                    _ => Err(UnknownCurrency),
                }
            }
        }
    };
}

currencies! {
    // code exponent step smallest symbol. Smallest charges: Stripe's published minima, minor units.
    EUR 2 1 50 "€"
    USD 2 1 50 "$"
    GBP 2 1 30 "£"
    CHF 2 1 50 "CHF "
    CAD 2 1 50 "CA$"
    AUD 2 1 50 "A$"
    NZD 2 1 50 "NZ$"
    SEK 2 1 300 "SEK "
    NOK 2 1 300 "NOK "
    DKK 2 1 250 "DKK "
    PLN 2 1 200 "PLN "
    CZK 2 1 1500 "CZK "
    JPY 0 1 50 "¥"
    KRW 0 1 500 "₩"
    BRL 2 1 50 "R$"
    MXN 2 1 1000 "MX$"
    INR 2 1 50 "₹"
    SGD 2 1 50 "S$"
    ZAR 2 1 1000 "R "
    KWD 3 10 200 "KWD "
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// The code is not in the table of currencies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this currency is not supported")]
pub struct UnknownCurrency;

/// What can go wrong when amounts meet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    /// The result does not fit.
    #[error("the amount is too large")]
    TooLarge,
    /// Two currencies met without a rate.
    #[error("{0} and {1} cannot be added")]
    Mixed(Currency, Currency),
    /// The text is not an amount of this currency.
    #[error("this is not an amount of {0}: at most {1} decimal places, no spaces or signs of a currency")]
    NotAnAmount(Currency, u32),
}

/// An amount: `minor` units of `currency` (EUR 12.50 is 1250).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Money {
    /// Whole minor units; negative for money that goes the other way.
    pub minor: i64,
    /// The currency of the amount.
    pub currency: Currency,
}

impl fmt::Debug for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.decimal(), self.currency)
    }
}

/// A share in hundredths of a percent: 1200 is 12 %.
pub type BasisPoints = u32;

impl Money {
    /// `minor` units of `currency`.
    pub const fn new(minor: i64, currency: Currency) -> Self {
        Self { minor, currency }
    }

    /// Nothing, in `currency`.
    pub const fn zero(currency: Currency) -> Self {
        Self::new(0, currency)
    }

    /// The sum, or why there is none.
    pub fn plus(self, other: Self) -> Result<Self, MoneyError> {
        self.same(other)?;
        self.minor.checked_add(other.minor).map(|minor| Self { minor, ..self }).ok_or(MoneyError::TooLarge)
    }

    /// The difference, or why there is none.
    pub fn minus(self, other: Self) -> Result<Self, MoneyError> {
        self.same(other)?;
        self.minor.checked_sub(other.minor).map(|minor| Self { minor, ..self }).ok_or(MoneyError::TooLarge)
    }

    /// `count` times the amount.
    pub fn times(self, count: u32) -> Result<Self, MoneyError> {
        self.minor
            .checked_mul(i64::from(count))
            .map(|minor| Self { minor, ..self })
            .ok_or(MoneyError::TooLarge)
    }

    /// `numerator / denominator` of the amount, rounded half away from zero to the currency's step.
    pub fn part(self, numerator: i64, denominator: i64) -> Result<Self, MoneyError> {
        let step = i128::from(self.currency.step());
        let exact = i128::from(self.minor) * i128::from(numerator);
        let steps = divide_half_away(exact, i128::from(denominator) * step).ok_or(MoneyError::TooLarge)?;
        i64::try_from(steps * step).map(|minor| Self { minor, ..self }).map_err(|_| MoneyError::TooLarge)
    }

    /// A share of the amount in basis points, rounded once.
    pub fn share(self, points: BasisPoints) -> Result<Self, MoneyError> {
        self.part(i64::from(points), 10_000)
    }

    /// Splits the amount by `weights` so that the parts add up to the whole: largest remainder, in steps of the
    /// currency; what is left of an amount that is no multiple of the step goes to the first part with a weight.
    /// With all weights zero (or none), every part is zero.
    pub fn split(self, weights: &[u64]) -> Vec<Self> {
        let total: u128 = weights.iter().map(|w| u128::from(*w)).sum();
        if total == 0 {
            return vec![Self::zero(self.currency); weights.len()];
        }
        let step = self.currency.step().unsigned_abs();
        let (steps, rest) = (self.minor.unsigned_abs() / step, self.minor.unsigned_abs() % step);
        let mut parts: Vec<(usize, u128, u128)> = weights
            .iter()
            .enumerate()
            .map(|(i, w)| {
                let exact = u128::from(steps) * u128::from(*w);
                (i, exact / total, exact % total)
            })
            .collect();
        let missing = u128::from(steps) - parts.iter().map(|p| p.1).sum::<u128>();
        parts.sort_by(|a, b| b.2.cmp(&a.2).then(a.0.cmp(&b.0)));
        for part in parts.iter_mut().take(usize::try_from(missing).unwrap_or(usize::MAX)) {
            part.1 += 1;
        }
        parts.sort_by_key(|p| p.0);
        let sign = self.minor.signum();
        let mut amounts: Vec<Self> = parts
            .into_iter()
            .map(|(_, n, _)| {
                // A part is never larger than the whole, which fits.
                let minor = i64::try_from(n * u128::from(step)).unwrap_or(i64::MAX);
                Self::new(sign * minor, self.currency)
            })
            .collect();
        if let Some(first) = weights.iter().position(|w| *w > 0) {
            amounts[first].minor += sign * i64::try_from(rest).unwrap_or(0);
        }
        amounts
    }

    /// The sum of many amounts of one currency.
    pub fn sum(currency: Currency, amounts: impl IntoIterator<Item = Self>) -> Result<Self, MoneyError> {
        amounts.into_iter().try_fold(Self::zero(currency), Self::plus)
    }

    /// The amount as a decimal number with all places of the currency: `12.50`, `-3`, `1.230`.
    pub fn decimal(self) -> String {
        let places = self.currency.exponent();
        let scale = 10_u64.pow(places);
        let sign = if self.minor < 0 { "-" } else { "" };
        let (whole, part) = (self.minor.unsigned_abs() / scale, self.minor.unsigned_abs() % scale);
        match places {
            0 => format!("{sign}{whole}"),
            _ => format!("{sign}{whole}.{part:0width$}", width = places as usize),
        }
    }

    /// Reads a decimal number of `currency`; more places than the currency has are refused, never rounded.
    pub fn parse(decimal: &str, currency: Currency) -> Result<Self, MoneyError> {
        let places = currency.exponent();
        let wrong = MoneyError::NotAnAmount(currency, places);
        let (negative, digits) = match decimal.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, decimal),
        };
        let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
        let plain = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
        if whole.is_empty() || !plain(whole) || !plain(part) || (digits.contains('.') && part.is_empty()) {
            return Err(wrong);
        }
        if part.len() > places as usize {
            return Err(wrong);
        }
        let padded = format!("{whole}{part:0<width$}", width = places as usize);
        let minor: i64 = padded.parse().map_err(|_| MoneyError::TooLarge)?;
        if minor % currency.step() != 0 {
            return Err(wrong);
        }
        Ok(Self::new(if negative { -minor } else { minor }, currency))
    }

    fn same(self, other: Self) -> Result<(), MoneyError> {
        if self.currency == other.currency {
            Ok(())
        } else {
            Err(MoneyError::Mixed(self.currency, other.currency))
        }
    }
}

/// `a / b`, halves away from zero; none when `b` is zero.
fn divide_half_away(a: i128, b: i128) -> Option<i128> {
    if b == 0 {
        return None;
    }
    let (quotient, rest) = (a / b, a % b);
    let away = if (a < 0) == (b < 0) { 1 } else { -1 };
    Some(if rest.unsigned_abs() * 2 >= b.unsigned_abs() { quotient + away } else { quotient })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn rounding_is_half_away_from_zero_and_to_the_step() {
        assert_eq!(Money::new(5, Currency::EUR).part(1, 2), Ok(Money::new(3, Currency::EUR)));
        assert_eq!(Money::new(-5, Currency::EUR).part(1, 2), Ok(Money::new(-3, Currency::EUR)));
        assert_eq!(Money::new(1_235, Currency::KWD).part(1, 1), Ok(Money::new(1_240, Currency::KWD)));
        assert_eq!(Money::new(86_415, Currency::JPY).share(1_000), Ok(Money::new(8_642, Currency::JPY)));
    }

    #[test]
    fn decimals_read_and_write() {
        for (text, currency, minor) in
            [("12.50", Currency::EUR, 1250), ("-3", Currency::JPY, -3), ("1.230", Currency::KWD, 1230)]
        {
            assert_eq!(Money::parse(text, currency), Ok(Money::new(minor, currency)));
            assert_eq!(Money::new(minor, currency).decimal(), text);
        }
        for (text, currency) in [
            ("1.005", Currency::EUR),
            ("1.5", Currency::JPY),
            ("1.234", Currency::KWD),
            ("", Currency::EUR),
            (".5", Currency::EUR),
            ("5.", Currency::EUR),
            ("1e3", Currency::EUR),
            ("+1", Currency::EUR),
            ("١", Currency::EUR),
        ] {
            assert!(matches!(Money::parse(text, currency), Err(MoneyError::NotAnAmount(..))), "{text}");
        }
        assert_eq!(Money::parse("99999999999999999999", Currency::EUR), Err(MoneyError::TooLarge));
    }

    #[test]
    fn what_does_not_fit_or_match_is_an_error() {
        let most = Money::new(i64::MAX, Currency::EUR);
        assert_eq!(most.plus(Money::new(1, Currency::EUR)), Err(MoneyError::TooLarge));
        assert_eq!(most.times(2), Err(MoneyError::TooLarge));
        assert_eq!(most.part(2, 1), Err(MoneyError::TooLarge));
        assert!(matches!(most.plus(Money::new(1, Currency::USD)), Err(MoneyError::Mixed(..))));
    }

    /// A million splits, by chance that is the same each time; no tool between, so that it takes a second.
    #[test]
    fn a_million_splits_add_up() {
        use rand::{RngExt, SeedableRng, rngs::StdRng};
        let mut chance = StdRng::seed_from_u64(1);
        for case in 0..1_000_000 {
            let minor = chance.random_range(-1_000_000_000_000_i64..1_000_000_000_000)
                >> chance.random_range(0..40_u32);
            let currency = Currency::ALL[chance.random_range(0..Currency::ALL.len())];
            let count = chance.random_range(1..8);
            let weights: Vec<u64> = (0..count)
                .map(|_| chance.random_range(0..1_000_000_u64) >> chance.random_range(0..20_u32))
                .collect();
            let parts = Money::new(minor, currency).split(&weights);
            let whole: u64 = weights.iter().sum();
            let sum: i64 = parts.iter().map(|part| part.minor).sum();
            assert_eq!(
                sum,
                if whole > 0 { minor } else { 0 },
                "case {case}: {minor} {currency:?} {weights:?}"
            );
            for (part, weight) in parts.iter().zip(&weights) {
                assert!(part.currency == currency && (*weight > 0 || part.minor == 0));
                // Nobody is further from their share than a smallest unit of money that can be paid; what is smaller
                // still goes to one of them.
                if whole > 0 {
                    let off =
                        i128::from(part.minor) * i128::from(whole) - i128::from(minor) * i128::from(*weight);
                    let most = 2 * i128::from(currency.step()) * i128::from(whole);
                    assert!(off.abs() <= most, "case {case}: {minor} {currency:?} {weights:?} {parts:?}");
                }
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(20_000))]
        #[test]
        fn parts_always_add_up(
            minor in -1_000_000_000_000_i64..1_000_000_000_000,
            weights in prop::collection::vec(0_u64..1_000_000, 1..40),
            currency in prop::sample::select(Currency::ALL),
        ) {
            let whole = Money::new(minor, currency);
            let parts = whole.split(&weights);
            prop_assert_eq!(parts.len(), weights.len());
            let sum: i64 = parts.iter().map(|p| p.minor).sum();
            let expected = if weights.iter().any(|w| *w > 0) { minor } else { 0 };
            prop_assert_eq!(sum, expected);
            // Nobody who has no weight gets anything.
            prop_assert!(parts.iter().zip(&weights).all(|(p, w)| *w > 0 || p.minor == 0));
        }

        #[test]
        fn decimals_survive_a_round_trip(steps in -1_000_000_000_i64..1_000_000_000, currency in prop::sample::select(Currency::ALL)) {
            let money = Money::new(steps * currency.step(), currency);
            prop_assert_eq!(Money::parse(&money.decimal(), currency), Ok(money));
        }
    }
}
