//! Nights as bits: a ring of 13 × 64 of them, small enough to stand in a listing's search row. Pure.
//!
//! A night's bit is `day % 64` of chunk `(day / 64) % 13`, where `day` counts from 1970: it stays where it is while the
//! calendar moves on, and the slot of a chunk that has passed is used again 832 days later.
//!
//! How the ring never confuses two nights: on UTC day `t` only the nights of [`kept`] are written, `t-2 ..= t+740`. They
//! cover what can be booked (730 days from today, where today is a day more or less by zone). These 743 nights touch 12
//! or 13 chunks. Chunk `c` has passed when `t > 64c + 65`; its slot is needed again when `64(c+13) <= t + 740`, that is
//! when `t >= 64c + 92`. So there are 26 days in which `turn_day` finds the slot idle and empties it.

use std::ops::RangeInclusive;

use chrono::{Days, NaiveDate};

use crate::kernel::clock::Instant;

/// How many chunks there are.
pub const CHUNKS: usize = 13;

/// Nights in a chunk.
const BITS: i64 = 64;

/// Nights before today (UTC) that are still written: zones behind UTC have yesterday, and one for slack.
const BEHIND: u64 = 2;

/// Nights from today (UTC) on that are written: 730 that can be booked, zones ahead of UTC, and slack for `turn_day`.
const AHEAD: u64 = 740;

/// For how many days in a row an emptied slot is idle before it is needed again; a turn that comes later is too late.
pub const IDLE_DAYS: i64 = 26;

/// A set of nights of which no two are 832 or more days apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Nights(pub [i64; CHUNKS]);

impl Nights {
    /// The chunks that have a night, with its bits: what a search must look at.
    pub fn touched(self) -> impl Iterator<Item = (usize, i64)> {
        self.0.into_iter().enumerate().filter(|(_, bits)| *bits != 0)
    }

    /// The nights in both sets.
    pub fn and(self, other: Self) -> Self {
        let mut both = self;
        both.0.iter_mut().zip(other.0).for_each(|(bits, others)| *bits &= others);
        both
    }

    /// Whether the night is in the set.
    pub fn contains(self, night: NaiveDate) -> bool {
        let (chunk, bit) = place(night);
        self.0[chunk] & bit != 0
    }
}

impl FromIterator<NaiveDate> for Nights {
    fn from_iter<I: IntoIterator<Item = NaiveDate>>(nights: I) -> Self {
        let mut set = Self::default();
        for (chunk, bit) in nights.into_iter().map(place) {
            set.0[chunk] |= bit;
        }
        set
    }
}

/// The chunk and the bit of a night.
fn place(night: NaiveDate) -> (usize, i64) {
    let day = night.signed_duration_since(NaiveDate::default()).num_days();
    (slot(day), 1_i64.rotate_left(u32::try_from(day.rem_euclid(BITS)).unwrap_or(0)))
}

/// The slot of a day counted from 1970.
fn slot(day: i64) -> usize {
    let chunks = i64::try_from(CHUNKS).unwrap_or(i64::MAX);
    usize::try_from(day.div_euclid(BITS).rem_euclid(chunks)).unwrap_or(0)
}

/// The nights that rows keep at this instant.
pub fn kept(now: Instant) -> RangeInclusive<NaiveDate> {
    let today = now.date_naive();
    let first = today.checked_sub_days(Days::new(BEHIND)).unwrap_or(NaiveDate::MIN);
    let last = today.checked_add_days(Days::new(AHEAD)).unwrap_or(NaiveDate::MAX);
    first..=last
}

/// The same as a set.
pub fn kept_set(now: Instant) -> Nights {
    let (first, last) = kept(now).into_inner();
    first.iter_days().take_while(|night| *night <= last).collect()
}

/// The last night that rows keep on this UTC day: the one that came in with it.
pub fn newest(day: NaiveDate) -> NaiveDate {
    day.checked_add_days(Days::new(AHEAD)).unwrap_or(NaiveDate::MAX)
}

/// The slots in which no kept night is: whatever bits they have belong to nights that have passed.
pub fn idle(now: Instant) -> Vec<usize> {
    let used: Vec<usize> = kept_set(now).touched().map(|(chunk, _)| chunk).collect();
    (0..CHUNKS).filter(|chunk| !used.contains(chunk)).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;
    use crate::kernel::Stay;

    fn day(n: u64) -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 1, 1).unwrap() + Days::new(n)
    }

    fn noon(n: u64) -> Instant {
        day(n).and_hms_opt(12, 0, 0).unwrap().and_utc()
    }

    proptest! {
        #[test]
        fn a_stay_is_free_when_no_night_is_taken(today in 0_u64..3_000, taken in prop::collection::btree_set(0_u64..740, 0..60),
                                                 from in 0_u64..700, length in 1_u64..40) {
            let taken: BTreeSet<NaiveDate> = taken.into_iter().map(|n| day(today + n)).collect();
            let ring: Nights = taken.iter().copied().collect();
            let stay = Stay::new(day(today + from), day(today + from + length)).unwrap();
            let wanted: Nights = stay.nights().collect();
            let free = wanted.touched().all(|(chunk, mask)| ring.0[chunk] & mask == 0);
            prop_assert_eq!(free, stay.nights().all(|night| !taken.contains(&night)));
            prop_assert!(stay.nights().all(|night| ring.contains(night) == taken.contains(&night)));
        }

        #[test]
        fn taking_and_giving_back_is_what_sets_do(a in prop::collection::btree_set(0_u64..740, 0..60),
                                                  b in prop::collection::btree_set(0_u64..740, 0..60)) {
            let ring = |set: &BTreeSet<u64>| set.iter().map(|n| day(*n)).collect::<Nights>();
            let (mut both, mut rest) = (ring(&a), ring(&a));
            for (chunk, mask) in ring(&b).touched() {
                both.0[chunk] |= mask;
                rest.0[chunk] &= !mask;
            }
            prop_assert_eq!(both, ring(&a.union(&b).copied().collect()));
            prop_assert_eq!(rest, ring(&a.difference(&b).copied().collect()));
            prop_assert_eq!(ring(&a).and(ring(&b)), ring(&a.intersection(&b).copied().collect()));
        }
    }

    #[test]
    fn no_two_kept_nights_share_a_bit_and_slots_idle_for_26_days_before_they_are_used_again() {
        let mut idle_since = [None; CHUNKS];
        for today in 0..2_000_u64 {
            let now = noon(today);
            let kept: Vec<NaiveDate> = kept(now).start().iter_days().take(743).collect();
            assert_eq!(kept.last(), Some(&newest(now.date_naive())));
            let bits: u32 = kept_set(now).0.iter().map(|bits| bits.count_ones()).sum();
            assert_eq!(bits as usize, kept.len());
            for (chunk, since) in idle_since.iter_mut().enumerate() {
                match (idle(now).contains(&chunk), *since) {
                    (true, None) => *since = Some(today),
                    (false, Some(first)) => {
                        assert!(first == 0 || i64::try_from(today - first).unwrap() == IDLE_DAYS);
                        *since = None;
                    }
                    _ => {}
                }
            }
        }
    }

    #[test]
    fn what_can_be_booked_is_kept_in_every_zone() {
        let now = noon(0);
        for today in [day(0).pred_opt().unwrap(), day(0), day(1)] {
            assert!(kept(now).contains(&today));
            assert!(kept(now).contains(&(today + Days::new(729))));
        }
    }
}
