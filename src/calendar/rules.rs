//! Whether a stay can be booked: facts in, every violated rule out. No database, no clock.

use std::collections::BTreeSet;

use chrono::{Days, NaiveDate};

use super::calendar_rules;
use crate::kernel::{Party, Stay, stay::BOOKABLE_DAYS};

/// What availability depends on.
#[derive(Debug, Clone)]
pub struct Facts {
    /// Whether the listing is published and its host active.
    pub on_sale: bool,
    /// The host's rules.
    pub rules: calendar_rules::Model,
    /// Most guests.
    pub max_guests: u32,
    /// Today on the wall of the listing.
    pub today: NaiveDate,
    /// Nights that are not for sale, at least those around the stay.
    pub taken: BTreeSet<NaiveDate>,
}

/// A rule that the stay breaks, with what helps to choose another.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Violation {
    /// The listing is not on sale now.
    #[error("this place is not on sale now")]
    NotOnSale,
    /// The stay begins in the past, seen from the listing's zone.
    #[error("the stay begins before today, {today}")]
    InThePast {
        /// Today at the listing.
        today: NaiveDate,
    },
    /// Shorter than the host wants.
    #[error("at least {nights} nights")]
    MinNights {
        /// The least.
        nights: u32,
    },
    /// Longer than the host wants.
    #[error("at most {nights} nights")]
    MaxNights {
        /// The most.
        nights: u32,
    },
    /// Too soon for the host.
    #[error("the earliest check-in is {earliest}")]
    AdvanceNotice {
        /// The earliest check-in.
        earliest: NaiveDate,
    },
    /// Further ahead than can be booked.
    #[error("the latest check-out is {latest}")]
    BookingWindow {
        /// The latest check-out.
        latest: NaiveDate,
    },
    /// Nights that are not for sale.
    #[error("{} of the nights are taken", nights.len())]
    NightsTaken {
        /// Which.
        nights: Vec<NaiveDate>,
    },
    /// More guests than the place takes.
    #[error("at most {guests} guests")]
    TooManyGuests {
        /// The most.
        guests: u32,
    },
}

/// Every rule that the stay breaks; none means that a booking would succeed.
pub fn violations(facts: &Facts, stay: Stay, party: Party) -> Vec<Violation> {
    let count = |n: i32| u32::try_from(n).unwrap_or(0);
    let ahead = |days: u32| facts.today.checked_add_days(Days::new(days.into())).unwrap_or(NaiveDate::MAX);
    let earliest = ahead(count(facts.rules.notice_days));
    let latest = ahead(count(facts.rules.window_days).min(BOOKABLE_DAYS));
    let taken: Vec<_> = stay.nights().filter(|night| facts.taken.contains(night)).collect();
    let (min, max) = (count(facts.rules.min_nights), count(facts.rules.max_nights));

    let broken = [
        (!facts.on_sale).then_some(Violation::NotOnSale),
        (stay.check_in() < facts.today).then_some(Violation::InThePast { today: facts.today }),
        (stay.len() < min).then_some(Violation::MinNights { nights: min }),
        (stay.len() > max).then_some(Violation::MaxNights { nights: max }),
        (stay.check_in() >= facts.today && stay.check_in() < earliest)
            .then_some(Violation::AdvanceNotice { earliest }),
        (stay.check_out() > latest).then_some(Violation::BookingWindow { latest }),
        (!taken.is_empty()).then_some(Violation::NightsTaken { nights: taken }),
        (party.guests() > facts.max_guests).then_some(Violation::TooManyGuests { guests: facts.max_guests }),
    ];
    broken.into_iter().flatten().collect()
}

/// How many days around the asked stay [`nearest`] looks at.
pub const NEAR: u64 = 45;

/// The bookable stays of the same length whose check-in is nearest to the asked one, nearest first, earlier before
/// later. `facts.taken` must cover [`NEAR`] days on both sides.
pub fn nearest(facts: &Facts, stay: Stay, party: Party, most: usize) -> Vec<Stay> {
    let shifted = |days: u64| {
        let (check_in, check_out) = (stay.check_in(), stay.check_out());
        let earlier =
            check_in.checked_sub_days(Days::new(days)).zip(check_out.checked_sub_days(Days::new(days)));
        let later =
            check_in.checked_add_days(Days::new(days)).zip(check_out.checked_add_days(Days::new(days)));
        [earlier, later].into_iter().flatten()
    };
    (1..=NEAR)
        .flat_map(shifted)
        .filter_map(|(check_in, check_out)| Stay::new(check_in, check_out).ok())
        .filter(|other| violations(facts, *other, party).is_empty())
        .take(most)
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::kernel::ListingId;

    fn day(n: u64) -> NaiveDate {
        NaiveDate::from_ymd_opt(2027, 1, 1).unwrap() + Days::new(n)
    }

    fn stay(from: u64, nights: u64) -> Stay {
        Stay::new(day(from), day(from + nights)).unwrap()
    }

    fn facts(taken: impl IntoIterator<Item = u64>) -> Facts {
        Facts {
            on_sale: true,
            rules: calendar_rules::Model {
                listing_id: ListingId::new(),
                min_nights: 2,
                max_nights: 14,
                notice_days: 1,
                window_days: 365,
            },
            max_guests: 4,
            today: day(0),
            taken: taken.into_iter().map(day).collect(),
        }
    }

    fn two() -> Party {
        Party::new(2, 0, 1, 0).unwrap()
    }

    #[test]
    fn every_broken_rule_is_named_at_once() {
        let mut facts = facts([0]);
        facts.on_sale = false;
        let found = violations(&facts, stay(0, 1), Party::new(5, 0, 0, 0).unwrap());
        assert_eq!(
            found,
            [
                Violation::NotOnSale,
                Violation::MinNights { nights: 2 },
                Violation::AdvanceNotice { earliest: day(1) },
                Violation::NightsTaken { nights: vec![day(0)] },
                Violation::TooManyGuests { guests: 4 },
            ]
        );
        assert_eq!(violations(&facts_past(), stay(0, 2), two()), [Violation::InThePast { today: day(3) }]);
        let far = violations(&self::facts([]), stay(360, 6), two());
        assert_eq!(far, [Violation::BookingWindow { latest: day(365) }]);
    }

    fn facts_past() -> Facts {
        Facts { today: day(3), ..facts([]) }
    }

    #[test]
    fn the_check_out_day_is_free_for_the_next_guest() {
        assert_eq!(violations(&facts([2, 3, 6]), stay(4, 2), two()), []);
    }

    proptest! {
        #[test]
        fn nearest_stays_are_bookable_and_sorted_by_distance(
            taken in prop::collection::btree_set(1_u64..100, 0..60), from in 1_u64..60, nights in 2_u64..8,
        ) {
            let facts = facts(taken);
            let asked = stay(from, nights);
            let found = nearest(&facts, asked, two(), 3);
            let distance = |s: &Stay| (s.check_in() - asked.check_in()).num_days().abs();
            prop_assert!(found.iter().all(|s| s.len() == asked.len() && violations(&facts, *s, two()).is_empty()));
            prop_assert!(found.windows(2).all(|pair| distance(&pair[0]) <= distance(&pair[1])));
        }
    }
}
