//! How long a stay may be that begins on some weekday or within some dates, and weekdays as bits. Values that rules are
//! stored with; which of them holds is judged in `rules`.

use chrono::{NaiveDate, Weekday};
use sea_orm::FromJsonQueryResult;
use serde::{Deserialize, Serialize};

/// The days of a week, Monday first: the order of their bits.
pub const WEEK: [Weekday; 7] =
    [Weekday::Mon, Weekday::Tue, Weekday::Wed, Weekday::Thu, Weekday::Fri, Weekday::Sat, Weekday::Sun];

/// Shortest and longest stays that hold for some arrivals only. What one leaves open, the next wider one says.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult)]
pub struct Limits {
    /// By the weekday of check-in, each at most once.
    pub weekdays: Vec<WeekdayLimit>,
    /// By the date of check-in, none of them overlapping another.
    pub ranges: Vec<RangeLimit>,
}

/// Lengths of stays that begin on a weekday.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct WeekdayLimit {
    /// Of check-in.
    pub weekday: Weekday,
    /// Shortest stay.
    pub min: Option<i32>,
    /// Longest stay.
    pub max: Option<i32>,
}

/// Lengths of stays that begin within some dates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct RangeLimit {
    /// First date of check-in.
    pub first: NaiveDate,
    /// Last date of check-in, included.
    pub last: NaiveDate,
    /// Shortest stay.
    pub min: Option<i32>,
    /// Longest stay.
    pub max: Option<i32>,
}

/// A set of weekdays as it is stored: a bit each, Monday's the lowest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Weekdays(pub i32);

impl Weekdays {
    /// Whether the day is one of them.
    pub fn contains(self, day: Weekday) -> bool {
        self.0 & (1 << day.num_days_from_monday()) != 0
    }

    /// Each of them, Monday first.
    pub fn iter(self) -> impl Iterator<Item = Weekday> {
        WEEK.into_iter().filter(move |day| self.contains(*day))
    }
}

impl FromIterator<Weekday> for Weekdays {
    fn from_iter<I: IntoIterator<Item = Weekday>>(days: I) -> Self {
        Self(days.into_iter().fold(0, |bits, day| bits | 1 << day.num_days_from_monday()))
    }
}
