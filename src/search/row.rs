//! What search knows of a published listing. No behaviour.

use sea_orm::entity::prelude::*;

use super::nights::{CHUNKS, Nights};
use crate::{
    kernel::{Currency, ListingId, UserId},
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
    /// Shortest stays by weekday of check-in, packed as [`super::stay_rules`] says.
    pub week_min: i64,
    /// Longest stays by weekday of check-in, packed likewise.
    pub week_max: i64,
    /// Whether some dates have lengths of their own, in `search_range`.
    pub has_ranges: bool,
    /// The zone of its clock: see [`super::zones`].
    pub zone: i32,
    /// Advance notice, as [`super::stay_rules`] says.
    pub notice_minutes: i32,
    /// Booking window.
    pub window_months: i32,
    /// Weekdays on which no stay begins, as bits.
    pub closed_to_arrival: i32,
    /// Weekdays on which no stay ends, as bits.
    pub closed_to_departure: i32,
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
    /// Of the amounts below.
    pub currency: Currency,
    /// A night, in minor units.
    pub nightly: i64,
    /// A Friday or Saturday night.
    pub weekend: i64,
    /// Basis points off from 7 nights.
    pub discount_7: i32,
    /// Basis points off from 28 nights.
    pub discount_28: i32,
    /// Per stay.
    pub cleaning_fee: i64,
    /// Guests in the nightly price.
    pub guests_included: i32,
    /// Per night and guest beyond those.
    pub extra_guest_fee: i64,
    /// Per stay with pets.
    pub pet_fee: i64,
    /// Basis points of the base.
    pub tax_percent: i32,
    /// Per guest and night, in the currency of the tax.
    pub tax_person: i64,
    /// What that is multiplied with to be in the listing's currency.
    pub tax_up: i64,
    /// And divided by.
    pub tax_down: i64,
    /// Whether some nights have a price of their own: see [`super::span`].
    pub has_spans: bool,
    /// Says whether the card is the same as before: see [`super::memory`].
    pub card_stamp: i64,
    /// The public point in space, centimetres: see [`super::sphere`].
    pub space_x: i32,
    /// Likewise.
    pub space_y: i32,
    /// Likewise.
    pub space_z: i32,
}

/// Links are loaded by the roof's loaders, never joined here.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// The columns of the nights, in the order of the ring.
pub const NIGHTS: [Column; CHUNKS] = [
    Column::Nights0,
    Column::Nights1,
    Column::Nights2,
    Column::Nights3,
    Column::Nights4,
    Column::Nights5,
    Column::Nights6,
    Column::Nights7,
    Column::Nights8,
    Column::Nights9,
    Column::Nights10,
    Column::Nights11,
    Column::Nights12,
];

impl Model {
    /// The occupied nights.
    pub fn nights(&self) -> Nights {
        Nights([
            self.nights_0,
            self.nights_1,
            self.nights_2,
            self.nights_3,
            self.nights_4,
            self.nights_5,
            self.nights_6,
            self.nights_7,
            self.nights_8,
            self.nights_9,
            self.nights_10,
            self.nights_11,
            self.nights_12,
        ])
    }

    /// The same row with other nights.
    pub fn with_nights(self, nights: Nights) -> Self {
        let [
            nights_0,
            nights_1,
            nights_2,
            nights_3,
            nights_4,
            nights_5,
            nights_6,
            nights_7,
            nights_8,
            nights_9,
            nights_10,
            nights_11,
            nights_12,
        ] = nights.0;
        Self {
            nights_0,
            nights_1,
            nights_2,
            nights_3,
            nights_4,
            nights_5,
            nights_6,
            nights_7,
            nights_8,
            nights_9,
            nights_10,
            nights_11,
            nights_12,
            ..self
        }
    }
}
