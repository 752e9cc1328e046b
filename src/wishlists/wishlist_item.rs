//! A place on a list. No behaviour.

use sea_orm::entity::prelude::*;

use crate::kernel::{ListingId, WishlistId, clock::Instant};

/// A place on a list.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "wishlist_item")]
pub struct Model {
    /// On which list.
    #[sea_orm(primary_key, auto_increment = false)]
    pub wishlist_id: WishlistId,
    /// Which place.
    #[sea_orm(primary_key, auto_increment = false)]
    pub listing_id: ListingId,
    /// When.
    pub saved_at: Instant,
}

/// Links are loaded by the roof's loaders, never joined here.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
