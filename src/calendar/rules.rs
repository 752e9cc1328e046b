//! Whether a stay can be booked: facts in, every violated rule out. No database, no clock.

use std::collections::BTreeSet;

use chrono::{Datelike, Days, Months, NaiveDate, Weekday};

use super::{calendar_rules, limits::Weekdays};
use crate::kernel::{Party, Stay, stay::BOOKABLE_DAYS};

/// Most nights of preparation before a stay, and as many after it.
pub const MOST_PREPARATION: u64 = 2;

/// The longest booking window, in months: as far as can be booked at all.
pub const MOST_MONTHS: i32 = 24;

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
    /// The hour on its clock.
    pub hour: u32,
    /// Nights that are not for sale for other reasons than preparation, at least those around the stay.
    pub taken: BTreeSet<NaiveDate>,
    /// Nights that are not for sale for preparation only.
    pub preparation: BTreeSet<NaiveDate>,
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
    /// Shorter than the host wants for this check-in.
    #[error("at least {nights} nights")]
    MinNights {
        /// The least.
        nights: u32,
    },
    /// Longer than the host wants for this check-in.
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
        /// The local hour until which today could be booked, where it is that which has passed.
        cut_off_hour: Option<u32>,
    },
    /// Further ahead than can be booked.
    #[error("the latest check-out is {latest}")]
    BookingWindow {
        /// The latest check-out.
        latest: NaiveDate,
    },
    /// No stay begins on this weekday.
    #[error("no check-in on a {}", name(*.weekday))]
    ClosedToArrival {
        /// That of the check-in.
        weekday: Weekday,
    },
    /// No stay ends on this weekday.
    #[error("no check-out on a {}", name(*.weekday))]
    ClosedToDeparture {
        /// That of the check-out.
        weekday: Weekday,
    },
    /// Nights that are not for sale.
    #[error("{} of the nights are taken", nights.len())]
    NightsTaken {
        /// Which.
        nights: Vec<NaiveDate>,
    },
    /// Nights on which the place is made ready before or after somebody else's stay.
    #[error("the place is being prepared until {until}")]
    Preparation {
        /// Which.
        nights: Vec<NaiveDate>,
        /// The first day that needs no preparation any more.
        until: NaiveDate,
    },
    /// More guests than the place takes.
    #[error("at most {guests} guests")]
    TooManyGuests {
        /// The most.
        guests: u32,
    },
}

/// How many nights lie between two stays at least. What one guest's stay needs after it and what the next needs before
/// it may be the same nights: so the larger of both, on either side of each stay.
pub fn gap(before: i32, after: i32) -> u64 {
    u64::try_from(before.max(after)).unwrap_or(0).min(MOST_PREPARATION)
}

/// The nights around a stay that are kept free for preparation, in order.
pub fn preparation(stay: Stay, gap: u64) -> impl Iterator<Item = NaiveDate> {
    let before = (1..=gap).rev().filter_map(move |n| stay.check_in().checked_sub_days(Days::new(n)));
    let after = (0..gap).filter_map(move |n| stay.check_out().checked_add_days(Days::new(n)));
    before.chain(after)
}

/// The shortest and the longest stay that begin on this day: what its range says, or else its weekday, or else the
/// listing.
pub fn lengths(rules: &calendar_rules::Model, check_in: NaiveDate) -> (u32, u32) {
    let range = rules.limits.ranges.iter().find(|range| (range.first..=range.last).contains(&check_in));
    let (min, max) = lengths_of_weekday(rules, check_in.weekday());
    let or = |said: Option<i32>, otherwise| said.map_or(otherwise, count);
    (or(range.and_then(|range| range.min), min), or(range.and_then(|range| range.max), max))
}

/// The same for all days of a weekday that are in no range.
pub fn lengths_of_weekday(rules: &calendar_rules::Model, weekday: Weekday) -> (u32, u32) {
    let day = rules.limits.weekdays.iter().find(|day| day.weekday == weekday);
    let min = day.and_then(|day| day.min).unwrap_or(rules.min_nights);
    let max = day.and_then(|day| day.max).unwrap_or(rules.max_nights);
    (count(min), count(max))
}

/// The last day of check-out that can be booked with a window of so many months.
pub fn latest_check_out(today: NaiveDate, window_months: u32) -> NaiveDate {
    let window = today.checked_add_months(Months::new(window_months)).unwrap_or(NaiveDate::MAX);
    let bookable = today.checked_add_days(Days::new(BOOKABLE_DAYS.into())).unwrap_or(NaiveDate::MAX);
    window.min(bookable)
}

/// Every rule that the stay breaks; none means that a booking would succeed.
pub fn violations(facts: &Facts, stay: Stay, party: Party) -> Vec<Violation> {
    let (check_in, check_out) = (stay.check_in(), stay.check_out());
    let (min, max) = lengths(&facts.rules, check_in);
    let (earliest, cut_off_hour) = earliest_check_in(facts);
    let latest = latest_check_out(facts.today, count(facts.rules.window_months));
    let closed = |days, day: NaiveDate| Some(day.weekday()).filter(|day| Weekdays(days).contains(*day));
    let within = |nights: &BTreeSet<NaiveDate>| -> Vec<NaiveDate> {
        nights.range(check_in..check_out).copied().collect()
    };
    let (taken, prepared) = (within(&facts.taken), within(&facts.preparation));

    let broken = [
        (!facts.on_sale).then_some(Violation::NotOnSale),
        (check_in < facts.today).then_some(Violation::InThePast { today: facts.today }),
        (stay.len() < min).then_some(Violation::MinNights { nights: min }),
        (stay.len() > max).then_some(Violation::MaxNights { nights: max }),
        (check_in >= facts.today && check_in < earliest)
            .then_some(Violation::AdvanceNotice { earliest, cut_off_hour }),
        (check_out > latest).then_some(Violation::BookingWindow { latest }),
        closed(facts.rules.closed_to_arrival, check_in).map(|weekday| Violation::ClosedToArrival { weekday }),
        closed(facts.rules.closed_to_departure, check_out)
            .map(|weekday| Violation::ClosedToDeparture { weekday }),
        (!taken.is_empty()).then_some(Violation::NightsTaken { nights: taken }),
        prepared
            .last()
            .and_then(|last| first_unprepared(facts, *last))
            .map(|until| Violation::Preparation { nights: prepared.clone(), until }),
        (party.guests() > facts.max_guests).then_some(Violation::TooManyGuests { guests: facts.max_guests }),
    ];
    broken.into_iter().flatten().collect()
}

/// The earliest check-in, and the hour that has passed if that is why it isn't today.
fn earliest_check_in(facts: &Facts) -> (NaiveDate, Option<u32>) {
    let in_days = |days: u32| facts.today.checked_add_days(Days::new(days.into())).unwrap_or(NaiveDate::MAX);
    let cut_off = facts.rules.cut_off_hour.filter(|_| facts.rules.notice_days == 0).map(count);
    match cut_off.filter(|hour| facts.hour >= *hour) {
        Some(hour) => (in_days(1), Some(hour)),
        None => (in_days(count(facts.rules.notice_days)), None),
    }
}

/// The first day after a night of preparation that is none.
fn first_unprepared(facts: &Facts, night: NaiveDate) -> Option<NaiveDate> {
    night.iter_days().find(|day| !facts.preparation.contains(day))
}

fn count(n: i32) -> u32 {
    u32::try_from(n).unwrap_or(0)
}

fn name(day: Weekday) -> &'static str {
    match day {
        Weekday::Mon => "Monday",
        Weekday::Tue => "Tuesday",
        Weekday::Wed => "Wednesday",
        Weekday::Thu => "Thursday",
        Weekday::Fri => "Friday",
        Weekday::Sat => "Saturday",
        Weekday::Sun => "Sunday",
    }
}

/// The bookable stays of the same length whose check-in is nearest to the asked one, nearest first, earlier before
/// later, however far they are. Of the others, those are passed over that `is_offered` says no to.
pub fn nearest(
    facts: &Facts,
    stay: Stay,
    party: Party,
    most: usize,
    is_offered: impl Fn(Stay) -> bool,
) -> Vec<Stay> {
    let length = Days::new(stay.len().into());
    let latest = latest_check_out(facts.today, count(facts.rules.window_months)).checked_sub_days(length);
    let Some(latest) = latest.filter(|_| facts.on_sale) else { return Vec::new() };
    let mut check_ins: Vec<NaiveDate> = facts.today.iter_days().take_while(|day| *day <= latest).collect();
    check_ins.sort_by_key(|day| (*day - stay.check_in()).num_days().unsigned_abs());
    check_ins
        .into_iter()
        .filter_map(|check_in| Stay::new(check_in, check_in.checked_add_days(length)?).ok())
        .filter(|other| *other != stay && violations(facts, *other, party).is_empty() && is_offered(*other))
        .take(most)
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{
        calendar::{
            default_rules,
            limits::{Limits, RangeLimit, WeekdayLimit},
        },
        kernel::ListingId,
    };

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
                min_nights: 2,
                max_nights: 14,
                notice_days: 1,
                ..default_rules(ListingId::new())
            },
            max_guests: 4,
            today: day(0),
            hour: 12,
            taken: taken.into_iter().map(day).collect(),
            preparation: BTreeSet::new(),
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
                Violation::AdvanceNotice { earliest: day(1), cut_off_hour: None },
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

    #[test]
    fn the_narrowest_length_holds() {
        let mut facts = facts([]);
        // Day 0 is a Friday.
        facts.rules.limits = Limits {
            weekdays: vec![WeekdayLimit { weekday: Weekday::Fri, min: Some(3), max: None }],
            ranges: vec![RangeLimit { first: day(14), last: day(20), min: Some(7), max: Some(7) }],
        };
        let lengths = |n| lengths(&facts.rules, day(n));
        assert_eq!(
            (lengths(1), lengths(7), lengths(14), lengths(20), lengths(21)),
            ((2, 14), (3, 14), (7, 7), (7, 7), (3, 14))
        );
        assert_eq!(violations(&facts, stay(7, 2), two()), [Violation::MinNights { nights: 3 }]);
        assert_eq!(violations(&facts, stay(15, 8), two()), [Violation::MaxNights { nights: 7 }]);
        // The check-in decides, not the nights.
        assert_eq!(violations(&facts, stay(13, 2), two()), []);
    }

    #[test]
    fn the_same_day_can_be_booked_until_the_hour_and_not_from_it_on() {
        let mut facts = facts([]);
        facts.rules.notice_days = 0;
        facts.rules.cut_off_hour = Some(18);
        for (hour, expected) in [(17, None), (18, Some(18)), (23, Some(18))] {
            facts.hour = hour;
            let expected: Vec<_> = expected
                .map(|hour| Violation::AdvanceNotice { earliest: day(1), cut_off_hour: Some(hour) })
                .into_iter()
                .collect();
            assert_eq!(violations(&facts, stay(0, 2), two()), expected, "{hour}");
            assert_eq!(violations(&facts, stay(1, 2), two()), []);
        }
        facts.rules.notice_days = 3;
        let earliest = Violation::AdvanceNotice { earliest: day(3), cut_off_hour: None };
        assert_eq!(violations(&facts, stay(2, 2), two()), [earliest]);
    }

    #[test]
    fn weekdays_are_closed_to_arrival_and_departure() {
        let mut facts = facts([]);
        facts.rules.closed_to_arrival = Weekdays::from_iter([Weekday::Sat, Weekday::Sun]).0;
        facts.rules.closed_to_departure = Weekdays::from_iter([Weekday::Mon]).0;
        assert_eq!(
            violations(&facts, stay(8, 2), two()),
            [
                Violation::ClosedToArrival { weekday: Weekday::Sat },
                Violation::ClosedToDeparture { weekday: Weekday::Mon },
            ]
        );
        assert_eq!(violations(&facts, stay(7, 2), two()), []);
        assert_eq!(
            Violation::ClosedToArrival { weekday: Weekday::Sat }.to_string(),
            "no check-in on a Saturday"
        );
    }

    #[test]
    fn a_window_is_months_and_never_more_than_can_be_booked() {
        let today = NaiveDate::from_ymd_opt(2027, 1, 31).unwrap();
        assert_eq!(latest_check_out(today, 1), NaiveDate::from_ymd_opt(2027, 2, 28).unwrap());
        assert_eq!(latest_check_out(today, 24), today + Days::new(730));
    }

    #[test]
    fn preparation_says_until_when_and_its_nights_are_not_called_taken() {
        let mut facts = facts([10, 11]);
        facts.preparation = preparation(stay(10, 2), 2).collect();
        assert_eq!(
            violations(&facts, stay(12, 3), two()),
            [Violation::Preparation { nights: vec![day(12), day(13)], until: day(14) }]
        );
        assert_eq!(
            violations(&facts, stay(7, 2), two()),
            [Violation::Preparation { nights: vec![day(8)], until: day(10) }]
        );
        assert_eq!(violations(&facts, stay(14, 2), two()), []);
    }

    #[test]
    fn far_away_stays_are_found_where_none_is_near() {
        let facts = facts(1..120);
        let far = nearest(&facts, stay(20, 2), two(), 3, |_| true);
        assert_eq!(far, [stay(120, 2), stay(121, 2), stay(122, 2)]);
        let offered = |other: Stay| other.check_in() > day(121);
        let far = nearest(&facts, stay(20, 2), two(), 2, offered);
        assert_eq!(far, [stay(122, 2), stay(123, 2)]);
    }

    /// The domain's own words: nights that have no row, and preparation nights without a stay, by looking at each night.
    fn fits(stays: &[Stay], blocks: &BTreeSet<NaiveDate>, before: u64, after: u64, asked: Stay) -> bool {
        let prepared = |stay: Stay| {
            let first = stay.check_in() - Days::new(before);
            let last = stay.check_out() + Days::new(after);
            first
                .iter_days()
                .take_while(move |day| *day < last)
                .filter(move |day| *day < stay.check_in() || *day >= stay.check_out())
        };
        let has_row = |night: NaiveDate| {
            blocks.contains(&night)
                || stays.iter().any(|stay| stay.nights().chain(prepared(*stay)).any(|other| other == night))
        };
        asked.nights().all(|night| !has_row(night))
            && prepared(asked)
                .all(|night| !stays.iter().any(|stay| stay.nights().any(|other| other == night)))
    }

    proptest! {
        /// Rows around each stay, as many on both sides as the larger of both needs, say what the domain says.
        #[test]
        fn a_night_without_a_row_is_a_night_for_sale(
            before in 0_i32..=2, after in 0_i32..=2, blocks in prop::collection::btree_set(1_u64..60, 0..12),
            asked in prop::collection::vec((1_u64..56, 1_u64..5), 1..40),
        ) {
            let blocks: BTreeSet<NaiveDate> = blocks.into_iter().map(day).collect();
            let mut facts = facts([]);
            facts.rules.min_nights = 1;
            facts.taken.clone_from(&blocks);
            let mut stays = Vec::new();
            for (from, nights) in asked {
                let asked = stay(from, nights);
                let says_yes = violations(&facts, asked, two()).is_empty();
                let (b, a) = (u64::try_from(before).unwrap(), u64::try_from(after).unwrap());
                prop_assert_eq!(says_yes, fits(&stays, &blocks, b, a, asked));
                if says_yes {
                    facts.taken.extend(asked.nights());
                    facts.preparation.extend(preparation(asked, gap(before, after)));
                    stays.push(asked);
                }
            }
        }
    }

    proptest! {
        #[test]
        fn nearest_stays_are_bookable_and_sorted_by_distance(
            taken in prop::collection::btree_set(1_u64..100, 0..60), from in 1_u64..60, nights in 2_u64..8,
        ) {
            let facts = facts(taken);
            let asked = stay(from, nights);
            let found = nearest(&facts, asked, two(), 3, |_| true);
            let distance = |s: &Stay| (s.check_in() - asked.check_in()).num_days().abs();
            prop_assert!(found.iter().all(|s| s.len() == asked.len() && violations(&facts, *s, two()).is_empty()));
            prop_assert!(found.windows(2).all(|pair| distance(&pair[0]) <= distance(&pair[1])));
        }
    }
}
