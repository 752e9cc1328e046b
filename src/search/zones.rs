//! The zones of the world for statements: a row keeps a number for its listing's zone, and each search says by how much
//! every zone's clock is ahead of UTC at its instant. Nothing that depends on time is kept in a row. Pure.
//!
//! Numbers are given in an order in which zones stand together whose clocks agree, in winter and in summer: so the 600
//! zones are some 40 to 70 runs of numbers, and a search for a row's minutes six comparisons, written as nested `CASE`.
//! A number means something within one edition of the time zone database only: it is a part of [`super::form`].

use std::{
    collections::HashMap,
    sync::{Arc, LazyLock, Mutex, PoisonError},
};

use chrono::{Offset, TimeDelta};
use chrono_tz::{TZ_VARIANTS, Tz};

use crate::kernel::clock::Instant;

/// No clock is more minutes behind UTC.
pub(super) const MOST_BEHIND: i64 = 12 * 60;

/// No clock is more minutes ahead of UTC.
pub(super) const MOST_AHEAD: i64 = 14 * 60;

/// A winter's and a summer's noon; which ones they are only matters for how many runs there are.
const SAMPLES: [i64; 2] = [1_768_478_400, 1_784_116_800];

static ORDER: LazyLock<Vec<Tz>> = LazyLock::new(|| {
    let mut zones = TZ_VARIANTS.to_vec();
    let clocks =
        |zone: &Tz| SAMPLES.map(|second| minutes(*zone, Instant::UNIX_EPOCH + TimeDelta::seconds(second)));
    zones.sort_by_cached_key(|zone| (clocks(zone), zone.name()));
    zones
});

static NUMBERS: LazyLock<HashMap<Tz, i32>> = LazyLock::new(|| ORDER.iter().copied().zip(0..).collect());

/// The expression of a minute, and which minute that is.
static KEPT: Mutex<Option<(i64, Arc<str>)>> = Mutex::new(None);

/// The number of a zone.
pub fn number(zone: Tz) -> i32 {
    // Each zone has one: they are all in the list.
    NUMBERS.get(&zone).copied().unwrap_or(0)
}

/// Minutes since 1970, those begun not counted.
pub fn minute(now: Instant) -> i64 {
    now.timestamp().div_euclid(60)
}

/// By how many minutes the clock of a row's zone is ahead of UTC, as an expression over its column `zone`. The same text
/// for as long as no clock is changed.
pub(super) fn ahead(now: Instant) -> Arc<str> {
    let minute = minute(now);
    let mut kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
    match &*kept {
        Some((of, text)) if *of == minute => text.clone(),
        _ => {
            let text: Arc<str> = tree(&runs(now)).into();
            *kept = Some((minute, text.clone()));
            text
        }
    }
}

fn minutes(zone: Tz, now: Instant) -> i32 {
    now.with_timezone(&zone).offset().fix().local_minus_utc().div_euclid(60)
}

/// The first number of each run of zones whose clocks agree at this instant, and their minutes.
fn runs(now: Instant) -> Vec<(i32, i32)> {
    let mut runs: Vec<(i32, i32)> = Vec::new();
    for (zone, number) in ORDER.iter().zip(0..) {
        let minutes = minutes(*zone, now);
        if runs.last().is_none_or(|(_, last)| *last != minutes) {
            runs.push((number, minutes));
        }
    }
    runs
}

/// A search for the run that a number lies in, by halves.
fn tree(runs: &[(i32, i32)]) -> String {
    match runs {
        [] => "0".to_owned(),
        [(_, minutes)] => minutes.to_string(),
        many => {
            let (left, right) = many.split_at(many.len() / 2);
            format!("CASE WHEN zone < {} THEN {} ELSE {} END", right[0].0, tree(left), tree(right))
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn each_zone_has_a_number_of_its_own() {
        let numbers: std::collections::BTreeSet<i32> = TZ_VARIANTS.iter().map(|zone| number(*zone)).collect();
        assert_eq!(numbers.len(), TZ_VARIANTS.len());
        let noon = "2027-07-01T12:00:00Z".parse().unwrap();
        assert!(runs(noon).len() < 100, "{} runs", runs(noon).len());
    }

    proptest! {
        #[test]
        fn the_run_of_a_number_has_the_clock_of_its_zone(second in 1_700_000_000_i64..2_200_000_000) {
            let now = Instant::UNIX_EPOCH + TimeDelta::seconds(second);
            let runs = runs(now);
            for zone in TZ_VARIANTS {
                let run = runs.iter().rev().find(|(first, _)| *first <= number(zone)).unwrap();
                let wall = now.with_timezone(&zone).naive_local();
                let ahead = i64::from(run.1);
                prop_assert_eq!(wall, now.naive_utc() + TimeDelta::minutes(ahead));
                prop_assert!((-MOST_BEHIND..=MOST_AHEAD).contains(&ahead));
            }
        }
    }
}
