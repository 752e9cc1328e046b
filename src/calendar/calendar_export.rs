//! How often the address of a listing's calendar was changed; no row for never. No behaviour.

use sea_orm::entity::prelude::*;

use crate::kernel::ListingId;

/// How often the address of a listing's calendar was changed.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "calendar_export")]
pub struct Model {
    /// Of which listing.
    #[sea_orm(primary_key, auto_increment = false)]
    pub listing_id: ListingId,
    /// How often.
    pub number: i32,
}

/// Links are loaded by the roof's loaders, never joined here.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
