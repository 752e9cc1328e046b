//! Dates of check-in for which a listing has lengths of its own, as search looks them up. No behaviour.

use sea_orm::entity::prelude::*;

use crate::kernel::ListingId;

/// Lengths of stays that begin within some dates.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "search_range")]
pub struct Model {
    /// Of which listing.
    #[sea_orm(primary_key, auto_increment = false)]
    pub listing_id: ListingId,
    /// First date of check-in.
    #[sea_orm(primary_key, auto_increment = false)]
    pub first_day: Date,
    /// Last date of check-in, included.
    pub last_day: Date,
    /// Shortest stay; none where its weekday says it.
    pub min_nights: Option<i32>,
    /// Longest stay; none where its weekday says it.
    pub max_nights: Option<i32>,
}

/// Links are loaded by the roof's loaders, never joined here.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
