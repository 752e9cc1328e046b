//! A date range with a nightly price of its own. No behaviour.

use sea_orm::entity::prelude::*;

use crate::kernel::{ListingId, PriceOverrideId};

/// A date range with a nightly price of its own.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "price_override")]
pub struct Model {
    /// Which override.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: PriceOverrideId,
    /// Of which listing.
    pub listing_id: ListingId,
    /// First night, local date.
    pub first_night: Date,
    /// Last night, included.
    pub last_night: Date,
    /// Minor units.
    pub nightly: i64,
}

/// Links are loaded by the roof's loaders, never joined here.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
