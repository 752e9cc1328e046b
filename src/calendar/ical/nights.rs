//! From an event to the nights of a listing that it takes. Whether they matter is not judged here.

use chrono::{NaiveDate, NaiveTime};
use chrono_tz::Tz;

use super::when::{When, next, previous};
use crate::kernel::zone;

/// Who is there at this hour of the morning has slept there.
const MORNING: (u32, u32) = (6, 0);

/// What turns times into nights.
#[derive(Debug, Clone, Copy)]
pub struct Place {
    /// The listing's zone.
    pub zone: Tz,
    /// Its check-in time.
    pub check_in: NaiveTime,
}

/// The first and the last night of an event; `None` when it ends before it begins. Without an end, a whole day is that
/// night, and a time is the night of its day.
pub fn nights(place: Place, start: When, end: Option<When>) -> Option<(NaiveDate, NaiveDate)> {
    match (start, end) {
        (When::Day(day), None) => Some((day, day)),
        (When::Day(from), Some(When::Day(to))) if to >= from => Some((from, previous(to).max(from))),
        (When::Day(_), Some(When::Day(_))) => None,
        (start, end) => timed(place, start, end.unwrap_or(start)),
    }
}

/// A night is taken when the event goes on somewhere between its check-in time and the next morning.
fn timed(place: Place, start: When, end: When) -> Option<(NaiveDate, NaiveDate)> {
    let (from, to) = (start.instant(place.zone), end.instant(place.zone));
    if to < from {
        return None;
    }
    let local = |at: crate::kernel::clock::Instant| at.with_timezone(&place.zone).naive_local();
    let (first_day, last_day) = (local(from).date(), local(to).date());
    // From midnight to midnight, as some write whole days.
    if local(from).time() == NaiveTime::MIN && local(to).time() == NaiveTime::MIN && from < to {
        return Some((first_day, previous(last_day).max(first_day)));
    }
    let morning = NaiveTime::from_hms_opt(MORNING.0, MORNING.1, 0).unwrap_or(NaiveTime::MIN);
    let before_morning = from < zone::at(first_day, morning, place.zone);
    let first = if before_morning { previous(first_day) } else { first_day };
    let after_check_in = to > zone::at(last_day, place.check_in, place.zone);
    let last = if after_check_in { last_day } else { previous(last_day) };
    // A visit by day, or by the early morning alone, is one night all the same: somebody is there.
    Some(if last < first { (first_day, first_day) } else { (first, last) })
}

/// Whether two ranges share a night.
pub fn overlap(one: (NaiveDate, NaiveDate), other: (NaiveDate, NaiveDate)) -> bool {
    one.0 <= other.1 && other.0 <= one.1
}

/// Runs of nights without a gap, each as its first and its last night. The nights come in order, each once.
pub fn runs(nights: impl IntoIterator<Item = NaiveDate>) -> Vec<(NaiveDate, NaiveDate)> {
    let mut runs: Vec<(NaiveDate, NaiveDate)> = Vec::new();
    for night in nights {
        match runs.last_mut() {
            Some((_, last)) if next(*last) == night => *last = night,
            _ => runs.push((night, night)),
        }
    }
    runs
}
