//! A night that is not for sale. No behaviour.

use sea_orm::entity::prelude::*;

use crate::kernel::ListingId;

/// A night that is not for sale.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "night")]
pub struct Model {
    /// Of which listing.
    #[sea_orm(primary_key, auto_increment = false)]
    pub listing_id: ListingId,
    /// Local date.
    #[sea_orm(primary_key, auto_increment = false)]
    pub night: Date,
    /// How many reasons it has; the row goes with the last.
    pub reasons: i32,
}

/// Links are loaded by the roof's loaders, never joined here.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
