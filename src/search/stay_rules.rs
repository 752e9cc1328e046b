//! The host's rules about a stay as a condition on search rows: the same that `calendar::rules` judges, with the numbers of
//! all seven weekdays packed into one. No statement is run here.
//!
//! Each weekday has nine bits of `week_min` and `week_max`, Monday the lowest: enough for the 365 nights of the longest
//! stay. The few listings with lengths of their own for some dates have them in `search_range`, one row for a range, and
//! `has_ranges` says whether to look.

use chrono::{Datelike, NaiveDate, Weekday};

use super::{conditions::Conditions, range_row, zones};
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
/// More minutes than any notice has.
const LONGEST_NOTICE: i64 = 60 * 24 * 60;

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

/// What a stay asks of the rules, as one clause, at this instant. Without a stay everything passes. None where nothing
/// can match.
pub(super) fn clause(all: &mut Conditions, stay: Option<Stay>, now: Instant) -> Option<String> {
    let (mut least, mut most) = (ANY, 0);
    let (mut arrival, mut departure) = (0, 0);
    // Before all dates that have lengths of their own.
    let (mut day, mut bits) = (NaiveDate::default(), 0);
    let mut times = None;
    if let Some(stay) = stay {
        times = Some(Times::of(stay, now)?);
        (least, most) = (i64::from(stay.len()), i64::from(stay.len()));
        let bit = |date: NaiveDate| Weekdays::from_iter([date.weekday()]).0;
        (arrival, departure) = (bit(stay.check_in()), bit(stay.check_out()));
        (day, bits) = (stay.check_in(), shift(stay.check_in().weekday()));
    }
    let times = times.unwrap_or(Times::ANY).clause(all, now);
    let (arrival, departure) = (all.bind(arrival), all.bind(departure));
    let (least, most, bits) = (all.bind(least), all.bind(most), all.bind(i32::try_from(bits).ok()?));
    let day = all.bind(day);
    let (min, max) = (format!("((week_min >> {bits}) & {ANY})"), format!("((week_max >> {bits}) & {ANY})"));
    let by_weekday = format!("({min} <= {least} AND {max} >= {most})");
    Some(format!(
        "{times} AND ((closed_to_arrival & {arrival}) | (closed_to_departure & {departure})) = 0 \
         AND CASE WHEN has_ranges THEN COALESCE((SELECT COALESCE(g.min_nights, {min}) <= {least} \
         AND COALESCE(g.max_nights, {max}) >= {most} FROM search_range g \
         WHERE g.listing_id = search_row.listing_id AND g.first_day <= {day} AND g.last_day >= {day}), \
         {by_weekday}) ELSE {by_weekday} END"
    ))
}

/// When a stay may be booked: what depends on the clock of the place.
///
/// A row's clock shows `now` and the minutes that its zone is ahead. It matters only to stays that begin soon, or end as
/// far ahead as some window reaches; for all others nobody looks at it, and the statement is the same for all of them.
#[derive(Debug, Clone, Copy)]
struct Times {
    /// Minutes from now to the midnight with which the day of check-in begins, both in UTC.
    until: i64,
    /// The least months ahead that reach to the check-out, where today is UTC's yesterday, today and tomorrow.
    months: [i32; 3],
}

impl Times {
    /// What every row allows.
    const ANY: Self = Self { until: i64::MAX, months: [0; 3] };

    /// None where no clock in the world allows it.
    fn of(stay: Stay, now: Instant) -> Option<Self> {
        let check_in = stay.check_in().signed_duration_since(NaiveDate::default()).num_days();
        let until = check_in * i64::from(DAY) - zones::minute(now);
        let today = now.date_naive();
        let days = [today.pred_opt()?, today, today.succ_opt()?];
        let reaches = |today: NaiveDate, months: i32| {
            rules::latest_check_out(today, months.unsigned_abs()) >= stay.check_out()
        };
        let least = |today| (1..=rules::MOST_MONTHS).find(|months| reaches(today, *months));
        let months = days.map(least);
        // The day of check-in is over everywhere, or nobody can book so far ahead yet.
        let never = until + i64::from(DAY) <= -zones::MOST_BEHIND || months == [None; 3];
        (!never)
            .then(|| Self { until, months: months.map(|months| months.unwrap_or(rules::MOST_MONTHS + 1)) })
    }

    fn clause(self, all: &mut Conditions, now: Instant) -> String {
        let until = all.bind(self.until);
        let notice = if self.until > LONGEST_NOTICE + zones::MOST_AHEAD {
            format!("notice_minutes < {until}")
        } else {
            format!("notice_minutes + {} < {until}", all.ahead(now))
        };
        let [yesterday, today, tomorrow] = self.months;
        let window = if yesterday == today && today == tomorrow {
            all.bind(today)
        } else {
            // Minutes since the midnight with which UTC's day began: a clock that is more behind shows yesterday.
            let since = zones::minute(now).rem_euclid(i64::from(DAY));
            let ahead = all.ahead(now);
            let (first, last) = (all.bind(-since), all.bind(i64::from(DAY) - since));
            let [yesterday, today, tomorrow] = [yesterday, today, tomorrow].map(|months| all.bind(months));
            format!(
                "CASE WHEN {ahead} < {first} THEN {yesterday} WHEN {ahead} >= {last} THEN {tomorrow} ELSE {today} END"
            )
        };
        format!("{notice} AND window_months >= {window}")
    }
}

fn shift(day: Weekday) -> u32 {
    BITS * day.num_days_from_monday()
}
