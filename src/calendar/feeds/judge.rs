//! What the events of a feed are: somebody's stay, a window, or our own words come back. Facts in, verdicts out.
//!
//! Airbnb calls three things "Not available": what its host keeps, what nobody may book today because it is too soon or
//! too far ahead, and what it has read in our own calendar. The first takes nights, the others must not: windows move
//! from day to day, and our own words would keep a night for ever, since each site would wait for the other.

use std::collections::BTreeSet;

use chrono::NaiveDate;

use super::feed_event::{self, Kind};
use crate::calendar::ical::{
    NotRead, Reading,
    nights::runs,
    read::{Event, MOST_EVENTS},
    when::next,
};

/// A feed that tells of Airbnb's booking window ends with it, about a year ahead. Nearer than this, in days, an end is
/// just the last event.
const HORIZON: i64 = 300;

/// How many events and parts of events a feed may have.
const MOST_PARTS: usize = 2 * MOST_EVENTS;

/// What the verdicts depend on.
#[derive(Debug, Clone)]
pub struct Facts<'a> {
    /// What the names of our own events end with.
    pub suffix: String,
    /// Today at the listing.
    pub today: NaiveDate,
    /// The last night that can be booked.
    pub last: NaiveDate,
    /// The nights that our own calendar tells of.
    pub told: &'a BTreeSet<NaiveDate>,
    /// The day of the last time.
    pub synced_on: Option<NaiveDate>,
    /// What the feed said then.
    pub before: &'a [feed_event::Model],
}

/// An event with its verdict.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Judged {
    /// First night.
    pub first: NaiveDate,
    /// Last night, included.
    pub last: NaiveDate,
    /// What the other site calls it.
    pub uid: String,
    /// What the other site says of it.
    pub summary: String,
    /// What it is.
    pub kind: Kind,
}

/// Judges every event. One that is partly our own is told in parts; where those become too many, the feed is refused.
pub fn judge(facts: &Facts<'_>, reading: &Reading) -> Result<Vec<Judged>, NotRead> {
    let nights_of =
        |was: &feed_event::Model| nights_within(facts, was.first_night, was.last_night).collect::<Vec<_>>();
    let was_ours = facts.before.iter().filter(|was| was.kind == Kind::Ours).flat_map(nights_of);
    let echo: BTreeSet<NaiveDate> = facts.told.iter().copied().chain(was_ours).collect();
    let end = reading.events.iter().map(|event| event.last).max().unwrap_or(facts.today);
    let now: BTreeSet<_> = reading.events.iter().map(|event| (event.first, event.last)).collect();
    let by_airbnb = reading.program.to_lowercase().contains("airbnb");
    let mut judged = Vec::new();
    for event in &reading.events {
        let of_airbnb = by_airbnb || event.uid.to_lowercase().ends_with("@airbnb.com");
        let unavailable = of_airbnb && event.summary.to_lowercase().contains("not available");
        if event.uid.ends_with(&facts.suffix) {
            judged.push(verdict(event, Kind::Ours));
        } else if !unavailable {
            judged.push(verdict(event, Kind::Busy));
        } else if is_horizon(facts, event, end) || is_notice(facts, &now, event) {
            judged.push(verdict(event, Kind::Window));
        } else {
            judged.extend(without_echo(facts, &echo, event));
        }
        if judged.len() > MOST_PARTS {
            return Err(NotRead::TooMany);
        }
    }
    judged.sort_unstable();
    judged.dedup();
    Ok(judged)
}

fn verdict(event: &Event, kind: Kind) -> Judged {
    let (uid, summary) = (event.uid.clone(), event.summary.clone());
    Judged { first: event.first, last: event.last, uid, summary, kind }
}

/// Too far ahead: it ends where the whole feed does, about a year from now.
fn is_horizon(facts: &Facts<'_>, event: &Event, end: NaiveDate) -> bool {
    event.last == end && (end - facts.today).num_days() >= HORIZON
}

/// Too soon: it begins about today, and is as long as one that began about the day of the last time and has gone. About,
/// since the two sites turn their days at different hours. A window stays one while it stands at today.
fn is_notice(facts: &Facts<'_>, now: &BTreeSet<(NaiveDate, NaiveDate)>, event: &Event) -> bool {
    let is_about = |date: NaiveDate, day: NaiveDate| (date - day).num_days().abs() <= 1;
    let length = event.last - event.first;
    let moved_on = |was: &feed_event::Model| match was.kind {
        Kind::Window => was.first_night <= event.first,
        Kind::Unavailable => {
            was.first_night < event.first
                && facts.synced_on.is_some_and(|day| is_about(was.first_night, day))
                && !now.contains(&(was.first_night, was.last_night))
        }
        Kind::Busy | Kind::Ours => false,
    };
    let mut before = facts.before.iter().filter(|was| was.last_night - was.first_night == length);
    is_about(event.first, facts.today) && before.any(moved_on)
}

/// The nights that we told of ourselves are our own, and stay so until the feed no longer has them: a stay that is
/// called off here would otherwise be kept by its own echo. The rest takes nights.
fn without_echo(facts: &Facts<'_>, echo: &BTreeSet<NaiveDate>, event: &Event) -> Vec<Judged> {
    let nights = nights_within(facts, event.first, event.last);
    let (ours, theirs): (Vec<_>, Vec<_>) = nights.partition(|night| echo.contains(night));
    if ours.is_empty() {
        return vec![verdict(event, Kind::Unavailable)];
    }
    let parts = |nights: Vec<NaiveDate>, kind| {
        let part = move |(first, last)| Judged { first, last, ..verdict(event, kind) };
        runs(nights).into_iter().map(part)
    };
    parts(ours, Kind::Ours).chain(parts(theirs, Kind::Unavailable)).collect()
}

/// The nights that the events take, as far as they can be booked. The events come in the order of their first nights.
pub fn taken(facts: &Facts<'_>, judged: &[Judged]) -> BTreeSet<NaiveDate> {
    let mut nights = BTreeSet::new();
    let mut from = facts.today;
    for one in judged.iter().filter(|one| feed_event::TAKING.contains(&one.kind)) {
        nights.extend(nights_within(facts, one.first.max(from), one.last));
        from = from.max(next(one.last));
    }
    nights
}

fn nights_within(
    facts: &Facts<'_>,
    first: NaiveDate,
    last: NaiveDate,
) -> impl Iterator<Item = NaiveDate> + use<> {
    let last = last.min(facts.last);
    first.max(facts.today).iter_days().take_while(move |night| *night <= last)
}

#[cfg(test)]
mod tests {
    use chrono::Days;

    use super::*;
    use crate::kernel::{FeedEventId, FeedId, ListingId};

    fn day(n: u64) -> NaiveDate {
        NaiveDate::from_ymd_opt(2027, 1, 1).unwrap() + Days::new(n)
    }

    fn event(first: u64, last: u64, summary: &str, uid: &str) -> Event {
        Event { first: day(first), last: day(last), uid: uid.into(), summary: summary.into() }
    }

    fn airbnb(events: &[Event]) -> Reading {
        let program = "-//Airbnb Inc//Hosting Calendar 1.0//EN".into();
        Reading { program, events: events.to_vec(), skipped: 0 }
    }

    fn closed(first: u64, last: u64) -> Event {
        event(first, last, "Airbnb (Not available)", "x@airbnb.com")
    }

    /// What a feed said, as it is stored.
    fn stored(judged: &[Judged]) -> Vec<feed_event::Model> {
        let row = |one: &Judged| feed_event::Model {
            id: FeedEventId::new(),
            feed_id: FeedId::new(),
            listing_id: ListingId::new(),
            uid: one.uid.clone(),
            first_night: one.first,
            last_night: one.last,
            kind: one.kind,
            summary: one.summary.clone(),
        };
        judged.iter().map(row).collect()
    }

    /// The verdicts `kind first..last` on `today`, after what the feed said on another day.
    fn judged_on(
        today: u64,
        told: &[u64],
        before: (Option<u64>, &[Judged]),
        reading: &Reading,
    ) -> Vec<Judged> {
        let (told, before_rows) = (told.iter().map(|n| day(*n)).collect(), stored(before.1));
        let facts = Facts {
            suffix: "@us.sojourn".into(),
            today: day(today),
            last: day(today + 729),
            told: &told,
            synced_on: before.0.map(day),
            before: &before_rows,
        };
        judge(&facts, reading).unwrap()
    }

    fn kinds(judged: &[Judged]) -> Vec<(Kind, u64, u64)> {
        let n = |date: NaiveDate| u64::try_from((date - day(0)).num_days()).unwrap();
        judged.iter().map(|one| (one.kind, n(one.first), n(one.last))).collect()
    }

    #[test]
    fn stays_are_busy_and_our_own_words_are_ours() {
        let reading = airbnb(&[
            event(3, 4, "Reserved", "a@airbnb.com"),
            event(8, 9, "Reserved", "stay-1@us.sojourn"),
            event(10, 11, "Reserved", "stay-1@others.sojourn"),
            closed(20, 22),
        ]);
        let found = kinds(&judged_on(0, &[], (None, &[]), &reading));
        assert_eq!(
            found,
            [(Kind::Busy, 3, 4), (Kind::Ours, 8, 9), (Kind::Busy, 10, 11), (Kind::Unavailable, 20, 22)]
        );
        let elsewhere = Reading {
            program: "-//Other//EN".into(),
            events: vec![event(1, 2, "CLOSED - Not available", "y@other.example")],
            skipped: 0,
        };
        assert_eq!(kinds(&judged_on(0, &[1], (None, &[]), &elsewhere)), [(Kind::Busy, 1, 2)]);
    }

    #[test]
    fn what_is_too_far_ahead_is_a_window() {
        let reading = airbnb(&[closed(5, 6), closed(180, 365)]);
        assert_eq!(
            kinds(&judged_on(0, &[], (None, &[]), &reading)),
            [(Kind::Unavailable, 5, 6), (Kind::Window, 180, 365)]
        );
        let booked_after = airbnb(&[closed(180, 300), event(340, 350, "Reserved", "b@airbnb.com")]);
        assert_eq!(kinds(&judged_on(0, &[], (None, &[]), &booked_after))[0].0, Kind::Unavailable);
        assert_eq!(
            kinds(&judged_on(0, &[], (None, &[]), &airbnb(&[closed(100, 299)])))[0].0,
            Kind::Unavailable
        );
    }

    #[test]
    fn what_moves_with_the_days_is_a_window() {
        let first = judged_on(0, &[], (None, &[]), &airbnb(&[closed(0, 1)]));
        assert_eq!(kinds(&first), [(Kind::Unavailable, 0, 1)]);
        let again = judged_on(0, &[], (Some(0), &first), &airbnb(&[closed(0, 1)]));
        assert_eq!(again, first);
        let moved = judged_on(3, &[], (Some(0), &first), &airbnb(&[closed(3, 4)]));
        assert_eq!(kinds(&moved), [(Kind::Window, 3, 4)]);
        let same_day = judged_on(3, &[], (Some(3), &moved), &airbnb(&[closed(3, 4)]));
        assert_eq!(same_day, moved);
        // The other site may turn its day before we do, or after.
        let early = judged_on(0, &[], (Some(0), &first), &airbnb(&[closed(1, 2)]));
        assert_eq!(kinds(&early), [(Kind::Window, 1, 2)]);
        let late = judged_on(1, &[], (Some(0), &first), &airbnb(&[closed(0, 1)]));
        let turned = judged_on(1, &[], (Some(1), &late), &airbnb(&[closed(1, 2)]));
        assert_eq!((late, kinds(&turned)), (first.clone(), vec![(Kind::Window, 1, 2)]));
        // What stands still while the days pass is no window any more.
        let stands = judged_on(6, &[], (Some(3), &moved), &airbnb(&[closed(3, 8)]));
        assert_eq!(kinds(&stands), [(Kind::Unavailable, 3, 8)]);
        // A block whose first days have passed gets shorter.
        let block = judged_on(0, &[], (None, &[]), &airbnb(&[closed(0, 5)]));
        let shorter = judged_on(1, &[], (Some(0), &block), &airbnb(&[closed(1, 5)]));
        assert_eq!(kinds(&shorter), [(Kind::Unavailable, 1, 5)]);
    }

    #[test]
    fn nights_that_we_told_of_are_an_echo_until_the_feed_forgets_them() {
        let reading = airbnb(&[closed(10, 14)]);
        let told = judged_on(0, &[11, 12], (None, &[]), &reading);
        assert_eq!(
            kinds(&told),
            [(Kind::Unavailable, 10, 10), (Kind::Ours, 11, 12), (Kind::Unavailable, 13, 14)]
        );
        // The stay is called off here, and the other site doesn't know yet.
        let later = judged_on(1, &[], (Some(0), &told), &reading);
        assert_eq!(later, told);
        let gone = judged_on(2, &[], (Some(1), &later), &airbnb(&[]));
        let fresh = judged_on(3, &[], (Some(2), &gone), &reading);
        assert_eq!(kinds(&fresh), [(Kind::Unavailable, 10, 14)]);
    }

    #[test]
    fn a_hundred_years_are_two_at_most() {
        let told = BTreeSet::new();
        let facts = Facts {
            suffix: "@us.sojourn".into(),
            today: day(0),
            last: day(729),
            told: &told,
            synced_on: None,
            before: &[],
        };
        let century = Event { last: day(36_500), ..event(0, 0, "Closed", "z") };
        let reading = Reading { program: String::new(), events: vec![century], skipped: 0 };
        assert_eq!(taken(&facts, &judge(&facts, &reading).unwrap()).len(), 730);
    }
}
