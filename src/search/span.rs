//! Neighbouring nights of a published listing with one price of their own. No behaviour.
//!
//! Days are numbers here, counted from 1970: both databases add and compare them in the same way.

use sea_orm::entity::prelude::*;

use crate::kernel::ListingId;

/// Neighbouring nights of a published listing with one price of their own.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "search_span")]
pub struct Model {
    /// Of which listing.
    #[sea_orm(primary_key, auto_increment = false)]
    pub listing_id: ListingId,
    /// The first night.
    #[sea_orm(primary_key, auto_increment = false)]
    pub first_day: i32,
    /// The last night, included.
    pub last_day: i32,
    /// Minor units of the listing's currency.
    #[sea_orm(column_name = "span_nightly")]
    pub nightly: i64,
}

/// Links are loaded by the roof's loaders, never joined here.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
