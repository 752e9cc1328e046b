//! A named list of places. No behaviour.

use sea_orm::entity::prelude::*;

use crate::kernel::{UserId, WishlistId, clock::Instant};

/// A named list of places.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "wishlist")]
pub struct Model {
    /// Which list.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: WishlistId,
    /// Whose.
    pub user_id: UserId,
    /// What its owner calls it.
    pub name: String,
    /// Whoever knows it may look; none while the list is private. Unique.
    pub share_secret: Option<String>,
    /// When.
    pub created_at: Instant,
}

/// Links are loaded by the roof's loaders, never joined here.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
