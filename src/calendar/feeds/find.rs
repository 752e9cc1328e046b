//! Finders of feeds; the caller has made sure that their host asks.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, FromQueryResult, QueryFilter, QueryOrder,
    prelude::Uuid,
    sea_query::{Expr, ExprTrait, Query},
};

use super::{calendar_feed, feed_event};
use crate::{
    calendar::{
        find::standing,
        night_reason::{self, Kind},
    },
    kernel::{FeedEventId, FeedId, ListingId, clock::Instant},
};

/// A feed says that somebody has nights which a stay of ours has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conflict {
    /// At which listing.
    pub listing: ListingId,
    /// Which feed.
    pub feed: FeedId,
    /// The booking that has the nights here.
    pub booking: Uuid,
    /// Which nights, in order.
    pub nights: Vec<NaiveDate>,
    /// What the other site says of them.
    pub summary: String,
}

/// Feeds by id.
pub async fn by_ids(conn: &impl ConnectionTrait, ids: &[FeedId]) -> Result<Vec<calendar_feed::Model>, DbErr> {
    calendar_feed::Entity::find().filter(calendar_feed::Column::Id.is_in(ids.iter().copied())).all(conn).await
}

/// The feeds of these listings, in the order in which they were added.
pub async fn of_listings(
    conn: &impl ConnectionTrait,
    listings: &[ListingId],
) -> Result<Vec<calendar_feed::Model>, DbErr> {
    calendar_feed::Entity::find()
        .filter(calendar_feed::Column::ListingId.is_in(listings.iter().copied()))
        .order_by_asc(calendar_feed::Column::Id)
        .all(conn)
        .await
}

#[derive(FromQueryResult)]
struct Night {
    listing_id: ListingId,
    night: NaiveDate,
    source_id: Uuid,
    id: FeedEventId,
    feed_id: FeedId,
    summary: String,
}

/// Where feeds and stays have the same nights, at these listings and now: derived, so it can't be out of step.
pub async fn conflicts(
    conn: &impl ConnectionTrait,
    listings: &[ListingId],
    now: Instant,
) -> Result<Vec<Conflict>, DbErr> {
    let reason = |column: night_reason::Column| Expr::col((night_reason::Entity, column));
    let event = |column: feed_event::Column| Expr::col((feed_event::Entity, column));
    let shared = event(feed_event::Column::ListingId)
        .equals((night_reason::Entity, night_reason::Column::ListingId))
        .and(event(feed_event::Column::FirstNight).lte(reason(night_reason::Column::Night)))
        .and(event(feed_event::Column::LastNight).gte(reason(night_reason::Column::Night)));
    let query = Query::select()
        .column((night_reason::Entity, night_reason::Column::ListingId))
        .column((night_reason::Entity, night_reason::Column::Night))
        .column((night_reason::Entity, night_reason::Column::SourceId))
        .column((feed_event::Entity, feed_event::Column::Id))
        .column((feed_event::Entity, feed_event::Column::FeedId))
        .column((feed_event::Entity, feed_event::Column::Summary))
        .from(night_reason::Entity)
        .inner_join(feed_event::Entity, shared)
        .and_where(standing(listings, now))
        .and_where(night_reason::Column::Kind.eq(Kind::Stay))
        .and_where(feed_event::Column::Kind.is_in(feed_event::TAKING))
        .order_by((night_reason::Entity, night_reason::Column::Night), sea_orm::Order::Asc)
        .to_owned();
    let rows = conn.query_all(&query).await?;
    let mut conflicts: BTreeMap<(FeedEventId, Uuid), Conflict> = BTreeMap::new();
    for row in &rows {
        let row = Night::from_query_result(row, "")?;
        let conflict = conflicts.entry((row.id, row.source_id)).or_insert_with(|| Conflict {
            listing: row.listing_id,
            feed: row.feed_id,
            booking: row.source_id,
            nights: Vec::new(),
            summary: row.summary,
        });
        conflict.nights.push(row.night);
    }
    let mut conflicts: Vec<Conflict> = conflicts.into_values().collect();
    conflicts.sort_by(|a, b| a.nights.cmp(&b.nights));
    Ok(conflicts)
}
