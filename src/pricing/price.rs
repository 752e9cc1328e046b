//! The price of a stay, line by line: the value that quotes and bookings keep. How it comes about is in `rules.rs`.

use sea_orm::FromJsonQueryResult;
use serde::{Deserialize, Serialize};

use crate::kernel::{Currency, Money, money::MoneyError};

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
    /// Minor units of the price's currency; negative for a discount.
    pub amount: i64,
}

/// A priced stay. Lines add up to the total; what is needed to take it apart again is kept beside them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult)]
pub struct Price {
    /// The currency of every amount here.
    pub currency: Currency,
    /// Each night's price before discount, in the order of the nights.
    pub nightly: Vec<i64>,
    /// The lines, in the order a guest reads them; those of zero are left out.
    pub lines: Vec<Line>,
    /// The host's fee in basis points, off the payout.
    pub host_fee: u32,
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

    /// What the guest pays.
    pub fn total(&self) -> Result<Money, MoneyError> {
        let amounts = self.lines.iter().map(|line| Money::new(line.amount, self.currency));
        Money::sum(self.currency, amounts)
    }
}
