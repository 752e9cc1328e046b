//! The host's rules about a stay as search rows keep them: the same that `calendar::rules` judges, with the numbers of
//! all seven weekdays packed into one. Pure.
//!
//! Each weekday has nine bits of `week_min` and `week_max`, Monday the lowest: enough for the 365 nights of the longest
//! stay. The few listings with lengths of their own for some dates have them in `search_range`, one row for a range.

use chrono::{Datelike, NaiveDate, Weekday};

use super::{range_row, row, zones};
use crate::{
    calendar::{
        calendar_rules,
        limits::{WEEK, Weekdays},
        rules,
    },
    kernel::{Stay, clock::Instant},
};

/// Bits of a weekday's number.
const BITS: u32 = 9;
/// More nights than fit: what any listing allows.
const ANY: i64 = (1 << BITS) - 1;

/// Minutes of a day.
const DAY: i32 = 24 * 60;

/// The shortest and longest stays of the seven weekdays, as rows keep them.
pub fn packed(rules: &calendar_rules::Model) -> (i64, i64) {
    let pack = |of: fn((u32, u32)) -> u32| {
        WEEK.into_iter().fold(0, |all, day| {
            all | i64::from(of(rules::lengths_of_weekday(rules, day))).min(ANY) << shift(day)
        })
    };
    (pack(|(min, _)| min), pack(|(_, max)| max))
}

/// The rows of the dates that have lengths of their own.
pub fn ranges(rules: &calendar_rules::Model) -> Vec<range_row::Model> {
    let row = |range: &crate::calendar::limits::RangeLimit| range_row::Model {
        listing_id: rules.listing_id,
        first_day: range.first,
        last_day: range.last,
        min_nights: range.min,
        max_nights: range.max,
    };
    rules.limits.ranges.iter().map(row).collect()
}

/// How long before the midnight with which the day of check-in begins, on the clock of the place, a stay can be booked at
/// the latest: less than nothing where it can be on that very day, until the cut-off hour or the day's end.
pub fn notice_minutes(rules: &calendar_rules::Model) -> i32 {
    match (rules.notice_days, rules.cut_off_hour) {
        (..=0, Some(hour)) => hour.saturating_mul(-60),
        (days, _) => days.max(0).saturating_sub(1).saturating_mul(DAY),
    }
}

/// What a stay that is asked for at some instant asks of the rules of a listing.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked {
    check_in: NaiveDate,
    nights: i64,
    /// The weekday of check-in, as a bit.
    arrival: i32,
    /// The weekday of check-out, as a bit.
    departure: i32,
    /// Minutes from now to the midnight with which the day of check-in begins, both in UTC.
    until: i64,
    /// Minutes since the midnight with which UTC's day began.
    since: i64,
    /// The least months ahead that reach to the check-out, where today is UTC's yesterday, today and tomorrow.
    months: [i32; 3],
}

impl Asked {
    /// None where no clock in the world allows such a stay.
    pub fn of(stay: Stay, now: Instant) -> Option<Self> {
        let (check_in, minute) = (stay.check_in(), zones::minute(now));
        let until = check_in.signed_duration_since(NaiveDate::default()).num_minutes() - minute;
        let today = now.date_naive();
        let reaches = |today: NaiveDate, months: i32| {
            rules::latest_check_out(today, months.unsigned_abs()) >= stay.check_out()
        };
        let least = |today| (1..=rules::MOST_MONTHS).find(|months| reaches(today, *months));
        let months = [today.pred_opt()?, today, today.succ_opt()?].map(least);
        // The day of check-in is over everywhere, or nobody can book so far ahead yet.
        if until + i64::from(DAY) <= -zones::MOST_BEHIND || months == [None; 3] {
            return None;
        }
        let bit = |date: NaiveDate| Weekdays::from_iter([date.weekday()]).0;
        Some(Self {
            check_in,
            nights: stay.len().into(),
            arrival: bit(check_in),
            departure: bit(stay.check_out()),
            until,
            since: minute.rem_euclid(DAY.into()),
            months: months.map(|months| months.unwrap_or(rules::MOST_MONTHS + 1)),
        })
    }

    /// Whether the rules of this listing allow it, where the clock is so many minutes ahead of UTC.
    pub fn is_allowed_by(&self, row: &row::Model, ranges: &[range_row::Model], ahead: i64) -> bool {
        let [yesterday, today, tomorrow] = self.months;
        let months = match ahead + self.since {
            ..0 => yesterday,
            minutes if minutes >= DAY.into() => tomorrow,
            _ => today,
        };
        i64::from(row.notice_minutes) + ahead < self.until
            && row.window_months >= months
            && (row.closed_to_arrival & self.arrival) | (row.closed_to_departure & self.departure) == 0
            && self.has_length_of(row, ranges)
    }

    fn has_length_of(&self, row: &row::Model, ranges: &[range_row::Model]) -> bool {
        let of_weekday = |packed: i64| (packed >> shift(self.check_in.weekday())) & ANY;
        let range = ranges.iter().find(|range| (range.first_day..=range.last_day).contains(&self.check_in));
        let least =
            range.and_then(|range| range.min_nights).map_or_else(|| of_weekday(row.week_min), i64::from);
        let most =
            range.and_then(|range| range.max_nights).map_or_else(|| of_weekday(row.week_max), i64::from);
        (least..=most).contains(&self.nights)
    }
}

fn shift(day: Weekday) -> u32 {
    BITS * day.num_days_from_monday()
}
