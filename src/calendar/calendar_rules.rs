//! The booking rules of a listing. No behaviour.

use sea_orm::entity::prelude::*;

use crate::kernel::ListingId;

/// The booking rules of a listing.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "calendar_rules")]
pub struct Model {
    /// Of which listing.
    #[sea_orm(primary_key, auto_increment = false)]
    pub listing_id: ListingId,
    /// Shortest stay.
    pub min_nights: i32,
    /// Longest stay.
    pub max_nights: i32,
    /// Days between booking and check-in, 0 for the same day.
    pub notice_days: i32,
    /// How many days ahead can be booked.
    pub window_days: i32,
}

/// Links are loaded by the roof's loaders, never joined here.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
