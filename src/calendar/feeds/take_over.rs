//! A stay has given nights back which feeds say are taken: they are the feeds' from then on, in the same transaction.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter};

use super::feed_event;
use crate::{
    calendar::{night_reason::Kind, reasons},
    db::Tx,
    kernel::{FeedId, ListingId},
};

/// Hands nights to the feeds that have them taken.
pub async fn take_over(tx: &Tx, listing: ListingId, nights: &BTreeSet<NaiveDate>) -> Result<(), DbErr> {
    let (Some(first), Some(last)) = (nights.first().copied(), nights.last().copied()) else { return Ok(()) };
    let events = feed_event::Entity::find()
        .filter(feed_event::Column::ListingId.eq(listing))
        .filter(feed_event::Column::FirstNight.lte(last))
        .filter(feed_event::Column::LastNight.gte(first))
        .filter(feed_event::Column::Kind.is_in(feed_event::TAKING))
        .all(&**tx)
        .await?;

    let mut by_feed: BTreeMap<FeedId, BTreeSet<NaiveDate>> = BTreeMap::new();
    for event in events {
        let range = event.first_night.max(first)..=event.last_night.min(last);
        by_feed.entry(event.feed_id).or_default().extend(nights.range(range));
    }
    for (feed, nights) in by_feed {
        let nights: Vec<NaiveDate> = nights.into_iter().collect();
        reasons::add(tx, listing, &nights, Kind::Import, feed.0).await?;
    }
    Ok(())
}
