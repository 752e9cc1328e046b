//! Dates, times and durations as calendars write them, and what they mean in a zone. No property names here.

use chrono::{Days, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, TimeZone};
use chrono_tz::Tz;

use super::{
    lines::Line,
    zones::{Zone, Zones},
};
use crate::kernel::{clock::Instant, zone};

/// The longest duration that is read, in days: longer than anything that can be booked.
const LONGEST: i64 = 40_000;

/// A point in time as it was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum When {
    /// A whole day.
    Day(NaiveDate),
    /// A wall's time in a zone; UTC is one. A time without a zone is in the listing's.
    Time(NaiveDateTime, Tz),
}

impl When {
    /// The written date.
    pub fn date(self) -> NaiveDate {
        match self {
            Self::Day(date) => date,
            Self::Time(time, _) => time.date(),
        }
    }

    /// The written time of day; midnight for a whole day.
    pub fn time(self) -> NaiveTime {
        match self {
            Self::Day(_) => NaiveTime::MIN,
            Self::Time(time, _) => time.time(),
        }
    }

    /// The instant, with a whole day as beginning at midnight in `home`.
    pub fn instant(self, home: Tz) -> Instant {
        match self {
            Self::Day(date) => zone::at(date, NaiveTime::MIN, home),
            Self::Time(time, tz) => zone::instant_of(time, tz),
        }
    }

    /// The same wall's time on another date.
    pub fn on(self, date: NaiveDate) -> Self {
        match self {
            Self::Day(_) => Self::Day(date),
            Self::Time(time, tz) => Self::Time(date.and_time(time.time()), tz),
        }
    }

    /// What a wall shows in the zone of `other` at this time.
    pub fn seen_from(self, other: Self) -> NaiveDateTime {
        match (self, other) {
            (Self::Time(time, from), Self::Time(_, to)) if from != to => {
                to.from_utc_datetime(&zone::instant_of(time, from).naive_utc()).naive_local()
            }
            (this, _) => this.date().and_time(this.time()),
        }
    }

    /// This and `span` later: whole days by the calendar, the rest by the clock.
    pub fn plus(self, span: Span) -> Option<Self> {
        Some(match self {
            Self::Day(date) => Self::Day(date.checked_add_signed(TimeDelta::days(span.days))?),
            Self::Time(time, tz) => {
                let then = time.checked_add_signed(TimeDelta::days(span.days))?;
                let end = zone::instant_of(then, tz).checked_add_signed(TimeDelta::seconds(span.seconds))?;
                Self::Time(tz.from_utc_datetime(&end.naive_utc()).naive_local(), tz)
            }
        })
    }
}

/// How long something takes: nominal days, and exact seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// Days by the calendar.
    pub days: i64,
    /// Seconds by the clock.
    pub seconds: i64,
}

/// The points in time that a line names, and whether its zone is known. Values that can't be read are left out.
pub fn all(line: &Line, zones: &Zones) -> (Vec<When>, bool) {
    let zone = zone_of(line, zones);
    let values = line.value.split(',').filter_map(|text| one(text, zone.tz)).collect();
    (values, zone.certain)
}

/// The zone of a line.
pub fn zone_of(line: &Line, zones: &Zones) -> Zone {
    line.param("TZID").map_or(Zone { tz: zones.home(), certain: true }, |tzid| zones.find(tzid))
}

/// `20270301`, `20270301T150000`, `20270301T150000Z`; with dashes and colons too, as some write them.
pub fn one(text: &str, tz: Tz) -> Option<When> {
    let text: String = text.trim().chars().filter(|c| !matches!(c, '-' | ':')).take(20).collect();
    let (date, time) = text.split_once(['T', 't']).map_or((text.as_str(), None), |(d, t)| (d, Some(t)));
    let date = self::date(date)?;
    let Some(time) = time else { return Some(When::Day(date)) };
    let (time, tz) = time.strip_suffix(['Z', 'z']).map_or((time, tz), |time| (time, Tz::UTC));
    let [hour, minute, second] = digits::<3>(time, [2, 2, 2])?;
    // The leap second that a day may have is not told from the one before it.
    let time = NaiveTime::from_hms_opt(hour, minute, second.min(59))?;
    Some(When::Time(date.and_time(time), tz))
}

fn date(text: &str) -> Option<NaiveDate> {
    let [year, month, day] = digits::<3>(text, [4, 2, 2])?;
    let date = NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, day)?;
    // Room on both sides, so that a day more or less is always a date.
    (1..=9_998).contains(&year).then_some(date)
}

/// Numbers of fixed widths, and nothing else.
fn digits<const N: usize>(text: &str, widths: [usize; N]) -> Option<[u32; N]> {
    let fits = text.len() == widths.iter().sum::<usize>() && text.bytes().all(|b| b.is_ascii_digit());
    let mut from = 0;
    let mut found = [0; N];
    for (number, width) in found.iter_mut().zip(widths).take(if fits { N } else { 0 }) {
        *number = text[from..from + width].parse().ok()?;
        from += width;
    }
    fits.then_some(found)
}

/// `P7D`, `PT12H`, `P1W`, `-P1DT2H`.
pub fn span(text: &str) -> Option<Span> {
    let text = text.trim().to_ascii_uppercase();
    let (sign, text) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.strip_prefix('+').unwrap_or(&text)),
    };
    let text = text.strip_prefix('P')?;
    let (mut days, mut seconds, mut number) = (0_i64, 0_i64, None::<i64>);
    let mut in_time = false;
    for c in text.chars() {
        match c {
            '0'..='9' => {
                let digit = i64::from(c.to_digit(10)?);
                number = Some(number.unwrap_or(0).checked_mul(10)?.checked_add(digit)?);
            }
            'T' if !in_time && number.is_none() => in_time = true,
            unit => {
                let n = number.take()?;
                let (to, factor) = match (unit, in_time) {
                    ('W', false) => (&mut days, 7),
                    ('D', false) => (&mut days, 1),
                    ('H', true) => (&mut seconds, 3_600),
                    ('M', true) => (&mut seconds, 60),
                    ('S', true) => (&mut seconds, 1),
                    _ => return None,
                };
                *to = to.checked_add(n.checked_mul(factor)?)?;
            }
        }
    }
    let fits = number.is_none() && !text.is_empty() && days <= LONGEST && seconds <= LONGEST * 86_400;
    fits.then_some(Span { days: sign * days, seconds: sign * seconds })
}

/// The day after.
pub fn next(date: NaiveDate) -> NaiveDate {
    date.checked_add_days(Days::new(1)).unwrap_or(NaiveDate::MAX)
}

/// The day before.
pub fn previous(date: NaiveDate) -> NaiveDate {
    date.checked_sub_days(Days::new(1)).unwrap_or(NaiveDate::MIN)
}
