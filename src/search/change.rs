//! A change of a search row, as the log has it. No behaviour.

use sea_orm::entity::prelude::*;

use crate::kernel::ListingId;

/// A change of a search row.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "search_change")]
pub struct Model {
    /// Its number, larger than those before.
    #[sea_orm(primary_key)]
    pub seq: i64,
    /// The number of its transaction on PostgreSQL; 0 on SQLite.
    pub xid: i64,
    /// Whose row.
    pub listing_id: ListingId,
}

/// Nothing is linked to it.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
