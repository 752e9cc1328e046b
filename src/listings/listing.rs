//! A place that can be booked. No behaviour.

use sea_orm::entity::prelude::*;

use crate::kernel::{Currency, ListingId, UserId, clock::Instant};

/// Where a listing is in its life.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, serde::Serialize, serde::Deserialize,
)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Status {
    /// Being written; only the host sees it.
    Draft,
    /// In search, bookable.
    Published,
    /// Out of search, back with one word.
    Paused,
    /// Gone for good, kept for its bookings.
    Archived,
    /// Taken out by an admin.
    Suspended,
}

/// What kind of building.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, serde::Serialize, serde::Deserialize,
)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum PropertyType {
    /// A flat in a larger building.
    Apartment,
    /// A house of its own.
    House,
    /// A hut or cabin.
    Cabin,
    /// A villa.
    Villa,
    /// A loft.
    Loft,
    /// A boat.
    Boat,
    /// On a farm.
    Farm,
    /// In a hotel or guest house.
    Hotel,
}

/// How much of it a guest has alone.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, serde::Serialize, serde::Deserialize,
)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum RoomType {
    /// All of it.
    EntirePlace,
    /// A room.
    PrivateRoom,
    /// A bed in a shared room.
    SharedRoom,
}

/// What a guest who cancels gets back; the rules are in `bookings/cancellation.rs`.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, serde::Serialize, serde::Deserialize,
)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum CancellationPolicy {
    /// All until a day before check-in.
    Flexible,
    /// All until 5 days before.
    Moderate,
    /// All until 14 days before.
    Limited,
    /// All until 30 days before.
    Firm,
    /// All within 48 h of confirmation.
    Strict,
}

/// A place that can be booked.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "listing")]
pub struct Model {
    /// Which place.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ListingId,
    /// Its readable address in URLs; unique, kept for good.
    pub slug: String,
    /// Whose.
    pub host_id: UserId,
    /// Where it is in its life.
    pub status: Status,
    /// One line.
    pub title: String,
    /// Some paragraphs.
    pub description: String,
    /// What kind of building.
    pub property_type: PropertyType,
    /// How much of it.
    pub room_type: RoomType,
    /// Street and number: for the confirmed guest only.
    pub street: String,
    /// For the confirmed guest only.
    pub postal_code: String,
    /// City.
    pub city: String,
    /// Region or state.
    pub region: String,
    /// ISO 3166-1 alpha-2.
    pub country: String,
    /// Exact latitude in millionths of a degree: for the confirmed guest only.
    pub lat_e6: i32,
    /// Exact longitude, likewise.
    pub lon_e6: i32,
    /// IANA name.
    pub time_zone: String,
    /// Count.
    pub bedrooms: i32,
    /// Count.
    pub beds: i32,
    /// Bathrooms in halves: 3 is one and a half.
    pub half_bathrooms: i32,
    /// Adults and children together.
    pub max_guests: i32,
    /// A bit per amenity of the catalogue.
    pub amenities: i64,
    /// What guests agree to.
    pub house_rules: String,
    /// Local time.
    pub check_in_time: Time,
    /// Local time.
    pub check_out_time: Time,
    /// Released to the guest 48 h before check-in.
    pub check_in_instructions: String,
    /// What a cancelled guest gets back.
    pub cancellation_policy: CancellationPolicy,
    /// Whether a booking needs no approval.
    pub instant_book: bool,
    /// Of all its prices.
    pub currency: Currency,
    /// Sum of released overall ratings.
    pub rating_sum: i32,
    /// How many.
    pub rating_count: i32,
    /// Since when an admin keeps it off sale.
    pub suspended_at: Option<Instant>,
    /// What the host is told of it.
    pub suspended_reason: Option<String>,
    /// Counts guarded updates: whoever changes its nights comes by here first.
    pub revision: i64,
    /// When first published.
    pub published_at: Option<Instant>,
    /// When drafted.
    pub created_at: Instant,
    /// When last edited.
    pub updated_at: Instant,
}

/// Links are loaded by the roof's loaders, never joined here.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    /// The zone of the listing; UTC for a draft that has none yet.
    pub fn zone(&self) -> chrono_tz::Tz {
        self.time_zone.parse().unwrap_or(chrono_tz::UTC)
    }

    /// The average rating in hundredths, 0 where nobody has rated it.
    pub fn rating(&self) -> i32 {
        if self.rating_count > 0 { self.rating_sum * 100 / self.rating_count } else { 0 }
    }
}
