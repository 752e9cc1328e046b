//! The price of a stay, line by line: the value that quotes and bookings keep. How it comes about is in `rules.rs`.

use rust_decimal::Decimal;
use sea_orm::FromJsonQueryResult;
use serde::{Deserialize, Serialize};

use super::exchange::{self, Rates};
use crate::kernel::{Currency, Money, clock::Instant, money::MoneyError};

/// What a line is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum LineKind {
    /// The nights, before any discount.
    Nights,
    /// The discount for a long stay, negative.
    LengthDiscount,
    /// The discount of the rate that gives nothing back, negative.
    NonRefundableDiscount,
    /// Guests beyond those included.
    ExtraGuests,
    /// Cleaning.
    Cleaning,
    /// Pets.
    Pets,
    /// What the guest pays to the platform.
    ServiceFee,
    /// A tax in percent of the base.
    PercentTax,
    /// A tax per person and night.
    PersonNightTax,
}

impl LineKind {
    /// What makes the price of the nights: the nights and the discounts on them.
    pub const OF_NIGHTS: [Self; 3] = [Self::Nights, Self::LengthDiscount, Self::NonRefundableDiscount];

    /// The discounts on the nights.
    pub const DISCOUNTS: [Self; 2] = [Self::LengthDiscount, Self::NonRefundableDiscount];
}

/// One line, rounded once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// What for.
    pub kind: LineKind,
    /// Minor units; negative for a discount.
    pub amount: i64,
}

/// What a guest pays who pays in another currency than the listing's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exchange {
    /// The currency that is paid in.
    pub currency: Currency,
    /// Units of it per unit of the price's currency, as it was when quoted.
    pub rate: Decimal,
    /// When that was recorded.
    pub recorded_at: Instant,
    /// The lines of the price in the same order, each converted once: what is paid is their sum.
    pub lines: Vec<Line>,
}

/// A priced stay. Lines add up to the total; what is needed to take it apart again is kept beside them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult)]
pub struct Price {
    /// The listing's currency: of every amount here but those in `exchange`.
    pub currency: Currency,
    /// Each night's price before discount, in the order of the nights.
    pub nightly: Vec<i64>,
    /// The lines, in the order a guest reads them; those of zero are left out.
    pub lines: Vec<Line>,
    /// The host's fee in basis points, off the payout.
    pub host_fee: u32,
    /// What is paid instead, in another currency.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exchange: Option<Exchange>,
    /// US dollars per unit of the price's currency, where that was known when quoted: some limits are in dollars.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usd_rate: Option<Decimal>,
}

impl Price {
    /// The sum of the lines of these kinds.
    pub fn of(&self, kinds: &[LineKind]) -> Result<Money, MoneyError> {
        let lines = self.lines.iter().filter(|line| kinds.contains(&line.kind));
        Money::sum(self.currency, lines.map(|line| Money::new(line.amount, self.currency)))
    }

    /// Nights after the discounts.
    pub fn nights(&self) -> Result<Money, MoneyError> {
        self.of(&LineKind::OF_NIGHTS)
    }

    /// What the host offers: nights, extra guests, cleaning, pets.
    pub fn base(&self) -> Result<Money, MoneyError> {
        self.nights()?.plus(self.of(&[LineKind::ExtraGuests, LineKind::Cleaning, LineKind::Pets])?)
    }

    /// All of it, in the listing's currency.
    pub fn total(&self) -> Result<Money, MoneyError> {
        sum(self.currency, &self.lines)
    }

    /// The same price, paid in `currency` at the rate of `now`. Fails with [`MoneyError::Mixed`] where there is none.
    pub fn paid_in(self, currency: Currency, rates: &Rates, now: Instant) -> Result<Self, MoneyError> {
        let usd_rate = rates.between(self.currency, Currency::USD, now).map(|known| known.rate);
        if currency == self.currency {
            return Ok(Self { exchange: None, usd_rate, ..self });
        }
        let mixed = MoneyError::Mixed(self.currency, currency);
        let known = rates.between(self.currency, currency, now).ok_or(mixed)?;
        let lines = converted(&self.lines, self.currency, currency, known.rate)?;
        let exchange = Exchange { currency, rate: known.rate, recorded_at: known.recorded_at, lines };
        Ok(Self { exchange: Some(exchange), usd_rate, ..self })
    }

    /// The same price, paid in the currency of another one and at the rate that it keeps.
    pub fn paid_as(self, other: &Self) -> Result<Self, MoneyError> {
        if self.currency != other.currency {
            return Err(MoneyError::Mixed(self.currency, other.currency));
        }
        let exchange = match &other.exchange {
            Some(kept) => Some(Exchange {
                lines: converted(&self.lines, self.currency, kept.currency, kept.rate)?,
                ..kept.clone()
            }),
            None => None,
        };
        Ok(Self { exchange, usd_rate: other.usd_rate, ..self })
    }

    /// The lines as the guest pays them, and in which currency.
    pub fn lines_to_pay(&self) -> (Currency, &[Line]) {
        match &self.exchange {
            Some(exchange) => (exchange.currency, &exchange.lines),
            None => (self.currency, &self.lines),
        }
    }

    /// Each night before discount as the guest pays it; they add up to the line of the nights.
    pub fn nightly_to_pay(&self) -> Vec<Money> {
        let Some(exchange) = &self.exchange else {
            return self.nightly.iter().map(|minor| Money::new(*minor, self.currency)).collect();
        };
        let nights = exchange.lines.iter().filter(|line| line.kind == LineKind::Nights);
        let all = Money::new(nights.map(|line| line.amount).sum(), exchange.currency);
        all.split(&self.nightly.iter().map(|minor| minor.unsigned_abs()).collect::<Vec<_>>())
    }

    /// What the guest pays, in the currency that they pay in.
    pub fn to_pay(&self) -> Result<Money, MoneyError> {
        let (currency, lines) = self.lines_to_pay();
        sum(currency, lines)
    }
}

/// Each line in another currency, rounded once.
fn converted(lines: &[Line], from: Currency, to: Currency, rate: Decimal) -> Result<Vec<Line>, MoneyError> {
    let converted = |line: &Line| {
        let amount = exchange::convert(Money::new(line.amount, from), to, rate)?;
        Ok(Line { kind: line.kind, amount: amount.minor })
    };
    lines.iter().map(converted).collect()
}

fn sum(currency: Currency, lines: &[Line]) -> Result<Money, MoneyError> {
    Money::sum(currency, lines.iter().map(|line| Money::new(line.amount, currency)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::pricing::{exchange::Rate, rates::recorded};

    fn rates() -> Rates {
        let known = |currency| Rate { rate: recorded(currency), recorded_at: Instant::UNIX_EPOCH };
        Currency::ALL.iter().map(|currency| (*currency, known(*currency))).collect()
    }

    fn price(currency: Currency, nightly: Vec<i64>, rest: &[(LineKind, i64)]) -> Price {
        let nights = (LineKind::Nights, nightly.iter().sum());
        let lines = std::iter::once(&nights).chain(rest);
        let lines = lines.map(|(kind, amount)| Line { kind: *kind, amount: *amount }).collect();
        Price { currency, nightly, lines, host_fee: 300, exchange: None, usd_rate: None }
    }

    #[test]
    fn a_price_that_was_stored_before_there_was_another_currency_is_read() {
        let old =
            r#"{"currency":"EUR","nightly":[100],"lines":[{"kind":"NIGHTS","amount":100}],"host_fee":300}"#;
        let old: Price = serde_json::from_str(old).unwrap();
        assert_eq!((old.to_pay(), old.exchange.is_none()), (Ok(Money::new(100, Currency::EUR)), true));
        let new = old.paid_in(Currency::JPY, &rates(), Instant::UNIX_EPOCH).unwrap();
        let stored = serde_json::to_string(&new).unwrap();
        assert!(stored.contains(r#""rate":"177""#), "a rate is kept as a text: {stored}");
        assert_eq!(serde_json::from_str::<Price>(&stored).unwrap(), new);
    }

    #[test]
    fn without_a_rate_there_is_no_price_in_another_currency() {
        let none = Rates::default();
        let eur = price(Currency::EUR, vec![10_000], &[]);
        let own = eur.clone().paid_in(Currency::EUR, &none, Instant::UNIX_EPOCH).unwrap();
        assert_eq!((own.to_pay(), own.usd_rate), (eur.total(), None));
        let refused = eur.paid_in(Currency::USD, &none, Instant::UNIX_EPOCH);
        assert_eq!(refused, Err(MoneyError::Mixed(Currency::EUR, Currency::USD)));
    }

    proptest! {
        #[test]
        fn converted_lines_and_nights_add_up(
            nightly in prop::collection::vec(1_i64..1_000_000, 1..30), fee in 0_i64..1_000_000, off in 0_i64..100,
            from in prop::sample::select(Currency::ALL), to in prop::sample::select(Currency::ALL),
        ) {
            let nightly: Vec<i64> = nightly.into_iter().map(|night| night * from.step()).collect();
            let rest = [(LineKind::LengthDiscount, -off * from.step()), (LineKind::ServiceFee, fee * from.step())];
            let paid = price(from, nightly, &rest).paid_in(to, &rates(), Instant::UNIX_EPOCH).unwrap();
            let (currency, lines) = paid.lines_to_pay();
            let total = paid.to_pay().unwrap();
            prop_assert_eq!((total.currency, currency), (to, to));
            prop_assert_eq!(lines.iter().map(|line| line.amount).sum::<i64>(), total.minor);
            prop_assert!(lines.iter().all(|line| line.amount % to.step() == 0));
            let nights: i64 = paid.nightly_to_pay().iter().map(|night| night.minor).sum();
            prop_assert_eq!(nights, lines[0].amount);
        }
    }
}
