//! Finders of the calendar. Reasons are for the host only; everyone else learns whether a night is for sale.

use chrono::NaiveDate;
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::{calendar_rules, night, night_reason};
use crate::kernel::ListingId;

/// The nights of these listings that are not for sale between two dates, both included, in order.
pub async fn taken(
    conn: &impl ConnectionTrait,
    listings: &[ListingId],
    first: NaiveDate,
    last: NaiveDate,
) -> Result<Vec<(ListingId, NaiveDate)>, DbErr> {
    night::Entity::find()
        .select_only()
        .columns([night::Column::ListingId, night::Column::Night])
        .filter(night::Column::ListingId.is_in(listings.iter().copied()))
        .filter(night::Column::Night.between(first, last))
        .order_by_asc(night::Column::Night)
        .into_tuple()
        .all(conn)
        .await
}

/// Why the nights between two dates are taken; the caller has made sure that a host asks.
pub async fn reasons(
    conn: &impl ConnectionTrait,
    listings: &[ListingId],
    first: NaiveDate,
    last: NaiveDate,
) -> Result<Vec<night_reason::Model>, DbErr> {
    night_reason::Entity::find()
        .filter(night_reason::Column::ListingId.is_in(listings.iter().copied()))
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
