//! The result card: all that a page of results shows of a listing, made when the listing changes, so that showing it
//! takes no other statement. Nothing here may be secret: everybody reads it.

use sea_orm::DbErr;
use serde::{Deserialize, Serialize};

use crate::{
    kernel::{Currency, ListingId, Money, PhotoId, UserId},
    listings::{
        listing::{CancellationPolicy, PropertyType, RoomType},
        photo,
    },
};

/// A listing as a page of results shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Card {
    /// Which listing.
    pub id: ListingId,
    /// Its readable address.
    pub slug: String,
    /// Whose.
    pub host_id: UserId,
    /// One line.
    pub title: String,
    /// What kind of building.
    pub property_type: PropertyType,
    /// How much of it.
    pub room_type: RoomType,
    /// City, as the host writes it.
    pub city: String,
    /// Region or state.
    pub region: String,
    /// ISO 3166-1 alpha-2.
    pub country: String,
    /// The public point, not the exact one.
    pub lat_e6: i32,
    /// The public point.
    pub lon_e6: i32,
    /// Of the price.
    pub currency: Currency,
    /// Base price of a night in minor units of the currency.
    pub nightly: i64,
    /// Most guests.
    pub guests: i32,
    /// Count.
    pub bedrooms: i32,
    /// Count.
    pub beds: i32,
    /// Halves.
    pub half_bathrooms: i32,
    /// A bit per amenity.
    pub amenities: i64,
    /// Needs no approval.
    pub instant_book: bool,
    /// Average in hundredths, 0 for none.
    pub rating: i32,
    /// How many reviews.
    pub review_count: i32,
    /// What a cancelled guest gets back.
    pub cancellation_policy: CancellationPolicy,
    /// The first photo. Pages that show more take one more statement for all of them: a page is read and sent often, and
    /// five photos were three quarters of it.
    pub cover: Option<CardPhoto>,
}

impl Card {
    /// Reads a card as it is stored.
    pub fn read(text: &str) -> Result<Self, DbErr> {
        serde_json::from_str(text).map_err(|error| DbErr::Json(error.to_string()))
    }

    /// The base price of a night.
    pub fn price(&self) -> Money {
        Money::new(self.nightly, self.currency)
    }
}

/// A photo of a card.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CardPhoto {
    /// Which picture.
    pub id: PhotoId,
    /// What it shows.
    pub caption: String,
    /// The key of its files in the store; variants add `/{width}.jpg`.
    pub file_key: String,
    /// Pixels of the original, upright.
    pub width: i32,
    /// Pixels of the original, upright.
    pub height: i32,
    /// A placeholder, blurhash 4×3.
    pub blurhash: String,
    /// The dominant colour, `#rrggbb`.
    pub color: String,
    /// Widths of the stored variants, ascending, comma-separated.
    pub widths: String,
}

impl From<&photo::Model> for CardPhoto {
    fn from(photo: &photo::Model) -> Self {
        Self {
            id: photo.id,
            caption: photo.caption.clone(),
            file_key: photo.file_key.clone(),
            width: photo.width,
            height: photo.height,
            blurhash: photo.blurhash.clone(),
            color: photo.color.clone(),
            widths: photo.widths.clone(),
        }
    }
}
