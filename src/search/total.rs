//! The total of a stay from what a search row keeps: to the minor unit what `pricing::rules` makes of the same facts, for
//! every row that a search looks at. Pure.
//!
//! A row has all that a price needs in minor units of the listing's currency; nights with a price of their own stand
//! beside it as spans that don't overlap (`search_span`).

use super::{row, span};
use crate::{
    kernel::{Currency, Money},
    pricing::rates,
    search::ask::Ask,
};

/// What an amount is worth in millionths of a euro cent, by the recorded rates: a larger amount of the same currency is
/// always worth more, so that a limit in the listing's currency is exact. The most there is when it doesn't fit.
pub fn worth_e6(amount: Money) -> i64 {
    amount.minor.saturating_mul(rates::reference_e6(amount.currency))
}

/// The total in minor units of the listing's currency of so many nights from a day on, which is counted from 1970.
pub(super) fn total(row: &row::Model, spans: &[span::Model], ask: &Ask, first: i64, nights: u32) -> i64 {
    let guests = i64::from(ask.party().guests());
    let step = row.currency.step();
    let share = |amount: i64, points: i64| {
        amount.saturating_mul(points).saturating_add(5_000 * step) / (10_000 * step) * step
    };
    let before = of_nights(row, spans, first, nights.into());
    let discount = match nights {
        28.. => share(before, row.discount_28.into()),
        7.. => share(before, row.discount_7.into()),
        _ => 0,
    };
    let more_guests = (guests - i64::from(row.guests_included)).max(0);
    let extra = more_guests.saturating_mul(row.extra_guest_fee).saturating_mul(nights.into());
    let pets = if ask.pets { row.pet_fee } else { 0 };
    let base =
        (before - discount).saturating_add(row.cleaning_fee).saturating_add(pets).saturating_add(extra);
    base.saturating_add(share(base, ask.guest_fee.into()))
        .saturating_add(share(base, row.tax_percent.into()))
        .saturating_add(per_person(row, guests * i64::from(nights), step))
}

/// The tax of so many guests' nights. Converted once, for the whole stay.
fn per_person(row: &row::Model, nights: i64, step: i64) -> i64 {
    if row.tax_person == 0 {
        return 0;
    }
    let (up, down, step) = (i128::from(row.tax_up), i128::from(row.tax_down), i128::from(step));
    let amount = i128::from(row.tax_person) * i128::from(nights);
    let rounded = (amount * up * 2 + down * step) / (2 * down * step) * step;
    i64::try_from(rounded).unwrap_or(i64::MAX)
}

/// What the nights cost before any discount.
fn of_nights(row: &row::Model, spans: &[span::Model], first: i64, nights: i64) -> i64 {
    let last = first + nights - 1;
    let usual = |first: i64, last: i64| {
        let weekend = weekends(first, last);
        let week = last - first + 1 - weekend;
        week.saturating_mul(row.nightly).saturating_add(weekend.saturating_mul(row.weekend))
    };
    spans.iter().fold(usual(first, last), |sum, span| {
        let (a, b) = (first.max(span.first_day.into()), last.min(span.last_day.into()));
        if a > b { sum } else { sum - usual(a, b) + (b - a + 1).saturating_mul(span.nightly) }
    })
}

/// How many of these nights are Fridays or Saturdays. The world of days began on a Thursday.
fn weekends(first: i64, last: i64) -> i64 {
    let until = |day: i64| (day - 1).div_euclid(7) * 2 + if (day - 1).rem_euclid(7) >= 1 { 2 } else { 1 };
    until(last) - until(first - 1)
}

/// What an amount of the currency is worth, as [`worth_e6`] says.
pub(super) fn worth(minor: i64, currency: Currency) -> i64 {
    worth_e6(Money::new(minor, currency))
}
