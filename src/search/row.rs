//! What search knows of a published listing. No behaviour.

use sea_orm::entity::prelude::*;

use crate::{
    kernel::{ListingId, UserId},
    listings::listing::{PropertyType, RoomType},
};

/// What search knows of a published listing.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "search_row")]
pub struct Model {
    /// Which listing.
    #[sea_orm(primary_key, auto_increment = false)]
    pub listing_id: ListingId,
    /// Whose.
    pub host_id: UserId,
    /// Folded for comparison.
    pub city: String,
    /// Folded.
    pub region: String,
    /// ISO 3166-1 alpha-2, lower case.
    pub country: String,
    /// Folded.
    pub title: String,
    /// The public point.
    pub lat_e6: i32,
    /// The public point.
    pub lon_e6: i32,
    /// Base nightly price in reference units (EUR cents).
    pub price: i64,
    /// Most guests.
    pub guests: i32,
    /// Count.
    pub bedrooms: i32,
    /// Count.
    pub beds: i32,
    /// Halves.
    pub half_bathrooms: i32,
    /// How much of it.
    pub room_type: RoomType,
    /// What kind.
    pub property_type: PropertyType,
    /// Bits.
    pub amenities: i64,
    /// Needs no approval.
    pub instant_book: bool,
    /// Average in hundredths, 0 for none.
    pub rating: i32,
    /// How many.
    pub review_count: i32,
    /// Relevance, higher first.
    pub score: i64,
    /// Microseconds since 1970.
    pub published: i64,
    /// Shortest stay.
    pub min_nights: i32,
    /// Longest stay.
    pub max_nights: i32,
    /// Advance notice.
    pub notice_days: i32,
    /// Booking window.
    pub window_days: i32,
    /// Occupied nights, a bit each: chunk 0 of the ring.
    pub nights_0: i64,
    /// Occupied nights, a bit each: chunk 1 of the ring.
    pub nights_1: i64,
    /// Occupied nights, a bit each: chunk 2 of the ring.
    pub nights_2: i64,
    /// Occupied nights, a bit each: chunk 3 of the ring.
    pub nights_3: i64,
    /// Occupied nights, a bit each: chunk 4 of the ring.
    pub nights_4: i64,
    /// Occupied nights, a bit each: chunk 5 of the ring.
    pub nights_5: i64,
    /// Occupied nights, a bit each: chunk 6 of the ring.
    pub nights_6: i64,
    /// Occupied nights, a bit each: chunk 7 of the ring.
    pub nights_7: i64,
    /// Occupied nights, a bit each: chunk 8 of the ring.
    pub nights_8: i64,
    /// Occupied nights, a bit each: chunk 9 of the ring.
    pub nights_9: i64,
    /// Occupied nights, a bit each: chunk 10 of the ring.
    pub nights_10: i64,
    /// Occupied nights, a bit each: chunk 11 of the ring.
    pub nights_11: i64,
    /// Occupied nights, a bit each: chunk 12 of the ring.
    pub nights_12: i64,
    /// The ready-made result card, JSON.
    #[sea_orm(column_type = "Text")]
    pub card: String,
}

/// Links are loaded by the roof's loaders, never joined here.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
