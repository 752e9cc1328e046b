//! How the price of a stay comes about: facts in, lines out. Every line is rounded once. No database, no clock.

use chrono::{Datelike, NaiveDate, Weekday};
use rust_decimal::Decimal;

use super::{
    RatePlan, exchange,
    price::{Line, LineKind, Price},
    price_override, settings, tax_rule,
};
use crate::kernel::{
    Currency, Money, Party, Stay,
    money::{BasisPoints, MoneyError},
};

/// How much cheaper the rate is that gives nothing back.
const NON_REFUNDABLE_DISCOUNT: BasisPoints = 1_000;

/// What a price depends on.
#[derive(Debug, Clone)]
pub struct Facts {
    /// The listing's prices.
    pub settings: settings::Model,
    /// Ranges with prices of their own; those that don't touch the stay don't matter.
    pub overrides: Vec<price_override::Model>,
    /// The tax of the listing's region, or else of its country.
    pub tax: Option<tax_rule::Model>,
    /// What a unit of the tax's currency is worth in the listing's, where the two differ and that is known.
    pub tax_rate: Option<Decimal>,
    /// Of all amounts.
    pub currency: Currency,
    /// The guest's fee, on the base.
    pub guest_fee: BasisPoints,
    /// The host's fee, off the payout.
    pub host_fee: BasisPoints,
}

/// The override that a night has its price from: a single date before a range, the shorter range before the longer.
pub fn specific(overrides: &[price_override::Model], night: NaiveDate) -> Option<&price_override::Model> {
    let touching = overrides.iter().filter(|o| o.first_night <= night && night <= o.last_night);
    touching.min_by_key(|o| (o.last_night - o.first_night, std::cmp::Reverse(o.id)))
}

/// The price of a night before any discount: the most specific wins, any override before the weekend, the weekend
/// before the base.
pub fn nightly(facts: &Facts, night: NaiveDate) -> i64 {
    let weekend =
        matches!(night.weekday(), Weekday::Fri | Weekday::Sat).then_some(facts.settings.weekend).flatten();
    specific(&facts.overrides, night).map(|o| o.nightly).or(weekend).unwrap_or(facts.settings.nightly)
}

/// The discount for a stay of this length: monthly from 28 nights, weekly from 7, the larger one only.
pub fn length_discount(settings: &settings::Model, nights: u32) -> BasisPoints {
    let weekly = if nights >= 7 { settings.weekly_discount } else { 0 };
    let monthly = if nights >= 28 { settings.monthly_discount } else { 0 };
    u32::try_from(weekly.max(monthly)).unwrap_or(0)
}

/// The discount of a rate, on what the nights cost after the discount for their number.
fn plan_discount(plan: RatePlan) -> BasisPoints {
    match plan {
        RatePlan::Standard => 0,
        RatePlan::NonRefundable => NON_REFUNDABLE_DISCOUNT,
    }
}

/// The price of a stay, line by line. Whether the rate is offered is the caller's question.
pub fn price(facts: &Facts, stay: Stay, party: Party, plan: RatePlan) -> Result<Price, MoneyError> {
    let money = |minor| Money::new(minor, facts.currency);
    let nightly: Vec<i64> = stay.nights().map(|night| nightly(facts, night)).collect();
    let nights = Money::sum(facts.currency, nightly.iter().map(|minor| money(*minor)))?;
    let long = nights.share(length_discount(&facts.settings, stay.len()))?;
    let firm = nights.minus(long)?.share(plan_discount(plan))?;
    let extra =
        party.guests().saturating_sub(u32::try_from(facts.settings.guests_included).unwrap_or(u32::MAX));
    let extra_guests = money(facts.settings.extra_guest_fee).times(extra)?.times(stay.len())?;
    let cleaning = money(facts.settings.cleaning_fee);
    let pets = if party.pets > 0 { money(facts.settings.pet_fee) } else { money(0) };
    let base = Money::sum(facts.currency, [nights.minus(long)?.minus(firm)?, extra_guests, cleaning, pets])?;
    let tax = facts.tax.as_ref();
    let percent_tax = base.share(tax.map_or(0, |t| u32::try_from(t.percent).unwrap_or(0)))?;
    let person_night_tax = match tax {
        Some(t) if t.per_person_night != 0 => {
            let all = Money::new(t.per_person_night, t.currency).times(party.guests())?.times(stay.len())?;
            in_currency_of(facts, all)?
        }
        _ => money(0),
    };
    let lines = [
        (LineKind::Nights, nights),
        (LineKind::LengthDiscount, money(0).minus(long)?),
        (LineKind::NonRefundableDiscount, money(0).minus(firm)?),
        (LineKind::ExtraGuests, extra_guests),
        (LineKind::Cleaning, cleaning),
        (LineKind::Pets, pets),
        (LineKind::ServiceFee, base.share(facts.guest_fee)?),
        (LineKind::PercentTax, percent_tax),
        (LineKind::PersonNightTax, person_night_tax),
    ];
    let lines = lines.into_iter().filter(|(_, amount)| amount.minor != 0);
    let price = Price {
        currency: facts.currency,
        nightly,
        lines: lines.map(|(kind, amount)| Line { kind, amount: amount.minor }).collect(),
        host_fee: facts.host_fee,
        exchange: None,
        usd_rate: None,
    };
    price.total().map(|_| price)
}

/// A tax in the listing's currency; without a rate, what is owed is unknown, and so is the price.
fn in_currency_of(facts: &Facts, tax: Money) -> Result<Money, MoneyError> {
    if tax.currency == facts.currency {
        return Ok(tax);
    }
    let rate = facts.tax_rate.ok_or(MoneyError::Mixed(tax.currency, facts.currency))?;
    exchange::convert(tax, facts.currency, rate)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::{ListingId, PriceOverrideId};

    fn facts(currency: Currency, nightly: i64) -> Facts {
        Facts {
            settings: settings::Model {
                listing_id: ListingId::new(),
                nightly,
                weekend: None,
                cleaning_fee: 0,
                extra_guest_fee: 0,
                guests_included: 2,
                pet_fee: 0,
                weekly_discount: 0,
                monthly_discount: 0,
                non_refundable: false,
            },
            overrides: Vec::new(),
            tax: None,
            tax_rate: None,
            currency,
            guest_fee: 1_200,
            host_fee: 300,
        }
    }

    fn tax(percent: i32, per_person_night: i64, currency: Currency) -> Option<tax_rule::Model> {
        Some(tax_rule::Model {
            country: "PT".into(),
            region: String::new(),
            percent,
            per_person_night,
            currency,
            ..tax_rule::Model::none()
        })
    }

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn stay(from: &str, nights: u64) -> Stay {
        Stay::new(day(from), day(from) + chrono::Days::new(nights)).unwrap()
    }

    fn line(price: &Price, kind: LineKind) -> i64 {
        price.of(&[kind]).unwrap().minor
    }

    fn two() -> Party {
        Party::new(2, 0, 0, 0).unwrap()
    }

    #[test]
    fn example_a_three_nights_in_euro() {
        let mut facts = facts(Currency::EUR, 10_000);
        facts.settings.cleaning_fee = 4_000;
        facts.tax = tax(500, 0, Currency::EUR);
        let price = price(&facts, stay("2027-03-01", 3), two(), RatePlan::Standard).unwrap();
        assert_eq!(price.base().unwrap().minor, 34_000);
        assert_eq!(line(&price, LineKind::ServiceFee), 4_080);
        assert_eq!(line(&price, LineKind::PercentTax), 1_700);
        assert_eq!(price.total().unwrap().minor, 39_780);
    }

    #[test]
    fn example_b_a_week_in_yen() {
        let mut facts = facts(Currency::JPY, 12_345);
        facts.settings.weekly_discount = 1_000;
        facts.settings.cleaning_fee = 5_000;
        facts.tax = tax(0, 200, Currency::JPY);
        let price = price(&facts, stay("2027-03-01", 7), two(), RatePlan::Standard).unwrap();
        assert_eq!(price.nights().unwrap().minor, 77_773);
        assert_eq!(line(&price, LineKind::LengthDiscount), -8_642);
        assert_eq!(price.base().unwrap().minor, 82_773);
        assert_eq!(line(&price, LineKind::ServiceFee), 9_933);
        assert_eq!(line(&price, LineKind::PersonNightTax), 2_800);
        assert_eq!(price.total().unwrap().minor, 95_506);
    }

    #[test]
    fn a_tax_in_another_currency_is_converted_once_and_never_left_out() {
        let mut facts = facts(Currency::USD, 10_000);
        facts.tax = tax(0, 201, Currency::EUR);
        let unknown = price(&facts, stay("2027-03-01", 7), two(), RatePlan::Standard);
        assert_eq!(unknown, Err(MoneyError::Mixed(Currency::EUR, Currency::USD)));
        facts.tax_rate = "1.16".parse().ok();
        let price = price(&facts, stay("2027-03-01", 7), two(), RatePlan::Standard).unwrap();
        // 14 × 2.01 = 28.14, and that at 1.16.
        assert_eq!(line(&price, LineKind::PersonNightTax), 3_264);
    }

    #[test]
    fn the_most_specific_price_of_a_night_wins() {
        let mut facts = facts(Currency::EUR, 100);
        facts.settings.weekend = Some(150);
        let range = |first: &str, last: &str, nightly| price_override::Model {
            id: PriceOverrideId::new(),
            listing_id: facts.settings.listing_id,
            first_night: day(first),
            last_night: day(last),
            nightly,
        };
        facts.overrides =
            vec![range("2027-07-01", "2027-07-31", 200), range("2027-07-10", "2027-07-10", 300)];
        assert_eq!(nightly(&facts, day("2027-06-30")), 100);
        assert_eq!(nightly(&facts, day("2027-06-25")), 150);
        assert_eq!(nightly(&facts, day("2027-07-09")), 200);
        assert_eq!(nightly(&facts, day("2027-07-10")), 300);
    }

    #[test]
    fn extra_guests_pay_per_night_and_infants_do_not_count() {
        let mut facts = facts(Currency::EUR, 10_000);
        facts.settings.extra_guest_fee = 1_000;
        facts.settings.pet_fee = 2_500;
        let price = price(&facts, stay("2027-03-01", 2), Party::new(2, 1, 2, 1).unwrap(), RatePlan::Standard)
            .unwrap();
        assert_eq!(line(&price, LineKind::ExtraGuests), 2_000);
        assert_eq!(line(&price, LineKind::Pets), 2_500);
    }

    #[test]
    fn the_larger_discount_only_and_no_overflow() {
        let mut facts = facts(Currency::EUR, 10_000);
        facts.settings.weekly_discount = 1_500;
        facts.settings.monthly_discount = 1_000;
        assert_eq!(length_discount(&facts.settings, 6), 0);
        assert_eq!(length_discount(&facts.settings, 28), 1_500);
        facts.settings.nightly = i64::MAX / 2;
        assert_eq!(
            price(&facts, stay("2027-03-01", 3), two(), RatePlan::Standard),
            Err(MoneyError::TooLarge)
        );
    }

    #[test]
    fn non_refundable_is_a_tenth_off_what_is_left_after_the_length_discount() {
        let mut facts = facts(Currency::JPY, 12_345);
        facts.settings.weekly_discount = 1_000;
        facts.settings.cleaning_fee = 5_000;
        let price = price(&facts, stay("2027-03-01", 7), two(), RatePlan::NonRefundable).unwrap();
        assert_eq!(line(&price, LineKind::Nights), 86_415);
        assert_eq!(line(&price, LineKind::LengthDiscount), -8_642);
        // A tenth of 77,773, rounded once; the cleaning is no cheaper.
        assert_eq!(line(&price, LineKind::NonRefundableDiscount), -7_777);
        assert_eq!(price.nights().unwrap().minor, 69_996);
        assert_eq!(price.base().unwrap().minor, 74_996);
        assert_eq!(line(&price, LineKind::ServiceFee), 9_000);
    }
}
