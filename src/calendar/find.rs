//! Finders of the calendar. Reasons are for the host only; everyone else learns whether a night is for sale.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::{Expr, ExprTrait},
};

use super::{
    calendar_rules,
    night_reason::{self, Kind},
};
use crate::{
    kernel::{ListingId, clock::Instant},
    listings::ended_holds,
};

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

/// The nights of these listings that are not for sale between two dates, both included, and whether that is for
/// preparation only, in order.
pub async fn taken_and_prepared(
    conn: &impl ConnectionTrait,
    listings: &[ListingId],
    first: NaiveDate,
    last: NaiveDate,
    now: Instant,
) -> Result<Vec<(ListingId, NaiveDate, bool)>, DbErr> {
    let kinds: Vec<(ListingId, NaiveDate, Kind)> = night_reason::Entity::find()
        .select_only()
        .columns([night_reason::Column::ListingId, night_reason::Column::Night, night_reason::Column::Kind])
        .distinct()
        .filter(standing(listings, now))
        .filter(night_reason::Column::Night.between(first, last))
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
