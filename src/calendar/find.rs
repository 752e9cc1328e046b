//! Finders of the calendar. Reasons are for the host only; everyone else learns whether a night is for sale.

use chrono::NaiveDate;
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder};

use super::{calendar_rules, night, night_reason};
use crate::kernel::ListingId;

/// The taken nights of a listing between two dates, both included, in order.
pub async fn taken(
    conn: &impl ConnectionTrait,
    listing: ListingId,
    first: NaiveDate,
    last: NaiveDate,
) -> Result<Vec<NaiveDate>, DbErr> {
    let rows = night::Entity::find()
        .filter(night::Column::ListingId.eq(listing))
        .filter(night::Column::Night.between(first, last))
        .order_by_asc(night::Column::Night)
        .all(conn)
        .await?;
    Ok(rows.into_iter().map(|row| row.night).collect())
}

/// Why the nights between two dates are taken; the caller has made sure that a host asks.
pub async fn reasons(
    conn: &impl ConnectionTrait,
    listing: ListingId,
    first: NaiveDate,
    last: NaiveDate,
) -> Result<Vec<night_reason::Model>, DbErr> {
    night_reason::Entity::find()
        .filter(night_reason::Column::ListingId.eq(listing))
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
