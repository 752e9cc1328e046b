//! `updateCalendar`: the host blocks nights, opens them again, and sets the booking rules.

use chrono::{Days, NaiveDate};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, DbErr, EntityTrait, Iterable, QueryFilter, QuerySelect,
    sea_query::OnConflict,
};

use super::{
    calendar_rules, default_rules,
    find::standing,
    limits::{RangeLimit, WEEK, WeekdayLimit, Weekdays},
    night_reason::{self, Kind},
    preparation, reasons,
    rules::{self, MOST_MONTHS},
};
use crate::{
    accounts::viewer::Viewer,
    app::App,
    db::Tx,
    kernel::{
        Fault, ListingId,
        clock::Instant,
        stay::{BOOKABLE_DAYS, LONGEST_STAY},
        zone,
    },
    listings::{availability_topic, find, listing::Status},
};

/// How many ranges one call may name.
const MOST_RANGES: usize = 250;

/// How many ranges with lengths of their own a listing may have.
const MOST_LIMITS: usize = 100;

/// Nights from `first` to `last`, both included.
#[derive(Debug, Clone, Copy)]
pub struct Range {
    /// First night.
    pub first: NaiveDate,
    /// Last night, included.
    pub last: NaiveDate,
}

/// What the host changes; what is `None` stays as it is.
#[derive(Debug, Clone, Default)]
pub struct Ask {
    /// Ranges that are not for sale from now on.
    pub block: Vec<Range>,
    /// Ranges that are for sale again, as far as the host had blocked them.
    pub open: Vec<Range>,
    /// Shortest stay.
    pub min_nights: Option<i32>,
    /// Longest stay.
    pub max_nights: Option<i32>,
    /// Days between booking and check-in.
    pub notice_days: Option<i32>,
    /// The local hour from which on nobody can come on the same day; `Some(None)` takes it away.
    pub cut_off_hour: Option<Option<i32>>,
    /// How many months ahead can be booked.
    pub window_months: Option<i32>,
    /// Nights of preparation before a stay.
    pub preparation_before: Option<i32>,
    /// Nights of preparation after a stay.
    pub preparation_after: Option<i32>,
    /// Weekdays on which no stay begins, instead of those before.
    pub closed_to_arrival: Option<Weekdays>,
    /// Weekdays on which no stay ends, instead of those before.
    pub closed_to_departure: Option<Weekdays>,
    /// Lengths by weekday of check-in, instead of those before.
    pub weekdays: Option<Vec<WeekdayLimit>>,
    /// Lengths by date of check-in, instead of those before.
    pub ranges: Option<Vec<RangeLimit>>,
}

/// Why the calendar was not changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// A range that ends before it begins, has passed, or reaches beyond the bookable days.
    #[error("ranges must end after they begin, lie between {today} and {last}, and be at most {MOST_RANGES}")]
    Ranges {
        /// Which input field.
        field: &'static str,
        /// Today at the listing.
        today: NaiveDate,
        /// The last day that can be booked.
        last: NaiveDate,
    },
    /// Archived for good.
    #[error("an archived listing cannot be changed")]
    Archived,
    /// Nights that a guest has.
    #[error("a guest has {} of these nights", .0.len())]
    BookedNights(Vec<NaiveDate>),
    /// Out of its range.
    #[error("{field} must be between {least} and {most}")]
    OutOfRange {
        /// Which input field.
        field: &'static str,
        /// The least.
        least: i32,
        /// The most.
        most: i32,
    },
    /// Ranges of dates that end before they begin, or too many.
    #[error("ranges must end after they begin, and be at most {MOST_LIMITS}")]
    DateRanges,
    /// Two ranges have a day in common.
    #[error("two ranges have {0} in common")]
    OverlappingRanges(NaiveDate),
    /// A weekday is named twice.
    #[error("a weekday is named twice")]
    WeekdayTwice,
    /// A weekday or a range that says neither how short nor how long a stay may be.
    #[error("say the least nights, the most, or both")]
    NoLimit {
        /// Which input field.
        field: &'static str,
    },
    /// For some check-in the least is more than the most.
    #[error("a stay that begins on {check_in} would need at least {least} and at most {most} nights")]
    Contradiction {
        /// Which input field.
        field: &'static str,
        /// The first such day in a range, or the name of the weekday.
        check_in: String,
        /// The least.
        least: u32,
        /// The most.
        most: u32,
    },
}

/// Changes the calendar of one of the host's listings.
pub async fn update(
    app: &App,
    host: &Viewer,
    listing: ListingId,
    ask: Ask,
) -> Result<calendar_rules::Model, Fault<Refusal>> {
    let now = app.clock.now();
    app.db
        .write(|tx| {
            let ask = ask.clone();
            async move {
                let listing = find::owned_for_change(&tx, host, listing).await?;
                if listing.status == Status::Archived {
                    return Err(Fault::Refused(Refusal::Archived));
                }
                let before = calendar_rules::Entity::find_by_id(listing.id).one(&*tx).await?;
                let today = zone::local_date(now, listing.zone());

                let block = nights("block", &ask.block, today).map_err(Fault::Refused)?;
                let open = nights("open", &ask.open, today).map_err(Fault::Refused)?;
                let before = before.unwrap_or_else(|| default_rules(listing.id));
                let gap = |rules: &calendar_rules::Model| {
                    rules::gap(rules.preparation_before, rules.preparation_after)
                };
                let old_gap = gap(&before);
                let after = judge(before, &ask).map_err(Fault::Refused)?;
                let booked = booked(&tx, listing.id, &block, now).await?;
                if !booked.is_empty() {
                    return Err(Fault::Refused(Refusal::BookedNights(booked)));
                }

                // The host is the source of its blocks: the listing's own id.
                reasons::remove(&tx, listing.id, &open, Kind::Block, listing.id.0).await?;
                reasons::add(&tx, listing.id, &block, Kind::Block, listing.id.0).await?;
                calendar_rules::Entity::insert(calendar_rules::ActiveModel::from(after.clone()).reset_all())
                    .on_conflict(replace())
                    .exec_without_returning(&*tx)
                    .await?;
                if gap(&after) != old_gap {
                    preparation::renew(&tx, listing.id, gap(&after), today).await?;
                }
                tx.touch_listing(listing.id);
                tx.announce(availability_topic(listing.id));
                Ok(after)
            }
        })
        .await
}

/// All nights of the ranges, each once, in order.
fn nights(field: &'static str, ranges: &[Range], today: NaiveDate) -> Result<Vec<NaiveDate>, Refusal> {
    let last = today.checked_add_days(Days::new(BOOKABLE_DAYS.into())).unwrap_or(NaiveDate::MAX);
    let fits = |range: &Range| today <= range.first && range.first <= range.last && range.last < last;
    if ranges.len() > MOST_RANGES || !ranges.iter().all(fits) {
        return Err(Refusal::Ranges { field, today, last });
    }
    let mut nights: Vec<_> =
        ranges.iter().flat_map(|range| range.first.iter_days().take_while(|d| *d <= range.last)).collect();
    nights.sort_unstable();
    nights.dedup();
    Ok(nights)
}

fn judge(mut rules: calendar_rules::Model, ask: &Ask) -> Result<calendar_rules::Model, Refusal> {
    let longest = i32::try_from(LONGEST_STAY).unwrap_or(i32::MAX);
    if let Some(n) = ask.min_nights {
        rules.min_nights = within("minNights", n, 1, longest)?;
    }
    if let Some(n) = ask.max_nights {
        rules.max_nights = within("maxNights", n, rules.min_nights, longest)?;
    }
    within("minNights", rules.min_nights, 1, rules.max_nights)?;
    if let Some(n) = ask.notice_days {
        rules.notice_days = within("noticeDays", n, 0, 30)?;
    }
    if let Some(hour) = ask.cut_off_hour {
        rules.cut_off_hour = hour.map(|hour| within("cutOffHour", hour, 1, 23)).transpose()?;
    }
    if let Some(n) = ask.window_months {
        rules.window_months = within("windowMonths", n, 1, MOST_MONTHS)?;
    }
    let most = i32::try_from(rules::MOST_PREPARATION).unwrap_or(i32::MAX);
    if let Some(n) = ask.preparation_before {
        rules.preparation_before = within("preparationBefore", n, 0, most)?;
    }
    if let Some(n) = ask.preparation_after {
        rules.preparation_after = within("preparationAfter", n, 0, most)?;
    }
    rules.closed_to_arrival = ask.closed_to_arrival.map_or(rules.closed_to_arrival, |days| days.0);
    rules.closed_to_departure = ask.closed_to_departure.map_or(rules.closed_to_departure, |days| days.0);
    if let Some(weekdays) = &ask.weekdays {
        rules.limits.weekdays = judge_weekdays(weekdays)?;
    }
    if let Some(ranges) = &ask.ranges {
        rules.limits.ranges = judge_ranges(ranges)?;
    }
    contradiction(&rules).map_or(Ok(rules), Err)
}

fn within(field: &'static str, n: i32, least: i32, most: i32) -> Result<i32, Refusal> {
    if (least..=most).contains(&n) { Ok(n) } else { Err(Refusal::OutOfRange { field, least, most }) }
}

fn judge_weekdays(weekdays: &[WeekdayLimit]) -> Result<Vec<WeekdayLimit>, Refusal> {
    for limit in weekdays {
        judge_lengths("weekdayNights", limit.min, limit.max)?;
    }
    let named: Weekdays = weekdays.iter().map(|limit| limit.weekday).collect();
    if named.iter().count() < weekdays.len() {
        return Err(Refusal::WeekdayTwice);
    }
    let mut weekdays = weekdays.to_vec();
    weekdays.sort_by_key(|limit| limit.weekday.num_days_from_monday());
    Ok(weekdays)
}

fn judge_ranges(ranges: &[RangeLimit]) -> Result<Vec<RangeLimit>, Refusal> {
    if ranges.len() > MOST_LIMITS || ranges.iter().any(|range| range.last < range.first) {
        return Err(Refusal::DateRanges);
    }
    for range in ranges {
        judge_lengths("rangeNights", range.min, range.max)?;
    }
    let mut ranges = ranges.to_vec();
    ranges.sort_by_key(|range| range.first);
    match ranges.windows(2).find(|pair| pair[1].first <= pair[0].last) {
        Some(pair) => Err(Refusal::OverlappingRanges(pair[1].first)),
        None => Ok(ranges),
    }
}

fn judge_lengths(field: &'static str, min: Option<i32>, max: Option<i32>) -> Result<(), Refusal> {
    if min.is_none() && max.is_none() {
        return Err(Refusal::NoLimit { field });
    }
    let longest = i32::try_from(LONGEST_STAY).unwrap_or(i32::MAX);
    [min, max].into_iter().flatten().try_for_each(|n| within(field, n, 1, longest).map(drop))
}

/// A check-in for which no length is right, since what a range or weekday leaves open is said elsewhere.
fn contradiction(rules: &calendar_rules::Model) -> Option<Refusal> {
    let weekday = WEEK.into_iter().find_map(|day| {
        let (least, most) = rules::lengths_of_weekday(rules, day);
        let check_in = format!("a {day}");
        (least > most).then_some(Refusal::Contradiction { field: "weekdayNights", check_in, least, most })
    });
    let in_range = |range: &RangeLimit| {
        let days = range.first.iter_days().take(7).take_while(|day| *day <= range.last);
        days.into_iter().find_map(|day| {
            let (least, most) = rules::lengths(rules, day);
            let check_in = day.to_string();
            (least > most).then_some(Refusal::Contradiction { field: "rangeNights", check_in, least, most })
        })
    };
    weekday.or_else(|| rules.limits.ranges.iter().find_map(in_range))
}

async fn booked(
    tx: &Tx,
    listing: ListingId,
    nights: &[NaiveDate],
    now: Instant,
) -> Result<Vec<NaiveDate>, DbErr> {
    if nights.is_empty() {
        return Ok(Vec::new());
    }
    let mut booked: Vec<NaiveDate> = night_reason::Entity::find()
        .select_only()
        .column(night_reason::Column::Night)
        .filter(standing(&[listing], now))
        .filter(night_reason::Column::Kind.eq(Kind::Stay))
        .filter(night_reason::Column::Night.is_in(nights.iter().copied()))
        .into_tuple()
        .all(&**tx)
        .await?;
    booked.sort_unstable();
    Ok(booked)
}

fn replace() -> OnConflict {
    use calendar_rules::Column as C;
    OnConflict::column(C::ListingId)
        .update_columns(C::iter().filter(|column| !matches!(column, C::ListingId)))
        .to_owned()
}
