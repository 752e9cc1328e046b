//! Local dates and times of a listing's zone, turned into instants across daylight-saving changes. No clock here.

use chrono::{Days, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, TimeZone, Utc, offset::LocalResult};
use chrono_tz::Tz;

use super::clock::Instant;

/// The instant of a local time: one that doesn't exist means the first instant after the gap, one that exists twice
/// the earlier.
pub fn instant_of(local: NaiveDateTime, zone: Tz) -> Instant {
    match zone.from_local_datetime(&local) {
        LocalResult::Single(at) | LocalResult::Ambiguous(at, _) => at.with_timezone(&Utc),
        LocalResult::None => first_after_gap(local, zone),
    }
}

/// Gaps are at most a day (Samoa skipped one); halving finds the second at which the zone's clock runs again.
fn first_after_gap(local: NaiveDateTime, zone: Tz) -> Instant {
    let exists = |at: NaiveDateTime| zone.from_local_datetime(&at).earliest();
    let (mut missing, mut there) = (0_i64, 48 * 3600_i64);
    while there - missing > 1 {
        let middle = (missing + there) / 2;
        match exists(local + TimeDelta::seconds(middle)) {
            Some(_) => there = middle,
            None => missing = middle,
        }
    }
    exists(local + TimeDelta::seconds(there)).map_or_else(|| local.and_utc(), |at| at.with_timezone(&Utc))
}

/// The instant at which `time` is shown on `date` in `zone`.
pub fn at(date: NaiveDate, time: NaiveTime, zone: Tz) -> Instant {
    instant_of(date.and_time(time), zone)
}

/// The instant at `time`, `days` calendar days before `date`: "N days before check-in".
pub fn days_before(date: NaiveDate, days: u64, time: NaiveTime, zone: Tz) -> Instant {
    at(date.checked_sub_days(Days::new(days)).unwrap_or(NaiveDate::MIN), time, zone)
}

/// The date that a calendar on the wall of the listing shows at `now`.
pub fn local_date(now: Instant, zone: Tz) -> NaiveDate {
    now.with_timezone(&zone).date_naive()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(text: &str) -> NaiveDateTime {
        text.parse().unwrap()
    }

    #[test]
    fn gaps_end_at_their_first_instant_and_doubled_hours_count_once() {
        let berlin: Tz = "Europe/Berlin".parse().unwrap();
        assert_eq!(instant_of(time("2027-03-28T02:30:00"), berlin).to_rfc3339(), "2027-03-28T01:00:00+00:00");
        assert_eq!(instant_of(time("2027-10-31T02:30:00"), berlin).to_rfc3339(), "2027-10-31T00:30:00+00:00");
        let lord_howe: Tz = "Australia/Lord_Howe".parse().unwrap();
        assert_eq!(
            instant_of(time("2027-10-03T02:10:00"), lord_howe).to_rfc3339(),
            "2027-10-02T15:30:00+00:00"
        );
        let apia: Tz = "Pacific/Apia".parse().unwrap();
        assert_eq!(instant_of(time("2011-12-30T12:00:00"), apia).to_rfc3339(), "2011-12-30T10:00:00+00:00");
    }
}
