//! A stay: a half-open range of local dates. The check-out day is free for the next guest. No zones, no rules of a listing.

use chrono::{Days, NaiveDate};
use serde::{Deserialize, Serialize};

/// The longest stay, in nights.
pub const LONGEST_STAY: u32 = 365;

/// How far ahead of today a stay may reach, in days.
pub const BOOKABLE_DAYS: u32 = 730;

/// Nights from `check_in` (slept) to `check_out` (left), at least one, at most [`LONGEST_STAY`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Stay {
    check_in: NaiveDate,
    check_out: NaiveDate,
}

/// Why two dates are no stay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum StayError {
    /// Check-out is not after check-in.
    #[error("check-out must be after check-in")]
    Reversed,
    /// Longer than [`LONGEST_STAY`] nights.
    #[error("a stay has at most {LONGEST_STAY} nights")]
    TooLong,
}

impl Stay {
    /// A stay from two dates.
    pub fn new(check_in: NaiveDate, check_out: NaiveDate) -> Result<Self, StayError> {
        match (check_out - check_in).num_days() {
            ..=0 => Err(StayError::Reversed),
            n if n > i64::from(LONGEST_STAY) => Err(StayError::TooLong),
            _ => Ok(Self { check_in, check_out }),
        }
    }

    /// The first night's date.
    pub fn check_in(self) -> NaiveDate {
        self.check_in
    }

    /// The day of leaving, not a night of the stay.
    pub fn check_out(self) -> NaiveDate {
        self.check_out
    }

    /// How many nights.
    pub fn len(self) -> u32 {
        u32::try_from((self.check_out - self.check_in).num_days()).unwrap_or(0)
    }

    /// Never: a stay has a night at least. (Beside `len`, as is the custom.)
    pub fn is_empty(self) -> bool {
        false
    }

    /// Each night's date, in order.
    pub fn nights(self) -> impl DoubleEndedIterator<Item = NaiveDate> + Clone {
        (0..u64::from(self.len())).filter_map(move |n| self.check_in.checked_add_days(Days::new(n)))
    }

    /// Whether the two share a night.
    pub fn overlaps(self, other: Self) -> bool {
        self.check_in < other.check_out && other.check_in < self.check_out
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn day(n: u64) -> NaiveDate {
        NaiveDate::from_ymd_opt(2027, 1, 1).unwrap() + Days::new(n)
    }

    proptest! {
        #[test]
        fn nights_are_half_open_and_overlap_means_a_shared_night(a in 0_u64..60, b in 0_u64..60, n in 1_u64..30, m in 1_u64..30) {
            let one = Stay::new(day(a), day(a + n)).unwrap();
            let two = Stay::new(day(b), day(b + m)).unwrap();
            prop_assert_eq!(one.nights().count() as u64, n);
            prop_assert!(one.nights().all(|night| night >= one.check_in() && night < one.check_out()));
            let shared = one.nights().any(|night| two.nights().any(|other| other == night));
            prop_assert_eq!(one.overlaps(two), shared);
        }
    }

    #[test]
    fn reversed_empty_and_endless_stays_are_refused() {
        assert_eq!(Stay::new(day(3), day(3)), Err(StayError::Reversed));
        assert_eq!(Stay::new(day(3), day(2)), Err(StayError::Reversed));
        assert!(Stay::new(day(0), day(365)).is_ok());
        assert_eq!(Stay::new(day(0), day(366)), Err(StayError::TooLong));
        assert!(Stay::new(NaiveDate::MIN, NaiveDate::MAX).is_err());
    }
}
