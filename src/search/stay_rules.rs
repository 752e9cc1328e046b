//! The host's rules about a stay as a condition on search rows: the same that `calendar::rules` judges, with the numbers of
//! all seven weekdays packed into one. No statement is run here.
//!
//! Each weekday has nine bits of `week_min` and `week_max`, Monday the lowest: enough for the 365 nights of the longest
//! stay. The few listings with lengths of their own for some dates have them in `search_range`, one row for a range, and
//! `has_ranges` says whether to look.

use chrono::{Datelike, Days, NaiveDate, Weekday};

use super::{conditions::Conditions, range_row};
use crate::{
    calendar::{
        calendar_rules,
        limits::{WEEK, Weekdays},
        rules,
    },
    kernel::Stay,
};

/// Bits of a weekday's number.
const BITS: u32 = 9;
/// More nights than fit: what any listing allows.
const ANY: i64 = (1 << BITS) - 1;

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

/// What a stay asks of the rules, as one clause. `today` is UTC's; a listing's own may be a day earlier or later, and what
/// one of the three would allow is found. Without a stay everything passes. None where nothing can match.
pub(super) fn clause(all: &mut Conditions, stay: Option<Stay>, today: NaiveDate) -> Option<String> {
    let (mut least, mut most, mut notice, mut months) = (ANY, 0, i32::MAX, 0);
    let (mut arrival, mut departure) = (0, 0);
    // Before all dates that have lengths of their own.
    let (mut day, mut bits) = (NaiveDate::default(), 0);
    if let Some(stay) = stay {
        let (yesterday, tomorrow) =
            (today.checked_sub_days(Days::new(1))?, today.checked_add_days(Days::new(1))?);
        notice = i32::try_from((stay.check_in() - yesterday).num_days()).ok().filter(|days| *days >= 0)?;
        months = (1..=rules::MOST_MONTHS)
            .find(|months| rules::latest_check_out(tomorrow, months.unsigned_abs()) >= stay.check_out())?;
        (least, most) = (i64::from(stay.len()), i64::from(stay.len()));
        let bit = |date: NaiveDate| Weekdays::from_iter([date.weekday()]).0;
        (arrival, departure) = (bit(stay.check_in()), bit(stay.check_out()));
        (day, bits) = (stay.check_in(), shift(stay.check_in().weekday()));
    }
    let (notice, months) = (all.bind(notice), all.bind(months));
    let (arrival, departure) = (all.bind(arrival), all.bind(departure));
    let (least, most, bits) = (all.bind(least), all.bind(most), all.bind(i32::try_from(bits).ok()?));
    let day = all.bind(day);
    let (min, max) = (format!("((week_min >> {bits}) & {ANY})"), format!("((week_max >> {bits}) & {ANY})"));
    let by_weekday = format!("({min} <= {least} AND {max} >= {most})");
    Some(format!(
        "notice_days <= {notice} AND window_months >= {months} \
         AND ((closed_to_arrival & {arrival}) | (closed_to_departure & {departure})) = 0 \
         AND CASE WHEN has_ranges THEN COALESCE((SELECT COALESCE(g.min_nights, {min}) <= {least} \
         AND COALESCE(g.max_nights, {max}) >= {most} FROM search_range g \
         WHERE g.listing_id = search_row.listing_id AND g.first_day <= {day} AND g.last_day >= {day}), \
         {by_weekday}) ELSE {by_weekday} END"
    ))
}

fn shift(day: Weekday) -> u32 {
    BITS * day.num_days_from_monday()
}
