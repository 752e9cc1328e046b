//! The stored result card of a published listing. No behaviour.
//!
//! It stands beside `search_row` and not in it: filters walk many narrow rows, and a page needs twenty cards.

use sea_orm::entity::prelude::*;

use crate::kernel::ListingId;

/// The ready-made result card of a published listing.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "search_card")]
pub struct Model {
    /// Of which listing.
    #[sea_orm(primary_key, auto_increment = false)]
    pub listing_id: ListingId,
    /// A [`super::card::Card`] as JSON.
    #[sea_orm(column_type = "Text")]
    pub card: String,
}

/// Links are loaded by the roof's loaders, never joined here.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
