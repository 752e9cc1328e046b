//! Exchange rates for comparing prices of different currencies in search. A recorded table; no charge is made from it.
//!
//! It is a constant on purpose: what is compared stands in each row of search, so a new rate would mean writing all of
//! them anew. What guests pay is reckoned with the rates of `exchange.rs`, which a job keeps.

use rust_decimal::Decimal;

use crate::kernel::{Currency, Money};

/// Millionths of a unit of `currency` that one euro is worth. Recorded mid-2026, rounded: what is compared with it is
/// a nightly price of a search, where a percent doesn't matter.
const fn per_euro_e6(currency: Currency) -> i64 {
    match currency {
        Currency::EUR => 1_000_000,
        Currency::USD => 1_160_000,
        Currency::GBP => 870_000,
        Currency::CHF => 930_000,
        Currency::CAD => 1_620_000,
        Currency::AUD => 1_770_000,
        Currency::NZD => 2_010_000,
        Currency::SEK => 10_950_000,
        Currency::NOK => 11_700_000,
        Currency::DKK => 7_460_000,
        Currency::PLN => 4_250_000,
        Currency::CZK => 24_300_000,
        Currency::JPY => 177_000_000,
        Currency::KRW => 1_650_000_000,
        Currency::BRL => 6_250_000,
        Currency::MXN => 21_400_000,
        Currency::INR => 102_500_000,
        Currency::SGD => 1_500_000,
        Currency::ZAR => 20_100_000,
        Currency::KWD => 355_000,
    }
}

/// What one euro is worth in a currency by the recorded table.
pub fn recorded(currency: Currency) -> Decimal {
    Decimal::new(per_euro_e6(currency), 6)
}

/// The amount in the reference unit of search, euro cents, rounded half away from zero; the most there is when it
/// doesn't fit.
pub fn reference(amount: Money) -> i64 {
    // minor / 10^exponent / rate * 100, in whole numbers.
    let numerator = i128::from(amount.minor) * 100 * 1_000_000;
    let denominator = i128::from(per_euro_e6(amount.currency)) * 10_i128.pow(amount.currency.exponent());
    let (whole, rest) = (numerator / denominator, numerator % denominator);
    let rounded = if rest.abs() * 2 >= denominator { whole + numerator.signum() } else { whole };
    i64::try_from(rounded).unwrap_or(if rounded > 0 { i64::MAX } else { i64::MIN })
}

/// What an amount of `from` is multiplied with and divided by to be one of `to`, in lowest terms and minor units.
pub fn ratio(from: Currency, to: Currency) -> (i64, i64) {
    let worth = |currency: Currency| per_euro_e6(currency).saturating_mul(10_i64.pow(currency.exponent()));
    let (up, down) = (worth(to), worth(from));
    let (mut common, mut rest) = (up, down);
    while rest != 0 {
        (common, rest) = (rest, common % rest);
    }
    (up / common, down / common)
}

/// What a minor unit of `currency` is worth in millionths of a euro cent, rounded half away from zero.
pub fn reference_e6(currency: Currency) -> i64 {
    let unit = i128::from(per_euro_e6(currency)) * 10_i128.pow(currency.exponent());
    let worth = (2 * 100_000_000_000_000 + unit) / (2 * unit);
    i64::try_from(worth).unwrap_or(i64::MAX)
}

/// The amount of `currency` that so many euro cents are worth, rounded to the currency's step.
pub fn from_reference(cents: i64, currency: Currency) -> Money {
    let scale = per_euro_e6(currency).saturating_mul(10_i64.pow(currency.exponent()));
    let most = Money::new(if cents < 0 { i64::MIN } else { i64::MAX }, currency);
    Money::new(cents, currency).part(scale, 100 * 1_000_000).unwrap_or(most)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn exponents_are_minded() {
        assert_eq!(reference(Money::new(12_345, Currency::EUR)), 12_345);
        assert_eq!(reference(Money::new(17_700, Currency::JPY)), 10_000);
        assert_eq!(reference(Money::new(35_500, Currency::KWD)), 10_000);
        assert_eq!(reference(Money::new(i64::MAX, Currency::GBP)), i64::MAX);
        assert_eq!(from_reference(10_000, Currency::JPY), Money::new(17_700, Currency::JPY));
        assert_eq!(reference_e6(Currency::EUR), 1_000_000);
        assert_eq!(reference_e6(Currency::USD), 862_069);
        assert_eq!(reference_e6(Currency::JPY), 564_972);
        assert_eq!(reference_e6(Currency::KWD), 281_690);
    }

    proptest! {
        #[test]
        fn a_larger_amount_is_never_worth_less(a in -1_000_000_000_i64..1_000_000_000, b in -1_000_000_000_i64..1_000_000_000,
                                               currency in prop::sample::select(Currency::ALL)) {
            let (a, b) = (a.min(b), a.max(b));
            prop_assert!(reference(Money::new(a, currency)) <= reference(Money::new(b, currency)));
        }

        #[test]
        fn there_and_back_is_near(cents in 1_000_i64..1_000_000_000, currency in prop::sample::select(Currency::ALL)) {
            let back = reference(from_reference(cents, currency));
            prop_assert!((back - cents).abs() * 50 <= cents, "{cents} {back}");
        }
    }
}
