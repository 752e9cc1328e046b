//! A picture of a listing. No behaviour.

use sea_orm::entity::prelude::*;

use crate::kernel::{ListingId, PhotoId, clock::Instant};

/// A picture of a listing.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "photo")]
pub struct Model {
    /// Which picture.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: PhotoId,
    /// Of which listing.
    pub listing_id: ListingId,
    /// Order, ascending.
    pub position: i32,
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
    /// When attached.
    pub created_at: Instant,
}

/// Links are loaded by the roof's loaders, never joined here.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
