//! What a search asks for, and where its pages begin. Values; no SQL.

use serde::{Deserialize, Serialize};

use crate::{
    kernel::{ListingId, Stay, UserId, clock::Instant},
    listings::{
        amenity::Amenities,
        listing::{PropertyType, RoomType},
    },
};

/// The order of the results.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Sort {
    /// The most relevant first.
    #[default]
    Relevance,
    /// The cheapest first.
    PriceLow,
    /// The dearest first.
    PriceHigh,
    /// The best rated first.
    Rating,
    /// The newest first.
    Newest,
}

/// What is looked for; everything that is left out is any.
#[derive(Debug, Clone, Default)]
pub struct Ask {
    /// A city, region, country or words of a title, as people type it.
    pub place: Option<String>,
    /// Within this part of the map.
    pub bounds: Option<Bounds>,
    /// Free for these nights, and bookable as far as the host's rules can be judged without the listing's own clock.
    pub stay: Option<Stay>,
    /// Room for so many adults and children.
    pub guests: Option<u32>,
    /// Base price of a night at least, in euro cents ([`crate::pricing::rates::reference`]).
    pub price_min: Option<i64>,
    /// Base price of a night at most, in euro cents.
    pub price_max: Option<i64>,
    /// One of these; none means any.
    pub room_types: Vec<RoomType>,
    /// One of these; none means any.
    pub property_types: Vec<PropertyType>,
    /// At least so many.
    pub bedrooms: Option<u32>,
    /// At least so many.
    pub beds: Option<u32>,
    /// At least so many halves.
    pub half_bathrooms: Option<u32>,
    /// All of these.
    pub amenities: Amenities,
    /// Only what needs no approval.
    pub instant_book: bool,
    /// Only of this host.
    pub host: Option<UserId>,
    /// Rated at least so many hundredths.
    pub min_rating: Option<u32>,
    /// In which order.
    pub sort: Sort,
    /// The domain's now: notice and booking window are judged by it.
    pub now: Instant,
}

/// A part of the map in millionths of a degree, edges included. With `west` beyond `east` it spans the date line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Bounds {
    /// Lowest latitude.
    pub south: i32,
    /// Westernmost longitude.
    pub west: i32,
    /// Highest latitude.
    pub north: i32,
    /// Easternmost longitude.
    pub east: i32,
}

/// The row next to which a page begins: its sort value and its id, in the order that they belong to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor {
    /// The order of the page that it comes from.
    pub sort: Sort,
    /// The row's value in that order.
    pub value: i64,
    /// The row.
    pub id: ListingId,
}

/// Why there is no page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The cursor comes from a page in another order.
    #[error("this cursor belongs to another order of the results")]
    CursorOfAnotherSort,
}
