//! Finders of the calendar. Reasons are for the host only; everyone else learns whether a night is for sale.

use std::collections::BTreeMap;

use chrono::{Days, NaiveDate};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait,
    prelude::Uuid,
    sea_query::{Expr, ExprTrait},
};

use super::{
    calendar_rules,
    night_reason::{self, Kind},
};
use crate::{
    kernel::{ListingId, Stay, clock::Instant, stay::BOOKABLE_DAYS},
    listings::{ended_holds, listing},
};

/// More nights in a row than are ever kept for preparation only: two for the stay before them, two for the one after.
pub const LONGEST_PREPARATION: u64 = 7;

/// The reasons of these listings that stand at `now`. A hold that has ended is none, whether or not somebody has got
/// round to settling it: so it is in nobody's way while no worker runs.
pub(super) fn standing(listings: &[ListingId], now: Instant) -> Expr {
    night_reason::Column::ListingId
        .is_in(listings.iter().copied())
        .and(night_reason::Column::SourceId.not_in_subquery(ended_holds(listings, now)))
}

/// The nights of these listings that are not for sale between two dates, both included, in order.
pub async fn taken(
    conn: &impl ConnectionTrait,
    listings: &[ListingId],
    first: NaiveDate,
    last: NaiveDate,
    now: Instant,
) -> Result<Vec<(ListingId, NaiveDate)>, DbErr> {
    night_reason::Entity::find()
        .select_only()
        .columns([night_reason::Column::ListingId, night_reason::Column::Night])
        .distinct()
        .filter(standing(listings, now))
        .filter(night_reason::Column::Night.between(first, last))
        .order_by_asc(night_reason::Column::Night)
        .into_tuple()
        .all(conn)
        .await
}

/// The nights of these listings that matter where a stay can't be had: those of the stay and just after it, and those of
/// all days that can be booked anywhere. And whether each is off sale for preparation only; in order.
pub async fn around(
    conn: &impl ConnectionTrait,
    listings: &[ListingId],
    stay: Stay,
    now: Instant,
) -> Result<Vec<(ListingId, NaiveDate, bool)>, DbErr> {
    let today = now.date_naive();
    let later = |day: NaiveDate, days: u64| day.checked_add_days(Days::new(days)).unwrap_or(NaiveDate::MAX);
    let of_stay =
        night_reason::Column::Night.between(stay.check_in(), later(stay.check_out(), LONGEST_PREPARATION));
    // A day more on either side, for the zones of the world.
    let (first, last) = (today.pred_opt().unwrap_or(today), later(today, u64::from(BOOKABLE_DAYS) + 1));
    let kinds: Vec<(ListingId, NaiveDate, Kind)> = night_reason::Entity::find()
        .select_only()
        .columns([night_reason::Column::ListingId, night_reason::Column::Night, night_reason::Column::Kind])
        .distinct()
        .filter(standing(listings, now))
        .filter(of_stay.or(night_reason::Column::Night.between(first, last)))
        .into_tuple()
        .all(conn)
        .await?;
    let mut nights = BTreeMap::new();
    for (listing, night, kind) in kinds {
        let only_preparation = nights.entry((listing, night)).or_insert(true);
        *only_preparation &= kind == Kind::Preparation;
    }
    Ok(nights.into_iter().map(|((listing, night), prepared)| (listing, night, prepared)).collect())
}

/// The nights of a listing between two dates, both included, that are not for sale for the sake of others than these
/// sources, and whether each is for preparation only.
pub async fn taken_by_others(
    conn: &impl ConnectionTrait,
    listing: ListingId,
    first: NaiveDate,
    last: NaiveDate,
    own: &[Uuid],
    now: Instant,
) -> Result<BTreeMap<NaiveDate, bool>, DbErr> {
    let kinds: Vec<(NaiveDate, Kind)> = night_reason::Entity::find()
        .select_only()
        .columns([night_reason::Column::Night, night_reason::Column::Kind])
        .distinct()
        .filter(standing(&[listing], now))
        .filter(night_reason::Column::Night.between(first, last))
        .filter(night_reason::Column::SourceId.is_not_in(own.iter().copied()))
        .into_tuple()
        .all(conn)
        .await?;
    let mut nights = BTreeMap::new();
    for (night, kind) in kinds {
        let only_preparation = nights.entry(night).or_insert(true);
        *only_preparation &= kind == Kind::Preparation;
    }
    Ok(nights)
}

/// Whether some night of the stay is not for sale at `now`: an expression over a row of `listing`, one of these.
pub fn is_taken(listings: &[ListingId], stay: Stay, now: Instant) -> Expr {
    let of_listing = Expr::col((night_reason::Entity, night_reason::Column::ListingId))
        .eq(Expr::col((listing::Entity, listing::Column::Id)));
    let nights = night_reason::Entity::find()
        .select_only()
        .expr(Expr::value(1))
        .filter(of_listing)
        .filter(standing(listings, now))
        .filter(night_reason::Column::Night.gte(stay.check_in()))
        .filter(night_reason::Column::Night.lt(stay.check_out()));
    Expr::exists(nights.into_query())
}

/// Why the nights between two dates are taken; the caller has made sure that a host asks.
pub async fn reasons(
    conn: &impl ConnectionTrait,
    listings: &[ListingId],
    first: NaiveDate,
    last: NaiveDate,
    now: Instant,
) -> Result<Vec<night_reason::Model>, DbErr> {
    night_reason::Entity::find()
        .filter(standing(listings, now))
        .filter(night_reason::Column::Night.between(first, last))
        .order_by_asc(night_reason::Column::Night)
        .all(conn)
        .await
}

/// The rules of these listings.
pub async fn rules(
    conn: &impl ConnectionTrait,
    listings: &[ListingId],
) -> Result<Vec<calendar_rules::Model>, DbErr> {
    calendar_rules::Entity::find()
        .filter(calendar_rules::Column::ListingId.is_in(listings.iter().copied()))
        .all(conn)
        .await
}
