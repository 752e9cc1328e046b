//! The zones of the world as numbers: a search row keeps the number of its listing's zone, and each search knows by how
//! much every zone's clock is ahead of UTC at its instant. Nothing that depends on time is kept in a row. Pure.
//!
//! A number means something within one edition of the time zone database only: it is a part of [`super::form`].

use std::{
    collections::HashMap,
    sync::{Arc, LazyLock, Mutex, PoisonError},
};

use chrono::Offset;
use chrono_tz::{TZ_VARIANTS, Tz};

use crate::kernel::clock::Instant;

/// No clock is more minutes behind UTC.
pub(super) const MOST_BEHIND: i64 = 12 * 60;

static NUMBERS: LazyLock<HashMap<Tz, i32>> = LazyLock::new(|| TZ_VARIANTS.iter().copied().zip(0..).collect());

/// The clocks of a minute, and which minute that is.
static KEPT: Mutex<Option<(i64, Clocks)>> = Mutex::new(None);

/// The number of a zone.
pub fn number(zone: Tz) -> i32 {
    // Each zone has one: they are all in the list.
    NUMBERS.get(&zone).copied().unwrap_or(0)
}

/// Minutes since 1970, those begun not counted.
pub fn minute(now: Instant) -> i64 {
    now.timestamp().div_euclid(60)
}

/// The clocks of all zones at one instant.
#[derive(Debug, Clone)]
pub(super) struct Clocks(Arc<[i64]>);

impl Clocks {
    /// What they show at this instant. Six hundred zones take a while to be asked: they are once a minute.
    pub fn at(now: Instant) -> Self {
        let minute = minute(now);
        let mut kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
        match &*kept {
            Some((of, clocks)) if *of == minute => clocks.clone(),
            _ => {
                let clocks = Self(TZ_VARIANTS.iter().map(|zone| ahead(*zone, now)).collect());
                *kept = Some((minute, clocks.clone()));
                clocks
            }
        }
    }

    /// By how many minutes the clock of this zone is ahead of UTC.
    pub fn ahead(&self, zone: i32) -> i64 {
        usize::try_from(zone).ok().and_then(|zone| self.0.get(zone)).copied().unwrap_or(0)
    }
}

fn ahead(zone: Tz, now: Instant) -> i64 {
    now.with_timezone(&zone).offset().fix().local_minus_utc().div_euclid(60).into()
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn each_zone_has_a_number_of_its_own() {
        let numbers: std::collections::BTreeSet<i32> = TZ_VARIANTS.iter().map(|zone| number(*zone)).collect();
        assert_eq!(numbers.len(), TZ_VARIANTS.len());
    }

    proptest! {
        #[test]
        fn the_clock_of_a_number_is_that_of_its_zone(second in 1_700_000_000_i64..2_200_000_000) {
            let now = Instant::UNIX_EPOCH + TimeDelta::seconds(second);
            let clocks = Clocks::at(now);
            for zone in TZ_VARIANTS {
                let ahead = clocks.ahead(number(zone));
                let wall = now.with_timezone(&zone).naive_local();
                prop_assert_eq!(wall, now.naive_utc() + TimeDelta::minutes(ahead));
                prop_assert!((-MOST_BEHIND..=14 * 60).contains(&ahead));
            }
        }
    }
}
