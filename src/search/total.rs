//! The total of a stay in SQL, to the minor unit what `pricing::rules` makes of the same facts: so totals filter, sort
//! and are counted before any limit, on both databases. Whole numbers only; no statement is run here.
//!
//! A row has all that a price needs in minor units of the listing's currency. Nights with a price of their own stand
//! beside it as spans that don't overlap (`search_span`), and cost one look into an index where the stay touches some.

use sea_orm::Value;

use super::conditions::Conditions;
use crate::{
    kernel::{Currency, Money, Stay},
    pricing::rates,
    search::{ask::Ask, spans},
};

/// What an amount is worth in millionths of a euro cent, by the recorded rates: a larger amount of the same currency is
/// always worth more, so that a limit in the listing's currency is exact. The most there is when it doesn't fit.
pub fn worth_e6(amount: Money) -> i64 {
    amount.minor.saturating_mul(rates::reference_e6(amount.currency))
}

/// When a stay is, in SQL: days since 1970.
#[derive(Debug, Clone)]
pub(super) struct When {
    /// The first night.
    pub first: String,
    /// The last night.
    pub last: String,
    /// How many nights.
    pub nights: u32,
    /// How many of them are Fridays or Saturdays.
    pub weekend: String,
    /// How many are not.
    pub week: String,
}

impl When {
    /// A stay that is known. Each number is bound: where PostgreSQL could reckon something from parameters alone, it
    /// would find a plan of their own for each search cheaper than the one that it keeps.
    pub fn fixed(all: &mut Conditions, stay: Stay) -> Self {
        let first = i64::from(spans::day(stay.check_in()));
        let weekend = stay.nights().filter(|night| spans::is_weekend(*night)).fold(0_i64, |n, _| n + 1);
        let nights = i64::from(stay.len());
        Self {
            first: all.bind(first),
            last: all.bind(first + nights - 1),
            nights: stay.len(),
            weekend: all.bind(weekend),
            week: all.bind(nights - weekend),
        }
    }

    /// A stay that begins on a day that depends on the row.
    pub fn on(all: &mut Conditions, first: String, nights: u32) -> Self {
        let more = all.bind(i64::from(nights) - 1);
        let last = format!("({first} + {more})");
        let weekend = format!("({} - {})", weekends_until(&last), weekends_until(&format!("({first} - 1)")));
        Self { week: format!("({more} + 1 - {weekend})"), first, last, nights, weekend }
    }
}

/// The total of the stay in minor units of the listing's currency, as a scalar subquery of `search_row`.
///
/// Each layer has its `LIMIT 1`: without it the planner would copy a sum into every place that uses it.
pub(super) fn total(all: &mut Conditions, ask: &Ask, when: &When) -> String {
    let nights = all.bind(i64::from(when.nights));
    let guests = all.bind(i64::from(ask.party().guests()));
    let fee = all.bind(i64::from(ask.guest_fee));
    let pets = if ask.pets { "pet_fee" } else { "0" };
    let discount = match when.nights {
        28.. => share("n", "discount_28"),
        7.. => share("n", "discount_7"),
        _ => "0".to_owned(),
    };
    let (service, tax) = (share("base", &fee), share("base", "tax_percent"));
    let sum = sum_of_nights(when);
    let (step, person) = (step(), format!("tax_person * {guests} * {nights}"));
    // Converted once, for the whole stay.
    let person = format!("(({person} * tax_up * 2 + tax_down * {step}) / (2 * tax_down * {step}) * {step})");
    format!(
        "(SELECT base + {service} + {tax} + {person} FROM \
         (SELECT n - {discount} + cleaning_fee + {pets} + CASE WHEN {guests} > guests_included \
         THEN ({guests} - guests_included) * extra_guest_fee * {nights} ELSE 0 END AS base FROM \
         (SELECT {sum} AS n LIMIT 1) x LIMIT 1) y)"
    )
}

/// What an amount of the row's currency is worth, as [`worth_e6`] says.
pub(super) fn worth(amount: &str) -> String {
    let cases: String = Currency::ALL
        .iter()
        .map(|currency| format!(" WHEN '{currency}' THEN {}", rates::reference_e6(*currency)))
        .collect();
    format!("({amount} * CASE currency{cases} END)")
}

/// What the nights cost before any discount.
fn sum_of_nights(when: &When) -> String {
    let When { first, last, weekend: weekends, week, .. } = when;
    let in_span = format!("({} - {})", weekends_until("b"), weekends_until("(a - 1)"));
    format!(
        "{week} * nightly + {weekends} * weekend + CASE WHEN has_spans THEN COALESCE((SELECT \
         CAST(SUM((b - a + 1) * span_nightly - (b - a + 1 - {in_span}) * nightly - {in_span} * weekend) AS BIGINT) FROM \
         (SELECT span_nightly, CASE WHEN first_day < {first} THEN {first} ELSE first_day END AS a, \
         CASE WHEN last_day > {last} THEN {last} ELSE last_day END AS b FROM search_span \
         WHERE search_span.listing_id = search_row.listing_id AND first_day <= {last} AND last_day >= {first}) s), 0) \
         ELSE 0 END"
    )
}

/// How many Fridays and Saturdays there were from 1970 (which began on a Thursday) until a day.
fn weekends_until(day: &str) -> String {
    format!("(({day} - 1) / 7 * 2 + CASE WHEN ({day} - 1) % 7 >= 1 THEN 2 ELSE 1 END)")
}

/// A share of an amount in basis points, rounded half away from zero to the currency's step. Nothing here is negative.
fn share(amount: &str, points: &str) -> String {
    let step = step();
    format!("(({amount} * {points} + 5000 * {step}) / (10000 * {step}) * {step})")
}

/// The smallest step of the row's currency.
fn step() -> String {
    let others = Currency::ALL.iter().filter(|currency| currency.step() != 1);
    let cases: String =
        others.map(|currency| format!(" WHEN '{currency}' THEN {}", currency.step())).collect();
    format!("(CASE currency{cases} ELSE 1 END)")
}

/// A number that may be missing, for the select list.
pub(super) fn number(sql: Option<&str>) -> String {
    format!("CAST({} AS BIGINT)", sql.unwrap_or("NULL"))
}

/// The values of both bounds of the total.
pub(super) fn bounds(ask: &Ask) -> [Value; 2] {
    let (least, most) = ask.total_bounds();
    [least.into(), most.into()]
}
