//! Nights with a price of their own, as spans that don't overlap: what the overrides of a listing come to. Pure.

use std::collections::BTreeSet;

use chrono::{Datelike, Days, NaiveDate, Weekday};

use super::span;
use crate::{
    kernel::ListingId,
    pricing::{price_override, rules},
};

/// A night as the number of its day since 1970.
pub fn day(night: NaiveDate) -> i32 {
    i32::try_from(night.signed_duration_since(NaiveDate::default()).num_days()).unwrap_or(i32::MAX)
}

/// The night of a number.
pub fn night(day: i64) -> Option<NaiveDate> {
    NaiveDate::default().checked_add_days(Days::new(u64::try_from(day).ok()?))
}

/// Whether the night has the weekend's price.
pub fn is_weekend(night: NaiveDate) -> bool {
    matches!(night.weekday(), Weekday::Fri | Weekday::Sat)
}

/// The spans of a listing: for each night the override that wins, neighbours of the same price in one.
pub fn spans(listing_id: ListingId, overrides: &[price_override::Model]) -> Vec<span::Model> {
    let ends = |o: &price_override::Model| [Some(o.first_night), o.last_night.checked_add_days(Days::new(1))];
    let cuts: BTreeSet<NaiveDate> = overrides.iter().flat_map(ends).flatten().collect();
    let cuts: Vec<NaiveDate> = cuts.into_iter().collect();
    let mut spans: Vec<span::Model> = Vec::new();
    for pair in cuts.windows(2) {
        let Some(winner) = rules::specific(overrides, pair[0]) else { continue };
        let (first_day, last_day) = (day(pair[0]), day(pair[1]) - 1);
        match spans.last_mut() {
            Some(span) if span.last_day + 1 == first_day && span.nightly == winner.nightly => {
                span.last_day = last_day;
            }
            _ => spans.push(span::Model { listing_id, first_day, last_day, nightly: winner.nightly }),
        }
    }
    spans
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::kernel::PriceOverrideId;

    fn at(n: i32) -> NaiveDate {
        night(20_000 + i64::from(n)).unwrap()
    }

    proptest! {
        #[test]
        fn each_night_has_the_price_of_the_override_that_wins(
            ranges in prop::collection::vec((0_i32..40, 0_i32..20, 1_i64..5), 0..12),
        ) {
            let listing = ListingId::new();
            let overrides: Vec<_> = ranges
                .iter()
                .map(|(first, more, nightly)| price_override::Model {
                    id: PriceOverrideId::new(),
                    listing_id: listing,
                    first_night: at(*first),
                    last_night: at(first + more),
                    nightly: *nightly,
                })
                .collect();
            let spans = spans(listing, &overrides);
            for n in -1..65 {
                let night = at(n);
                let mut of_night = spans.iter().filter(|s| s.first_day <= day(night) && day(night) <= s.last_day);
                let expected = rules::specific(&overrides, night).map(|o| o.nightly);
                prop_assert_eq!(of_night.next().map(|span| span.nightly), expected);
                prop_assert!(of_night.next().is_none());
            }
        }
    }

    #[test]
    fn days_are_counted_from_1970_and_back() {
        assert_eq!(day(NaiveDate::default()), 0);
        assert_eq!(night(20_454), NaiveDate::from_ymd_opt(2026, 1, 1));
        assert_eq!(night(-1), None);
    }
}
