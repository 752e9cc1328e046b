//! Whether a price can be charged at all. Pure.

use super::price::Price;
use crate::kernel::{Currency, Money, money::MoneyError};

/// The most that one charge can be, in minor units of any currency: Stripe takes eight digits.
pub const LARGEST_CHARGE: i64 = 99_999_999;

/// Why a stay can't be sold, whoever would like to buy it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unsellable {
    /// The host has set no price.
    #[error("this stay has no price yet")]
    NoPrice,
    /// It costs less than can be charged.
    #[error("this stay costs less than can be charged, which is {} {} at least", .least.decimal(), .least.currency)]
    TooLittle {
        /// The smallest charge.
        least: Money,
    },
    /// It costs more than can be charged, or more than can be reckoned with.
    #[error("this stay costs more than can be charged, which is {} {} at most", .most.decimal(), .most.currency)]
    TooMuch {
        /// The largest charge.
        most: Money,
    },
    /// Two currencies meet, and no rate between them is recent enough.
    #[error("there is no rate of exchange between these currencies just now")]
    NoRate,
}

impl Unsellable {
    /// The amount that the total would have to keep to.
    pub fn limit(self) -> Option<Money> {
        match self {
            Self::TooLittle { least } => Some(least),
            Self::TooMuch { most } => Some(most),
            Self::NoPrice | Self::NoRate => None,
        }
    }
}

/// Whether an amount can be charged.
pub const fn can_be_charged(amount: Money) -> bool {
    amount.currency.smallest_charge() <= amount.minor && amount.minor <= LARGEST_CHARGE
}

/// The price, if what is to be paid can be charged in this currency, which is the one that it is paid in.
pub fn sellable(price: Result<Price, MoneyError>, currency: Currency) -> Result<Price, Unsellable> {
    let least = Money::new(currency.smallest_charge(), currency);
    let most = Money::new(LARGEST_CHARGE, currency);
    match price.and_then(|price| price.to_pay().map(|total| (total.minor, price))) {
        Ok((total, _)) if total < least.minor => Err(Unsellable::TooLittle { least }),
        Ok((total, _)) if total > most.minor => Err(Unsellable::TooMuch { most }),
        Ok((_, price)) => Ok(price),
        Err(MoneyError::Mixed(..)) => Err(Unsellable::NoRate),
        Err(_) => Err(Unsellable::TooMuch { most }),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::pricing::price::{Line, LineKind};

    fn price(currency: Currency, lines: &[i64]) -> Price {
        let line = |amount: &i64| Line { kind: LineKind::Nights, amount: *amount };
        Price {
            currency,
            nightly: lines.to_vec(),
            lines: lines.iter().map(line).collect(),
            host_fee: 300,
            exchange: None,
            usd_rate: None,
        }
    }

    #[test]
    fn amounts_that_overflow_are_too_much_and_a_missing_rate_is_called_so() {
        let most = Money::new(LARGEST_CHARGE, Currency::EUR);
        let of = |price| sellable(price, Currency::EUR).unwrap_err();
        assert_eq!(of(Ok(price(Currency::EUR, &[i64::MAX, 1]))), Unsellable::TooMuch { most });
        assert_eq!(of(Err(MoneyError::TooLarge)), Unsellable::TooMuch { most });
        assert_eq!(of(Err(MoneyError::Mixed(Currency::EUR, Currency::JPY))), Unsellable::NoRate);
        let least = Money::new(50, Currency::EUR);
        assert_eq!(of(Ok(price(Currency::EUR, &[]))), Unsellable::TooLittle { least });
        assert_eq!(
            Unsellable::TooLittle { least }.to_string(),
            "this stay costs less than can be charged, which is 0.50 EUR at least"
        );
    }

    proptest! {
        #[test]
        fn from_the_smallest_charge_to_the_largest_everything_can_be_sold(
            currency in prop::sample::select(Currency::ALL), total in 0_i64..200_000_000, near in -2_i64..=2,
        ) {
            for total in [total, currency.smallest_charge() + near, LARGEST_CHARGE + near] {
                let fits = (currency.smallest_charge()..=LARGEST_CHARGE).contains(&total);
                prop_assert_eq!(sellable(Ok(price(currency, &[total])), currency).is_ok(), fits);
            }
        }
    }
}
