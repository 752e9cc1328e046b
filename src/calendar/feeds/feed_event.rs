//! What a feed said when it was taken in last. No behaviour.

use sea_orm::entity::prelude::*;

use crate::kernel::{FeedEventId, FeedId, ListingId};

/// What an event of a feed is.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    EnumIter,
    DeriveActiveEnum,
    serde::Serialize,
    serde::Deserialize,
)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Kind {
    /// Somebody comes, or the host of the other site keeps it.
    Busy,
    /// Airbnb sells it to nobody, and doesn't say why.
    Unavailable,
    /// Outside of what can be booked at Airbnb today: too soon, or too far ahead.
    Window,
    /// What we told the other site ourselves.
    Ours,
}

/// The kinds that take nights.
pub const TAKING: [Kind; 2] = [Kind::Busy, Kind::Unavailable];

/// What a feed said when it was taken in last.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "feed_event")]
pub struct Model {
    /// Which event.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: FeedEventId,
    /// Of which feed.
    pub feed_id: FeedId,
    /// Of which listing.
    pub listing_id: ListingId,
    /// What the other site calls it.
    pub uid: String,
    /// First night.
    pub first_night: Date,
    /// Last night, included.
    pub last_night: Date,
    /// What it is.
    pub kind: Kind,
    /// What the other site says of it.
    pub summary: String,
}

/// Links are loaded by the roof's loaders, never joined here.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
