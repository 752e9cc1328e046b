//! Reading a calendar: the nights that its events take at a listing. One bad event is counted and left out; a calendar
//! that is cut short, too deep or too large is refused whole, since what it doesn't say would be free.

use std::collections::{HashMap, HashSet};

use chrono::NaiveDate;
use chrono_tz::Tz;

use super::{
    lines::{Line, lines},
    nights::{Place, nights, overlap},
    recur::{Budget, Rule},
    when::{self, When},
    zones::Zones,
};
use crate::kernel::clock::Instant;

/// How many events a calendar may have, and how many times they may come within the nights that matter.
pub const MOST_EVENTS: usize = 5_000;

/// How deep components may stand in each other.
const DEEPEST: usize = 8;

/// How many days all rules of a calendar may look at.
const DAYS: u32 = 4_000_000;

/// Why a calendar was not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotRead {
    /// It doesn't begin as a calendar does.
    #[error("what came is no calendar")]
    NotACalendar,
    /// Its end is missing.
    #[error("the calendar is cut short")]
    CutShort,
    /// Too deep, too many events, or events that come too often.
    #[error("the calendar has too many events")]
    TooMany,
}

/// An event, or one time that it comes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Event {
    /// First night.
    pub first: NaiveDate,
    /// Last night, included.
    pub last: NaiveDate,
    /// What names it; the same for each time that it comes.
    pub uid: String,
    /// What it says.
    pub summary: String,
}

/// A calendar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    /// Which program wrote it.
    pub program: String,
    /// The events that reach into the nights that were asked about, in order, each once.
    pub events: Vec<Event>,
    /// How many events were left out, or read by a guess at their zone or their rule.
    pub skipped: usize,
}

/// Reads the events that take nights between two dates, both included.
pub fn read(bytes: &[u8], place: Place, from: NaiveDate, to: NaiveDate) -> Result<Reading, NotRead> {
    let parsed = parse(bytes, Zones::new(place.zone))?;
    let mut moved: HashMap<&str, Exceptions> = HashMap::new();
    for draft in &parsed.drafts {
        if let Some(line) = &draft.instead_of {
            moved.entry(&draft.uid).or_default().add(when::all(line, &parsed.zones).0, place);
        }
    }
    let mut reader =
        Reader { place, from, to, zones: &parsed.zones, moved, budget: Budget(DAYS), events: Vec::new() };
    let mut skipped = parsed.lost;
    for draft in parsed.drafts.iter().filter(|draft| !draft.cancelled) {
        let certain = reader.take(draft)?;
        skipped += usize::from(!certain);
    }
    let mut events = reader.events;
    events.sort_unstable();
    events.dedup();
    Ok(Reading { program: parsed.program, events, skipped })
}

/// A VEVENT, as far as it matters.
#[derive(Default)]
struct Draft {
    uid: String,
    summary: String,
    start: Option<Line>,
    end: Option<Line>,
    duration: Option<Line>,
    rules: Vec<Line>,
    also: Vec<Line>,
    except: Vec<Line>,
    instead_of: Option<Line>,
    cancelled: bool,
}

impl Draft {
    fn take(&mut self, line: Line) {
        match line.name.as_str() {
            "UID" => self.uid = line.text(255),
            "SUMMARY" => self.summary = line.text(200),
            "STATUS" => self.cancelled = line.value.eq_ignore_ascii_case("CANCELLED"),
            "DTSTART" => self.start = Some(line),
            "DTEND" => self.end = Some(line),
            "DURATION" => self.duration = Some(line),
            "RRULE" => self.rules.push(line),
            "RDATE" => self.also.push(line),
            "EXDATE" => self.except.push(line),
            "RECURRENCE-ID" => self.instead_of = Some(line),
            // An event that is marked as free (TRANSP) takes its nights all the same: sites mark bookings so.
            _ => {}
        }
    }
}

/// The components of a calendar.
struct Parsed {
    program: String,
    zones: Zones,
    drafts: Vec<Draft>,
    lost: usize,
}

fn parse(bytes: &[u8], zones: Zones) -> Result<Parsed, NotRead> {
    let mut parsed = Parsed { program: String::new(), zones, drafts: Vec::new(), lost: 0 };
    // Components are counted, not descended into: no depth of them needs a stack.
    let mut open: Vec<String> = Vec::new();
    let (mut event, mut zone, mut begun, mut ended) = (None::<Draft>, [None, None], false, false);
    for line in lines(bytes) {
        let what = line.value.to_ascii_uppercase();
        if !begun && (line.name != "BEGIN" || what != "VCALENDAR") {
            return Err(NotRead::NotACalendar);
        }
        begun = true;
        match (line.name.as_str(), open.last().map(String::as_str)) {
            ("BEGIN", _) => {
                if open.len() == DEEPEST || parsed.drafts.len() == MOST_EVENTS {
                    return Err(NotRead::TooMany);
                }
                match what.as_str() {
                    "VEVENT" => parsed.lost += usize::from(event.replace(Draft::default()).is_some()),
                    "VTIMEZONE" => zone = [None, None],
                    _ => {}
                }
                open.push(what);
            }
            ("END", _) => {
                // What was never closed ends with what is around it.
                let Some(at) = open.iter().rposition(|name| *name == what) else { continue };
                let left_open = open.drain(at..).skip(1).any(|name| name == "VEVENT");
                parsed.lost += usize::from(left_open && event.take().is_some());
                match what.as_str() {
                    "VEVENT" => parsed.drafts.extend(event.take()),
                    "VTIMEZONE" => {
                        if let [Some(tzid), Some(location)] = std::mem::take(&mut zone) {
                            parsed.zones.define(tzid, location);
                        }
                    }
                    _ => {}
                }
                ended |= open.is_empty();
            }
            ("PRODID", Some("VCALENDAR")) => parsed.program = line.text(255),
            ("TZID", Some("VTIMEZONE")) => zone[0] = Some(line.value),
            ("X-LIC-LOCATION", Some("VTIMEZONE")) => zone[1] = Some(line.value),
            (_, Some("VEVENT")) => {
                if let Some(event) = &mut event {
                    event.take(line);
                }
            }
            _ => {}
        }
    }
    match (begun, ended && open.is_empty()) {
        (false, _) => Err(NotRead::NotACalendar),
        (true, false) => Err(NotRead::CutShort),
        (true, true) => Ok(parsed),
    }
}

/// The times at which an event doesn't come: by their date, or by their instant.
#[derive(Debug, Default)]
struct Exceptions {
    days: HashSet<NaiveDate>,
    instants: HashSet<Instant>,
    /// The written dates of instants, for events of whole days.
    dates: HashSet<NaiveDate>,
}

impl Exceptions {
    fn add(&mut self, values: Vec<When>, place: Place) {
        for value in values {
            match value {
                When::Day(day) => drop(self.days.insert(day)),
                When::Time(..) => {
                    self.instants.insert(value.instant(place.zone));
                    self.dates.insert(value.date());
                }
            }
        }
    }

    fn has(&self, start: When, place: Place) -> bool {
        self.days.contains(&start.date())
            || match start {
                When::Day(day) => self.dates.contains(&day),
                When::Time(..) => self.instants.contains(&start.instant(place.zone)),
            }
    }
}

struct Reader<'a> {
    place: Place,
    from: NaiveDate,
    to: NaiveDate,
    zones: &'a Zones,
    moved: HashMap<&'a str, Exceptions>,
    budget: Budget,
    events: Vec<Event>,
}

impl Reader<'_> {
    /// Takes the nights of an event, each time that it comes. False when it can't be read, or only by a guess.
    fn take(&mut self, draft: &Draft) -> Result<bool, NotRead> {
        let Some((start, end, mut certain)) = self.span(draft) else { return Ok(false) };
        let mut except = Exceptions::default();
        for line in &draft.except {
            except.add(when::all(line, self.zones).0, self.place);
        }

        let mut times = vec![(start, end)];
        for line in &draft.rules {
            let Some(rule) = Rule::parse(&line.value) else {
                certain = false;
                continue;
            };
            let dates = self.dates(&rule, start)?;
            times.extend(
                dates
                    .into_iter()
                    .map(|date| (start.on(date), end.and_then(|end| moved_to(start, end, date)))),
            );
        }
        for line in &draft.also {
            times.extend(self.also(line, start, end));
        }

        let moved = if draft.instead_of.is_none() { self.moved.get(draft.uid.as_str()) } else { None };
        let place = self.place;
        let gone = |start| except.has(start, place) || moved.is_some_and(|moved| moved.has(start, place));
        for (start, end) in times.into_iter().filter(|(start, _)| !gone(*start)) {
            match nights(self.place, start, end) {
                None => certain = false,
                Some(nights) if overlap(nights, (self.from, self.to)) => {
                    if self.events.len() == MOST_EVENTS {
                        return Err(NotRead::TooMany);
                    }
                    let (uid, summary) = (draft.uid.clone(), draft.summary.clone());
                    self.events.push(Event { first: nights.0, last: nights.1, uid, summary });
                }
                Some(_) => {}
            }
        }
        Ok(certain)
    }

    /// When an event begins and ends, and whether its zones are known.
    fn span(&self, draft: &Draft) -> Option<(When, Option<When>, bool)> {
        let one = |line: &Line| {
            let (values, certain) = when::all(line, self.zones);
            // A date has no zone to be unsure about.
            values
                .first()
                .map(|value| (*value, certain || matches!(value, When::Day(_) | When::Time(_, Tz::UTC))))
        };
        let (start, certain) = one(draft.start.as_ref()?)?;
        match (&draft.end, &draft.duration) {
            (Some(end), _) => one(end).map(|(end, sure)| (start, Some(end), certain && sure)),
            (None, Some(duration)) => Some((start, Some(start.plus(when::span(&duration.value)?)?), certain)),
            (None, None) => Some((start, None, certain)),
        }
    }

    /// The dates of a rule but the first, up to its own end.
    fn dates(&mut self, rule: &Rule, start: When) -> Result<Vec<NaiveDate>, NotRead> {
        let tz = match start {
            When::Day(_) => self.place.zone,
            When::Time(_, tz) => tz,
        };
        let until = rule.until.as_ref().and_then(|text| when::one(text, tz));
        let ends = until.map(|until| (until.seen_from(start), matches!(until, When::Day(_))));
        // A day more: in the listing's zone, the event may be on another date.
        let mut last = when::next(self.to);
        if let Some((end, whole_day)) = ends {
            let on_end = whole_day || matches!(start, When::Day(_)) || start.time() <= end.time();
            last = last.min(if on_end { end.date() } else { when::previous(end.date()) });
        }
        let dates = rule.dates(start.date(), last, &mut self.budget).map_err(|_| NotRead::TooMany)?;
        Ok(dates.into_iter().skip(1).collect())
    }

    /// The other times of RDATE: points in time, or periods with an end of their own.
    fn also(&self, line: &Line, start: When, end: Option<When>) -> Vec<(When, Option<When>)> {
        let tz = when::zone_of(line, self.zones).tz;
        let time = |text: &str| {
            let (text, own) = text.split_once('/').map_or((text, None), |(text, own)| (text, Some(own)));
            let begins = when::one(text, tz)?;
            let ends = match own {
                Some(own) => {
                    let by_span = || begins.plus(when::span(own)?);
                    Some(when::one(own, tz).or_else(by_span)?)
                }
                None => end.and_then(|end| as_long(self.place, start, end, begins)),
            };
            Some((begins, ends))
        };
        line.value.split(',').filter_map(time).collect()
    }
}

/// The end of an event that begins on another date.
fn moved_to(start: When, end: When, date: NaiveDate) -> Option<When> {
    end.date().checked_add_signed(date - start.date()).map(|date| end.on(date))
}

/// The end of an event that begins at another time and takes as long.
fn as_long(place: Place, start: When, end: When, begins: When) -> Option<When> {
    match (start, end, begins) {
        (When::Day(_), When::Day(_), When::Day(date)) => moved_to(start, end, date),
        _ => {
            let takes = end.instant(place.zone) - start.instant(place.zone);
            let ends = begins.instant(place.zone).checked_add_signed(takes)?;
            Some(When::Time(ends.naive_utc(), Tz::UTC))
        }
    }
}
