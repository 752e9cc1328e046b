//! Who bears what goes back to a guest beyond what a policy gives: the host, the platform or the tax office. Plain
//! values; who decides it is not known here.

use crate::kernel::{Currency, Money, money::MoneyError};

/// Who bears how much of what goes back to a guest out of goodwill, in the listing's currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Borne {
    /// The host: paid so much less, or owing it.
    pub host: Money,
    /// The platform: its loss.
    pub platform: Money,
    /// The tax office: handed so much less.
    pub taxes: Money,
}

impl Borne {
    /// Nobody bears anything.
    pub const fn none(currency: Currency) -> Self {
        let zero = Money::zero(currency);
        Self { host: zero, platform: zero, taxes: zero }
    }

    /// The platform bears all of it.
    pub const fn by_platform(amount: Money) -> Self {
        Self { platform: amount, ..Self::none(amount.currency) }
    }

    /// What each bears of both.
    pub fn plus(self, other: Self) -> Result<Self, MoneyError> {
        Ok(Self {
            host: self.host.plus(other.host)?,
            platform: self.platform.plus(other.platform)?,
            taxes: self.taxes.plus(other.taxes)?,
        })
    }

    /// What each bears of it when another bears `other`.
    pub fn minus(self, other: Self) -> Result<Self, MoneyError> {
        Ok(Self {
            host: self.host.minus(other.host)?,
            platform: self.platform.minus(other.platform)?,
            taxes: self.taxes.minus(other.taxes)?,
        })
    }

    /// The sum.
    pub fn total(self) -> Result<Money, MoneyError> {
        self.host.plus(self.platform)?.plus(self.taxes)
    }

    /// Whether no part is negative.
    pub fn is_of_parts(self) -> bool {
        self.each().iter().all(|part| part.minor >= 0)
    }

    /// The same of another whole, in proportion; nothing where nobody bears anything.
    pub fn of_total(self, total: Money) -> Result<Self, MoneyError> {
        if self.total()? == total {
            return Ok(self);
        }
        let weights = self.each().map(|part| u64::try_from(part.minor).unwrap_or(0));
        let mut shares = total.split(&weights).into_iter();
        let mut next = || shares.next().unwrap_or(Money::zero(total.currency));
        Ok(Self { host: next(), platform: next(), taxes: next() })
    }

    fn each(self) -> [Money; 3] {
        [self.host, self.platform, self.taxes]
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn borne(currency: Currency, host: i64, platform: i64, taxes: i64) -> Borne {
        let money = |steps: i64| Money::new(steps * currency.step(), currency);
        Borne { host: money(host), platform: money(platform), taxes: money(taxes) }
    }

    #[test]
    fn the_platform_bears_what_nobody_else_was_named_for() {
        let five = Money::new(500, Currency::EUR);
        assert_eq!(Borne::by_platform(five).total(), Ok(five));
        assert_eq!(Borne::none(Currency::EUR).of_total(five), Ok(Borne::none(Currency::EUR)));
    }

    proptest! {
        #[test]
        fn shares_of_another_whole_add_up_and_nobody_bears_more_than_before(
            host in 0_i64..1_000_000, platform in 0_i64..1_000_000, taxes in 0_i64..1_000_000, part in 0_i64..=1_000,
            currency in prop::sample::select(Currency::ALL),
        ) {
            let all = borne(currency, host, platform, taxes);
            let total = all.total().unwrap();
            let less = total.part(part, 1_000).unwrap();
            let of_less = all.of_total(less).unwrap();
            let sum = if total.minor == 0 { Money::zero(currency) } else { less };
            prop_assert_eq!(of_less.total().unwrap(), sum);
            prop_assert!(of_less.is_of_parts());
            prop_assert!(of_less.each().iter().zip(all.each()).all(|(less, more)| less.minor <= more.minor));
        }
    }
}
