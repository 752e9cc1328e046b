//! `updateCalendar`: the host blocks nights, opens them again, and sets the booking rules.

use chrono::{Days, NaiveDate};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, DbErr, EntityTrait, QueryFilter, QuerySelect, sea_query::OnConflict,
};

use super::{
    calendar_rules, default_rules,
    find::standing,
    night_reason::{self, Kind},
    reasons,
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
    listings::find,
};

/// How many ranges one call may name.
const MOST_RANGES: usize = 250;

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
    /// How many days ahead can be booked.
    pub window_days: Option<i32>,
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
                let before = calendar_rules::Entity::find_by_id(listing.id).one(&*tx).await?;
                let today = zone::local_date(now, listing.zone());

                let block = nights("block", &ask.block, today).map_err(Fault::Refused)?;
                let open = nights("open", &ask.open, today).map_err(Fault::Refused)?;
                let after = judge(before.unwrap_or_else(|| default_rules(listing.id)), &ask)
                    .map_err(Fault::Refused)?;
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
                tx.touch_listing(listing.id);
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
    let within = |field, n: i32, least, most| {
        if (least..=most).contains(&n) { Ok(n) } else { Err(Refusal::OutOfRange { field, least, most }) }
    };
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
    if let Some(n) = ask.window_days {
        rules.window_days = within("windowDays", n, 1, i32::try_from(BOOKABLE_DAYS).unwrap_or(i32::MAX))?;
    }
    Ok(rules)
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
        .update_columns([C::MinNights, C::MaxNights, C::NoticeDays, C::WindowDays])
        .to_owned()
}
